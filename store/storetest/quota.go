package storetest

import (
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func testQuotas(t *testing.T, open Open) {
	f := newFixture(t, open)
	require.NoError(t, f.Close())
	f.opts.Quota = model.Limits{model.QuotaNetwork: 1}
	f.Store = f.open(t, f.place, f.opts)
	network := func(id, project string) error {
		_, err := f.CreateNetwork(f.ctx, model.Network{Record: model.Record{ID: id, ProjectID: project}})
		return err
	}
	over := func(err error) {
		t.Helper()
		f.refused("OverQuota", f.Definitions(), err)
	}
	require.NoError(t, network("n1", "p"))
	over(network("n2", "p"))
	require.NoError(t, network("n3", "other"), "each project counts for itself")

	must[model.Quota](f)(f.SetQuota(f.ctx, "p", model.Limits{model.QuotaNetwork: 2, model.QuotaL2Gateway: 1, model.QuotaConnection: 1}))
	require.NoError(t, network("n2", "p"))
	over(network("n4", "p"))
	f.reopen()
	over(network("n4", "p"))

	gateway := func() (*model.L2Gateway, error) {
		return f.CreateL2Gateway(f.ctx, model.L2Gateway{Record: model.Record{ProjectID: "p"}, Devices: []model.Device{
			{DeviceName: "sw", Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{5}}}}}})
	}
	g := must[model.L2Gateway](f)(gateway())
	_, err := gateway()
	over(err)
	must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{ManagementIP: "192.0.2.1", ManagementPort: 6640}))
	connect := func(network, project string) error {
		_, err := f.CreateConnection(f.ctx, model.L2GatewayConnection{
			Record: model.Record{ProjectID: project}, L2GatewayID: g.ID, NetworkID: network})
		return err
	}
	require.NoError(t, connect("n1", "other"))
	over(connect("n2", "other")) // it would belong to the gateway's project

	must[model.Quota](f)(f.SetQuota(f.ctx, "p", model.Limits{model.QuotaNetwork: 0}))
	require.NoError(t, f.DeleteNetwork(f.ctx, "n2"), "a lower limit touches nothing that is there")
	over(network("n2", "p"))
	require.NoError(t, f.DeleteQuota(f.ctx, "p"))
	f.refused("TenantQuotaNotFound", f.Definitions(), f.DeleteQuota(f.ctx, "p"))
	require.Equal(t, 0, f.Definitions().Quotas.Len())
}

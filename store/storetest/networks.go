package storetest

import (
	"strings"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func testNetworks(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.network("a", 7)
	gd := f.seen("sw1", 1, "p1")
	f.connect(f.gateway(named("sw1", port("p1", 10))), "a", model.SegmentationID{})
	f.network("stretched", 8)
	f.connect(f.gateway(byID(gd.ID, 500)), "stretched", model.SegmentationID{})
	f.network("vlan", 0)
	must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{Type: model.NetworkVLAN, ResourceID: "vlan"}))

	create := func(id string, vni model.VNI) error {
		_, err := f.CreateNetwork(f.ctx, model.Network{Record: model.Record{ID: id}, VNI: vni})
		return err
	}
	for _, c := range []struct {
		name, want string
		do         func() error
	}{
		{"id exists", "Conflict", func() error { return create("a", 0) }},
		{"far end of nobody", "HTTPBadRequest", func() error {
			_, err := f.CreateNetwork(f.ctx, model.Network{FarEnds: []model.VTEPAddress{{224, 0, 0, 1}}})
			return err
		}},
		{"too many far ends", "HTTPBadRequest", func() error {
			var ends []model.VTEPAddress
			for i := range model.MaxFarEnds + 1 {
				ends = append(ends, model.VTEPAddress{10, 0, byte(i >> 8), byte(i)})
			}
			_, err := f.UpdateNetwork(f.ctx, "a", model.NetworkUpdate{FarEnds: &ends})
			return err
		}},
		{"id too long", "HTTPBadRequest", func() error { return create(strings.Repeat("x", 256), 0) }},
		{"VNI of another", "VNIInUse", func() error { return create("b", 7) }},
		{"VNI of a stretch", "L2GatewaySegmentationIDInUse", func() error { return create("b", 500) }},
		{"update unknown", "NetworkNotFound", func() error { _, err := f.UpdateNetwork(f.ctx, "x", model.NetworkUpdate{}); return err }},
		{"delete unknown", "NetworkNotFound", func() error { return f.DeleteNetwork(f.ctx, "x") }},
		{"delete connected", "NetworkInUse", func() error { return f.DeleteNetwork(f.ctx, "a") }},
		{"delete resource", "DeviceInUseByGatewayDevice", func() error { return f.DeleteNetwork(f.ctx, "vlan") }},
	} {
		t.Run(c.name, func(*testing.T) { f.refused(c.want, f.Definitions(), c.do()) })
	}
}

func testNetworkRecords(t *testing.T, open Open) {
	f := newFixture(t, open)
	given := f.network("ffffffff-0000-0000-0000-000000000001", 0)
	require.Equal(t, "ffffffff-0000-0000-0000-000000000001", given.ID)
	made := must[model.Network](f)(f.CreateNetwork(f.ctx, model.Network{Name: "n", AdminStateUp: true}))
	require.NotEmpty(t, made.ID)

	name, no := "renamed", false
	up := must[model.Network](f)(f.UpdateNetwork(f.ctx, made.ID, model.NetworkUpdate{Name: &name, AdminStateUp: &no}))
	require.Equal(t, "renamed", up.Name)
	require.False(t, up.AdminStateUp)
	require.Equal(t, made.Seq, up.Seq)
	require.Greater(t, up.Revision, made.Revision)
	require.Equal(t, "n", made.Name, "the old record was modified")

	ends := []model.VTEPAddress{{10, 9, 9, 9}, {10, 9, 9, 8}, {10, 9, 9, 9}}
	up = must[model.Network](f)(f.UpdateNetwork(f.ctx, made.ID, model.NetworkUpdate{FarEnds: &ends}))
	require.Equal(t, []model.VTEPAddress{{10, 9, 9, 8}, {10, 9, 9, 9}}, up.FarEnds, "in order, each once")
	require.Equal(t, model.VTEPAddress{10, 9, 9, 9}, ends[0], "the caller's list is the caller's")
	same := must[model.Network](f)(f.UpdateNetwork(f.ctx, made.ID, model.NetworkUpdate{FarEnds: &ends}))
	require.Equal(t, up.Revision, same.Revision)
	up = must[model.Network](f)(f.UpdateNetwork(f.ctx, made.ID, model.NetworkUpdate{FarEnds: &[]model.VTEPAddress{}}))
	require.Nil(t, up.FarEnds)
	far := must[model.Network](f)(f.CreateNetwork(f.ctx, model.Network{FarEnds: ends}))
	require.Len(t, far.FarEnds, 2)
	require.NoError(t, f.DeleteNetwork(f.ctx, far.ID))

	require.NoError(t, f.DeleteNetwork(f.ctx, given.ID))
	require.Equal(t, 1, f.Definitions().Networks.Len())
}

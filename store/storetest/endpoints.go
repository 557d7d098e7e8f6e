package storetest

import (
	"context"
	"testing"
	"time"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// testChosenIDs: a program that keeps the same objects elsewhere gives their ids and its name.
// Both stay, and a repeated request is distinguished from a new one.
func testChosenIDs(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.network("net", 0)
	given := func(id string) model.Record { return model.Record{ID: id, ManagedBy: "neutron"} }
	gd := hwVTEP("sw1", 1)
	gd.Record = given("device")
	create := map[string]func() (*model.Record, error){
		"network": func() (*model.Record, error) {
			n, err := f.CreateNetwork(f.ctx, model.Network{Record: given("network")})
			return metaOf(n), err
		},
		"device": func() (*model.Record, error) {
			d, err := f.CreateGatewayDevice(f.ctx, gd)
			return metaOf(d), err
		},
		"gateway": func() (*model.Record, error) {
			g, err := f.CreateL2Gateway(f.ctx, model.L2Gateway{Record: given("gateway"), Devices: []model.Device{named("sw1", port("p1", 10))}})
			return metaOf(g), err
		},
		"connection": func() (*model.Record, error) {
			c, err := f.CreateConnection(f.ctx, model.L2GatewayConnection{Record: given("connection"), L2GatewayID: "gateway", NetworkID: "net"})
			return metaOf(c), err
		},
	}
	for _, kind := range []string{"network", "device", "gateway", "connection"} {
		made := must[model.Record](f)(create[kind]())
		require.Equal(t, kind, made.ID)
		require.Equal(t, "neutron", made.ManagedBy)
	}
	f.reopen()
	for kind, again := range create {
		t.Run(kind, func(*testing.T) {
			_, err := again()
			want := "Conflict"
			if kind == "connection" {
				want = "L2GatewayConnectionExists"
			}
			f.refused(want, f.Definitions(), err)
		})
	}
	done(t, f.DeleteConnection(f.ctx, "connection"), f.DeleteL2Gateway(f.ctx, "gateway"))
	f.inventory("device", physicalSwitch("sw1", "p1"))
	done(t, f.DeleteGatewayDevice(f.ctx, "device"))
	_, err := create["device"]()
	require.NoError(t, err, "its switch has not been cleaned, and is the same")
}

// done: none of several changes was refused.
func done(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

// metaOf is the common part of a record that may be missing.
func metaOf[P interface {
	comparable
	Meta() *model.Record
}](p P) *model.Record {
	var none P
	if p == none {
		return nil
	}
	return p.Meta()
}

// testEndpoints: a set is replaced as a whole, keeps its number, and goes with its network. One
// that says nothing new changes nothing.
func testEndpoints(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.network("net", 0)
	first := f.putEndpoints(f.endpoints("net", 1, 1, 2))
	require.NotZero(t, first.Seq)
	before := f.Definitions()
	require.Same(t, first, f.putEndpoints(f.endpoints("net", 1, 2, 1)))
	require.Same(t, before, f.Definitions(), "nothing new, no revision")
	second := f.putEndpoints(f.endpoints("net", 2, 1))
	require.Equal(t, first.Seq, second.Seq)
	require.Equal(t, before.Revision+1, f.Definitions().Revision)
	f.reopen()
	stored, ok := f.Definitions().Endpoints.Get(model.EndpointSetID("net", "neutron"))
	require.True(t, ok)
	require.True(t, second.Equal(stored))

	empty, err := model.NewEndpointSet("net", "neutron", "", nil)
	require.NoError(t, err)
	f.putEndpoints(empty)
	require.Zero(t, f.Definitions().Endpoints.Len())
	f.putEndpoints(f.endpoints("net", 1, 1))
	done(t, f.DeleteEndpoints(f.ctx, "net", "neutron", model.IfMatch{}), f.DeleteEndpoints(f.ctx, "net", "neutron", model.IfMatch{}))
	require.Zero(t, f.Definitions().Endpoints.Len())
	f.putEndpoints(f.endpoints("net", 1, 1))
	done(t, f.DeleteNetwork(f.ctx, "net"))
	require.Zero(t, f.Definitions().Endpoints.Len(), "they go with their network")
	_, err = f.PutEndpoints(f.ctx, f.endpoints("net", 1, 1), model.IfMatch{})
	f.refused("NetworkNotFound", f.Definitions(), err)
}

// testEndpointConditions: of two programs that change one set, the one with the older
// picture is refused.
func testEndpointConditions(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.network("net", 0)
	none := model.IfMatch{Given: true, ETags: []string{(*model.EndpointSet)(nil).ETag()}}
	set := must[model.EndpointSet](f)(f.PutEndpoints(f.ctx, f.endpoints("net", 1, 1), none))
	_, err := f.PutEndpoints(f.ctx, f.endpoints("net", 1, 2), none)
	f.refused("EndpointsChanged", f.Definitions(), err)
	f.refused("EndpointsChanged", f.Definitions(), f.DeleteEndpoints(f.ctx, "net", "neutron", none))
	is := model.IfMatch{Given: true, ETags: []string{"another", set.ETag()}}
	must[model.EndpointSet](f)(f.PutEndpoints(f.ctx, f.endpoints("net", 1, 2), is))
	f.refused("EndpointsChanged", f.Definitions(), f.DeleteEndpoints(f.ctx, "net", "neutron", is))
}

// testEndpointAudit: the audit says how many, not which: a network may have ten thousand. Of
// what one user changes in a set it has a record each hour; of a set that comes or goes always.
func testEndpointAudit(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.network("net", 0)
	neutron, alice := model.WithActor(f.ctx, model.Actor{User: "neutron"}), model.WithActor(f.ctx, model.Actor{User: "alice"})
	put := func(ctx context.Context, macs ...byte) {
		t.Helper()
		_, err := f.PutEndpoints(ctx, f.endpoints("net", 1, macs...), model.IfMatch{})
		require.NoError(t, err)
	}
	var want []string
	recorded := func(record string) {
		t.Helper()
		if record != "" {
			want = append([]string{record}, want...)
		}
		var got []string
		for _, r := range f.audit(model.AuditFilter{Resource: "endpoints"}) {
			got = append(got, r.User+" "+string(r.Action)+" "+r.ResourceID+" "+string(r.Before)+" "+string(r.After))
		}
		require.Equal(t, want, got)
	}
	put(neutron, 1, 2)
	recorded(`neutron create net/neutron null {"network_id":"net","source":"neutron","endpoints":1,"macs":2}`)
	put(neutron, 1, 3, 4)
	put(neutron, 1, 3, 4)
	recorded("")
	f.later(59 * time.Minute)
	put(neutron, 1, 3, 4, 5)
	recorded("")
	f.later(time.Minute)
	put(neutron, 1, 3)
	recorded(`neutron update net/neutron {"macs":4} {"macs":2}`)
	put(neutron, 1, 4, 5)
	recorded("")
	put(alice, 1)
	recorded(`alice update net/neutron {"macs":3} {"macs":1}`)
	f.later(-time.Minute)
	put(alice, 1, 2)
	recorded(`alice update net/neutron {"macs":1} {"macs":2}`) // the clock was ahead
	require.NoError(t, f.DeleteEndpoints(neutron, "net", "neutron", model.IfMatch{}))
	recorded(`neutron delete net/neutron {"network_id":"net","source":"neutron","endpoints":1,"macs":2} null`)
	put(neutron, 1)
	recorded(`neutron create net/neutron null {"network_id":"net","source":"neutron","endpoints":1,"macs":1}`)
}

// testEndpointsLeaveTheAudit: what a program says a hundred times a day does not push out what
// people did.
func testEndpointsLeaveTheAudit(t *testing.T, open Open) {
	f := newFixture(t, open)
	require.NoError(t, f.Close())
	f.opts.AuditBytes = 10_000
	f.Store = f.open(t, f.place, f.opts)
	feed, alice := model.WithActor(f.ctx, model.Actor{User: "neutron"}), model.WithActor(f.ctx, model.Actor{User: "alice"})
	must[model.Network](f)(f.CreateNetwork(alice, model.Network{Record: model.Record{ID: "net"}}))
	for i := range byte(200) {
		_, err := f.PutEndpoints(feed, f.endpoints("net", 1, i), model.IfMatch{})
		require.NoError(t, err)
	}
	require.Len(t, f.audit(model.AuditFilter{Resource: "network"}), 1, "who made the network")
}

package store

import (
	"fmt"
	"runtime"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// changesBeside are one change of each kind, beside those of standing.
func changesBeside(t testing.TB, s *Store) map[string]func(*rules) error {
	ctx := t.Context()
	devices := []model.Device{{DeviceName: "sw1", Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{4000}}}}}
	g, err := s.CreateL2Gateway(ctx, model.L2Gateway{Devices: devices})
	require.NoError(t, err)
	for _, id := range []string{"unused", "new", "old"} {
		_, err = s.CreateNetwork(ctx, model.Network{Record: model.Record{ID: id}})
		require.NoError(t, err)
	}
	old, err := s.CreateConnection(ctx, model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: "old"})
	require.NoError(t, err)
	other, err := s.CreateL2Gateway(ctx, model.L2Gateway{Devices: []model.Device{{DeviceName: "sw2", Interfaces: []model.Interface{{Name: "p1"}}}}})
	require.NoError(t, err)
	inv, _ := s.Definitions().Inventories.Get("device7")
	name := "renamed"
	return map[string]func(*rules) error{
		"create network": func(r *rules) error { return second(r.networks.create(model.Network{})) },
		"delete network": func(r *rules) error { return r.networks.delete("unused") },
		"create gateway": func(r *rules) error { return second(r.gateways.create(model.L2Gateway{Devices: devices})) },
		"update gateway": func(r *rules) error {
			more := []model.Device{{DeviceName: "sw1", Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{4000, 4001}}}}}
			return second(r.gateways.update(g.ID, model.L2GatewayUpdate{Devices: more}))
		},
		"delete gateway": func(r *rules) error { return r.gateways.delete(other.ID) },
		"create connection": func(r *rules) error {
			return second(r.connections.create(model.L2GatewayConnection{L2GatewayID: other.ID, NetworkID: "new", SegmentationID: model.VLANID(4000)}))
		},
		"delete connection": func(r *rules) error { return r.connections.delete(old.ID) },
		"create gateway device": func(r *rules) error {
			return second(r.devices.create(model.GatewayDevice{Name: "a", ManagementIP: "a", ManagementPort: 1}))
		},
		"rename gateway device": func(r *rules) error {
			return second(r.devices.update("device7", model.GatewayDeviceUpdate{Name: &name}))
		},
		"a switch is renamed": func(r *rules) error {
			changed := *inv
			changed.Switches = []model.SwitchInventory{{Name: name}}
			return r.inventories.set("device7", changed)
		},
	}
}

func second[T any](_ T, err error) error { return err }

// TestAChangeCostsTheSame: beside 10,000 connections the rules of one more cost what they cost
// beside 300. Counted are bytes, which do not depend on what else the machine does. Both have 300
// switches, of which each has connections, 33 in the end: those of one are looked at when it is renamed.
func TestAChangeCostsTheSame(t *testing.T) {
	few, many := costs(t, 300), costs(t, 10_000)
	for what, n := range few {
		t.Logf("%s: %d bytes with 300 standing, %d with 10,000", what, n, many[what])
	}
	for what, n := range few {
		require.LessOrEqual(t, many[what], 3*n, what)
	}
}

// TestManyVLANsOfAPort: a gateway that carries all VLANs of its ports costs a change about what one that
// carries few does.
func TestManyVLANsOfAPort(t *testing.T) {
	few, many := carrying(t, 2), carrying(t, 4000)
	for what, n := range few {
		t.Logf("%s: %d bytes with 2 VLANs on each port, %d with 4,000", what, n, many[what])
		require.LessOrEqual(t, many[what], n+25*4000*40, what) // the VLANs are sorted, and checked
	}
}

// carrying is what changes of the connection of a gateway allocate that carries so many VLANs on each of 25 ports.
func carrying(t *testing.T, vlans int) map[string]uint64 {
	s, ctx := standingStore(t, 1), t.Context()
	dev := model.Device{DeviceName: "sw1"}
	for p := range 25 {
		port := model.Interface{Name: fmt.Sprint("q", p), ProvisionAhead: true}
		for v := range vlans {
			port.VLANs = append(port.VLANs, model.VLAN(1+v))
		}
		dev.Interfaces = append(dev.Interfaces, port)
	}
	g, err := s.CreateL2Gateway(ctx, model.L2Gateway{Devices: []model.Device{dev}})
	require.NoError(t, err)
	n, err := s.CreateNetwork(ctx, model.Network{Record: model.Record{ID: "wide"}})
	require.NoError(t, err)
	name, conn := "other", model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: n.ID}
	out := map[string]uint64{"create": allocated(t, s, func(r *rules) error { return second(r.connections.create(conn)) })}
	made, err := s.CreateConnection(ctx, conn)
	require.NoError(t, err)
	out["rename"] = allocated(t, s, func(r *rules) error { return second(r.gateways.update(g.ID, model.L2GatewayUpdate{Name: &name})) })
	out["delete"] = allocated(t, s, func(r *rules) error { return r.connections.delete(made.ID) })
	return out
}

// costs is what the rules of a change allocate, in bytes, beside so many connections.
func costs(t *testing.T, standing int) map[string]uint64 {
	s, out := standingStore(t, standing), map[string]uint64{}
	for what, change := range changesBeside(t, s) {
		out[what] = allocated(t, s, change)
	}
	return out
}

// allocated is what the rules of a change allocate, in bytes.
func allocated(t *testing.T, s *Store, change func(*rules) error) uint64 {
	const times = 10
	s.Definitions().Registrations() // of all switches, made once
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		require.NoError(t, change(begin(s, s.published.current.Load())))
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / times
}

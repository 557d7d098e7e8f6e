package store

import (
	"fmt"
	"path/filepath"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// standingStore opens a store with n gateways, each with a network and a connection,
// over 300 switches that were read.
func standingStore(b testing.TB, n int) *Store {
	s, err := Open(filepath.Join(b.TempDir(), "store.db"), Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	const switches = 300
	var all []change
	add := func(table string, i int, id string, record func(model.Record) any) {
		all = append(all, change{table, id, record(model.Record{ID: id, Seq: uint64(i + 1), Revision: 1})})
	}
	for i := range switches {
		id := fmt.Sprint("device", i)
		sw := model.SwitchInventory{Name: fmt.Sprint("sw", i)}
		for p := range 48 {
			sw.Ports = append(sw.Ports, model.PortInventory{Name: fmt.Sprint("p", p)})
		}
		add(devices.bucket, i, id, func(r model.Record) any {
			return &model.GatewayDevice{Record: r, Name: sw.Name, Type: model.HWVTEP, ManagementIP: id, ManagementPort: 6640}
		})
		add(inventories.bucket, i, id, func(r model.Record) any {
			return &model.Inventory{Record: r, Switches: []model.SwitchInventory{sw}}
		})
	}
	for i := range n {
		net, gw := fmt.Sprint("network", i), fmt.Sprint("gateway", i)
		add(networks.bucket, i, net, func(r model.Record) any { return &model.Network{Record: r, VNI: model.VNI(20000 + i)} })
		add(gateways.bucket, i, gw, func(r model.Record) any {
			return &model.L2Gateway{Record: r, Devices: []model.Device{{DeviceName: fmt.Sprint("sw", i%switches),
				Interfaces: []model.Interface{{Name: fmt.Sprint("p", i%48), VLANs: []model.VLAN{model.VLAN(1 + i/48)}}}}}}
		})
		add(connections.bucket, i, fmt.Sprint("connection", i), func(r model.Record) any {
			return &model.L2GatewayConnection{Record: r, L2GatewayID: gw, NetworkID: net}
		})
	}
	require.NoError(b, s.queue.backend.commit(1, all))
	require.NoError(b, s.queue.reload())
	return s
}

func BenchmarkCreateConnection(b *testing.B) {
	s := standingStore(b, 10_000)
	g, err := s.CreateL2Gateway(b.Context(), model.L2Gateway{Devices: []model.Device{{DeviceName: "sw1", Interfaces: []model.Interface{{Name: "p1"}}}}})
	require.NoError(b, err)
	_, err = s.CreateNetwork(b.Context(), model.Network{Record: model.Record{ID: "new"}})
	require.NoError(b, err)
	c := model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: "new", SegmentationID: model.VLANID(4000)}
	// The deletion that makes room for the next costs one more commit.
	for b.Loop() {
		made, err := s.CreateConnection(b.Context(), c)
		require.NoError(b, err)
		b.StopTimer()
		require.NoError(b, s.DeleteConnection(b.Context(), made.ID))
		b.StartTimer()
	}
}

// BenchmarkConnectionRules is the part of it that is not the disk's.
func BenchmarkConnectionRules(b *testing.B) {
	s := standingStore(b, 10_000)
	g, err := s.CreateL2Gateway(b.Context(), model.L2Gateway{Devices: []model.Device{{DeviceName: "sw1", Interfaces: []model.Interface{{Name: "p1"}}}}})
	require.NoError(b, err)
	_, err = s.CreateNetwork(b.Context(), model.Network{Record: model.Record{ID: "new"}})
	require.NoError(b, err)
	c := model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: "new", SegmentationID: model.VLANID(4000)}
	for b.Loop() {
		_, err := begin(s, s.published.current.Load()).connections.create(c)
		require.NoError(b, err)
	}
}

// BenchmarkAudited is what changes cost that have an audit record: a small one, and one of a small
// part of a large object.
func BenchmarkAudited(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "store.db"), Options{})
	require.NoError(b, err)
	defer s.Close()
	ctx := model.WithActor(b.Context(), model.Actor{User: "u", RequestID: "r"})
	big := model.Device{DeviceName: "sw"}
	for i := range 10 {
		vlans := make([]model.VLAN, 4000)
		for j := range vlans {
			vlans[j] = model.VLAN(j + 1)
		}
		big.Interfaces = append(big.Interfaces, model.Interface{Name: fmt.Sprint("p", i), VLANs: vlans})
	}
	g, err := s.CreateL2Gateway(ctx, model.L2Gateway{Devices: []model.Device{big}})
	require.NoError(b, err)
	b.Run("network is created", func(b *testing.B) {
		for b.Loop() {
			_, err := s.CreateNetwork(ctx, model.Network{Name: "n"})
			require.NoError(b, err)
		}
	})
	n := 0
	b.Run("gateway of 40,000 VLANs is renamed", func(b *testing.B) {
		for b.Loop() {
			n++
			name := fmt.Sprint("name", n)
			_, err := s.UpdateL2Gateway(ctx, g.ID, model.L2GatewayUpdate{Name: &name})
			require.NoError(b, err)
		}
	})
}

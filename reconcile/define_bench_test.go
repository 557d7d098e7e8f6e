package reconcile_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
	"bordergw/vtep/ovsdb"
)

// benchPorts is how many ports the connections of BenchmarkDefine are spread over.
const benchPorts = 10

// BenchmarkDefine is the time from the answer to one more connection, with its network and
// gateway, to its bindings on both of its switches, with others standing there.
func BenchmarkDefine(b *testing.B) {
	for _, standing := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprint(standing), func(b *testing.B) {
			s, servers := newDefinedSite(b, standing)
			var bound []<-chan struct{}
			for _, server := range servers {
				bound = append(bound, watchBindings(b, server))
			}
			var took []time.Duration
			var cpu time.Duration
			for n := 0; b.Loop(); n++ {
				b.StopTimer()
				time.Sleep(30 * time.Millisecond) // a lone change is not one of a burst
				net := s.network()
				gw, err := s.store.CreateL2Gateway(b.Context(), *gatewayOn(servers, standing+n))
				require.NoError(b, err)
				time.Sleep(30 * time.Millisecond)
				_, err = s.store.CreateConnection(b.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: net})
				before := cpuTime()
				b.StartTimer()
				require.NoError(b, err)
				began := time.Now()
				for _, is := range bound {
					<-is
				}
				took = append(took, time.Since(began))
				b.StopTimer()
				poll.True(b, time.Minute, "in sync", s.quiet(servers))
				cpu += cpuTime() - before
				b.StartTimer()
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(cpu.Microseconds())/float64(len(took)), "cpu-µs")
		})
	}
}

// quiet reports whether all of what is defined stands.
func (s *site) quiet(servers []*ovsdbtest.Server) func() bool {
	return func() bool {
		return !slices.ContainsFunc(s.tors, func(t *tor) bool { return s.loop.DeviceStatus(t.id).Phase != model.DeviceInSync })
	}
}

// gatewayOn is a gateway with a VLAN of its own on both of the switches.
func gatewayOn(servers []*ovsdbtest.Server, n int) *model.L2Gateway {
	gw := &model.L2Gateway{Name: fmt.Sprint("gw", n), HAMode: model.ActiveActive}
	for i := range servers {
		gw.Devices = append(gw.Devices, model.Device{ID: fmt.Sprintf("dev-%d-%d", n, i), DeviceName: fmt.Sprint("tor", i), Interfaces: []model.Interface{
			{Name: fmt.Sprint("p", n%benchPorts), VLANs: []model.VLAN{model.VLAN(1 + n/benchPorts)}},
		}})
	}
	return gw
}

// newDefinedSite is a site of two switches that share connections, one a network.
func newDefinedSite(b *testing.B, connections int) (*site, []*ovsdbtest.Server) {
	st, err := store.Open(filepath.Join(b.TempDir(), "db"), store.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, st.Close()) })
	s := &site{t: b, store: st, loop: reconcile.New(st, reconcile.Options{})}
	var servers []*ovsdbtest.Server
	var ports []string
	for i := range benchPorts {
		ports = append(ports, fmt.Sprint("p", i))
	}
	e := &model.Export{Format: model.ExportFormat}
	for i := range 2 {
		server := ovsdbtest.Start(b)
		server.AddSwitch(fmt.Sprint("tor", i), fmt.Sprintf("192.0.2.%d", i+1), ports...)
		servers = append(servers, server)
		gd := &model.ExportedDevice{GatewayDevice: model.GatewayDevice{
			Record: model.Record{ID: fmt.Sprint("tor", i), Seq: uint64(i + 1)}, Name: fmt.Sprint("tor", i), Type: model.HWVTEP,
			ManagementIP: "127.0.0.1", ManagementPort: uint16(server.Port()), ManagementProtocol: model.ProtocolOVSDB, Profile: model.DefaultProfile, BorderMode: model.BorderDirect, DriftPolicy: model.DriftRepair,
		}}
		e.GatewayDevices = append(e.GatewayDevices, gd)
		s.tors = append(s.tors, &tor{Server: server, t: b, id: gd.ID, name: gd.Name})
	}
	for i := range connections {
		record := func(kind string, n int) model.Record {
			return model.Record{ID: fmt.Sprintf("%s-%05d", kind, i), Seq: uint64(10 + n*connections + i)}
		}
		net := &model.Network{Record: record("net", 0), Name: "blue", VNI: model.VNI(10_000 + i)}
		gw := gatewayOn(servers, i)
		gw.Record = record("gw", 1)
		e.Networks, e.L2Gateways = append(e.Networks, net), append(e.L2Gateways, gw)
		e.Connections = append(e.Connections, &model.L2GatewayConnection{Record: record("conn", 2), L2GatewayID: gw.ID, NetworkID: net.ID})
	}
	require.NoError(b, st.Import(b.Context(), e))
	s.run(b)
	poll.True(b, 5*time.Minute, "in sync", func() bool {
		return s.quiet(servers)() && strings.Count(servers[1].Transact(`[{"op":"select","table":"Logical_Switch","where":[],"columns":["_uuid"]}]`), "_uuid") == connections
	})
	return s, servers
}

// watchBindings tells each change of a port from now on.
func watchBindings(b *testing.B, server *ovsdbtest.Server) <-chan struct{} {
	w := make(watch, 16)
	conn, err := ovsdb.Dial(b.Context(), server.TCP(), nil)
	require.NoError(b, err)
	c := ovsdb.NewConn(conn, ovsdb.Config{})
	b.Cleanup(func() { c.Close() })
	table := ovsdb.MonitorTable{Table: "Physical_Port", Columns: []string{"vlan_bindings"}, Modify: true}
	_, err = c.Monitor(b.Context(), "hardware_vtep", []ovsdb.MonitorTable{table}, w)
	require.NoError(b, err)
	return w
}

package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
)

// The size that F-42 names.
const (
	bigMACs     = 100_000
	bigNetworks = 4000
	bigPorts    = 500
	bigVLANs    = 200 // of each port
)

// mutable is a connection on which a switch can fall silent.
type mutable struct {
	net.Conn
	mute *atomic.Bool
}

func (m mutable) Write(p []byte) (int, error) {
	if m.mute.Load() {
		return len(p), nil
	}
	return m.Conn.Write(p)
}

// TestF42_SlowToBeRead: a switch that says nothing for longer than 20 s while it makes the
// reply with all that it has is given more time at each attempt, up to 4 min. Once it is
// read, it is missed after 20 s as any other.
func TestF42_SlowToBeRead(t *testing.T) {
	dials := model.GatewayDevice{Name: "fake", ManagementProtocol: model.ProtocolOVSDB, ManagementIP: "192.0.2.1", ManagementPort: 6640}
	listens := model.GatewayDevice{Name: "fake", ManagementProtocol: model.ProtocolOVSDBListen}
	for _, c := range []struct {
		name       string
		device     model.GatewayDevice
		needs      time.Duration
		soon, late time.Duration // not read before, and by then
	}{
		{"a little", dials, 25 * time.Second, 40 * time.Second, 2 * time.Minute},
		{"as long as it may", dials, 230 * time.Second, 5 * time.Minute, 15 * time.Minute},
		{"it dials in", listens, 55 * time.Second, 50 * time.Second, 70 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			peer := rig.NewPeer(t)
			peer.Slow, peer.SlowMethod = c.needs, "monitor_cond_since"
			synctest.Test(t, func(t *testing.T) {
				var mute atomic.Bool
				serve := func(conn net.Conn) { peer.Serve(mutable{conn, &mute}) }
				calls := make(dialIn)
				s := rig.New(t, reconcile.Options{Listeners: []net.Listener{calls}, Dial: func(context.Context, *model.GatewayDevice) (net.Conn, error) {
					ours, theirs := net.Pipe()
					go serve(theirs)
					return ours, nil
				}})
				device := s.RegisterAs(c.device)
				if c.device.ManagementIP == "" {
					calls.call(serve)
				}
				time.Sleep(c.soon)
				require.NotEqual(t, model.DeviceInSync, s.Loop.DeviceStatus(device).Phase)
				time.Sleep(c.late - c.soon)
				require.Equal(t, model.DeviceInSync, s.Loop.DeviceStatus(device).Phase, s.Loop.DeviceStatus(device).LastError)
				mute.Store(true)
				time.Sleep(30 * time.Second)
				require.NotEqual(t, model.DeviceInSync, s.Loop.DeviceStatus(device).Phase)
				s.Stop()
				time.Sleep(10 * time.Minute) // the peers' goroutines find that it is over
			})
		})
	}
}

// TestF42_BigDatabase: a switch with 100,000 managed MACs, 4000 foreign networks
// and 200 VLANs on each of 500 ports is read in 30 s, planned in
// 2 s and in less than 1 GiB, and a change on it is made. It runs alone, since it
// looks at the memory of the process.
func TestF42_BigDatabase(t *testing.T) {
	o := newOne(t)
	fillNetworks(t, o.server)
	learn(o.server, "02:02:00:00:00:01", "192.0.2.1")
	ls, locator := reference(t, o.server, "Logical_Switch", "name", "net"), reference(t, o.server, "Physical_Locator", "dst_ip", "192.0.2.1")
	for from := 0; from < bigMACs; from += 1000 {
		o.server.Transact(localMACs(ls, locator, from, 1000))
	}
	o.server.Stop()
	o.Device(rig.Patience, o.device, model.DeviceUnreachable)
	o.server.Run()
	read := o.Device(30*time.Second, o.device, model.DeviceInSync)
	free := poll.Start(t)
	plans := slices.Collect(o.Loop.Plans(0))
	planned := free.Counted()
	require.True(t, plans[0].Known)
	require.Zero(t, plans[0].Count)
	require.Less(t, planned, 2*time.Second)
	require.Equal(t, bigMACs+1, o.Loop.DeviceReports()[0].LocalMACs)

	began := time.Now()
	o.Join(o.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	rig.Eventually(t, rig.Patience, func() error { return boundOn(o.server, "p2", 200) })
	measured(t, read, time.Since(began))
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("planned in %s, %d MiB of heap at the most", planned.Round(time.Millisecond), m.HeapSys>>20)
	require.Less(t, m.HeapSys, uint64(1<<30))
}

// boundOn looks at one port only, as the others have very many rows.
func boundOn(s *ovsdbtest.Server, port string, vlan int) error {
	rows := s.Transact(fmt.Sprintf(`[{"op":"select","table":"Physical_Port","where":[["name","==",%q]],"columns":["vlan_bindings"]}]`, port))
	if !strings.Contains(rows, fmt.Sprintf(`[%d,["uuid",`, vlan)) {
		return fmt.Errorf("VLAN %d is not bound: %s", vlan, rows)
	}
	return nil
}

// fillNetworks makes the foreign networks, and the ports that they are bound to.
func fillNetworks(t testing.TB, s *ovsdbtest.Server) {
	ops := make([]string, bigNetworks)
	for i := range ops {
		ops[i] = fmt.Sprintf(`{"op":"insert","table":"Logical_Switch","row":{"name":"foreign%d"}}`, i)
	}
	var made []struct{ UUID json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(s.Transact("["+strings.Join(ops, ",")+"]")), &made))
	ops, ports := ops[:0], []string{}
	for p := range bigPorts {
		bound := make([]string, bigVLANs)
		for v := range bound {
			bound[v] = fmt.Sprintf(`[%d,%s]`, 1000+v, made[(p*bigVLANs+v)%len(made)].UUID)
		}
		ports = append(ports, fmt.Sprintf(`["named-uuid","port%d"]`, p))
		ops = append(ops, fmt.Sprintf(`{"op":"insert","table":"Physical_Port","uuid-name":"port%d","row":{"name":"big%d","vlan_bindings":["map",[%s]]}}`,
			p, p, strings.Join(bound, ",")))
	}
	ops = append(ops, `{"op":"mutate","table":"Physical_Switch","where":[["name","==","tor1"]],"mutations":[["ports","insert",["set",[`+strings.Join(ports, ",")+`]]]]}`)
	s.Transact("[" + strings.Join(ops, ",") + "]")
}

package reconcile_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
)

// restarting is a site whose process ends and begins anew.
type restarting struct {
	*site
	opts reconcile.Options
	end  func()
}

// newStandalone has n switches and a process that runs.
func newStandalone(t *testing.T, n int, opts reconcile.Options) *restarting {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	r := &restarting{site: &site{t: t, store: st}, opts: opts}
	for i := range n {
		r.add(fmt.Sprintf("tor%d", i), fmt.Sprintf("192.0.2.%d", i+1))
	}
	r.start()
	for _, tor := range r.tors {
		r.enters(tor, model.DeviceInSync)
	}
	return r
}

// start begins a process over the same store.
func (r *restarting) start() {
	r.loop = reconcile.New(r.store, r.opts)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	loop := r.loop
	go func() { done <- loop.Run(ctx) }()
	stopped := false
	r.end = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(r.t, <-done)
		}
	}
	r.t.Cleanup(r.end)
}

func (r *restarting) places(t *testing.T, net, mac, at string) {
	t.Helper()
	m, err := model.ParseMAC(mac)
	require.NoError(t, err)
	a, err := model.ParseVTEPAddress(at)
	require.NoError(t, err)
	set, err := model.NewEndpointSet(net, "neutron", "", []model.Endpoint{{VTEPAddress: a, MACs: []model.EndpointMAC{{MAC: m, VTEPAddress: a}}}})
	require.NoError(t, err)
	_, err = r.store.PutEndpoints(t.Context(), set, model.IfMatch{})
	require.NoError(t, err)
}

// left ends a process that has seen m1 leave a hypervisor, which its source still names, for a
// port of the second switch. It returns the network.
func (r *restarting) left(t *testing.T) (net string) {
	t.Helper()
	a, b := r.tors[0], r.tors[1]
	net = r.network()
	r.active(r.connect(net, model.ActiveActive, a, b))
	r.places(t, net, m1, "192.0.2.51")
	r.holds(a, net, m1, "192.0.2.51")
	b.learn(net, m1)
	r.holds(a, net, m1, b.tunnelIP)
	r.eventually(func() bool { return r.store.Definitions().Moves.Len() == 1 }, "the move is remembered")
	r.end()
	return net
}

// TestRestartKeepsAMACAtAPortOfASwitchThatIsAway: a host has left its hypervisor for a
// port, the source still names the hypervisor. After a restart, while the port's switch can not
// be reached, its rows stay: a switch that is away keeps its place.
func TestRestartKeepsAMACAtAPortOfASwitchThatIsAway(t *testing.T) {
	r := newStandalone(t, 2, reconcile.Options{LocalHold: 50 * time.Millisecond, Hold: time.Hour})
	a, b := r.tors[0], r.tors[1]
	net := r.left(t)
	b.Stop()
	r.start()
	r.enters(a, model.DeviceInSync)
	require.Equal(t, b.tunnelIP, a.sends(net, m1), "the host has not moved")
}

// TestRestartWritesNothingForAMACAtAPort: the same with both switches at hand: the row of
// the other switch does not go to and fro.
func TestRestartWritesNothingForAMACAtAPort(t *testing.T) {
	r := newStandalone(t, 2, reconcile.Options{LocalHold: 50 * time.Millisecond, Hold: time.Hour})
	a, b := r.tors[0], r.tors[1]
	net := r.left(t)
	before := a.Transactions()
	for range 5 {
		r.start()
		r.enters(a, model.DeviceInSync)
		r.enters(b, model.DeviceInSync)
		r.holds(a, net, m1, b.tunnelIP)
		r.end()
	}
	require.Equal(t, before, a.Transactions(), "five restarts write nothing")
}

// TestSourceSaysSomethingNewWhileNobodyRuns: the source has the host on another hypervisor, and
// the process hears of that when it starts. That is later than the move to the port.
func TestSourceSaysSomethingNewWhileNobodyRuns(t *testing.T) {
	r := newStandalone(t, 2, reconcile.Options{LocalHold: 50 * time.Millisecond, Hold: time.Hour})
	a, b := r.tors[0], r.tors[1]
	net := r.left(t)
	r.places(t, net, m1, "192.0.2.52")
	b.Stop()
	r.start()
	r.holds(a, net, m1, "192.0.2.52")
}

// TestRestartWithoutASource is the same as the two above without a source.
func TestRestartWithoutASource(t *testing.T) {
	r := newStandalone(t, 2, reconcile.Options{LocalHold: 50 * time.Millisecond, Hold: time.Hour})
	a, b := r.tors[0], r.tors[1]
	net := r.network()
	r.active(r.connect(net, model.ActiveActive, a, b))
	b.learn(net, m1)
	r.holds(a, net, m1, b.tunnelIP)
	r.end()
	before := a.Transactions()
	for range 5 {
		r.start()
		r.enters(a, model.DeviceInSync)
		r.enters(b, model.DeviceInSync)
		r.holds(a, net, m1, b.tunnelIP)
		r.end()
	}
	require.Equal(t, before, a.Transactions(), "five restarts write nothing")
	b.Stop()
	r.start()
	r.enters(a, model.DeviceInSync)
	require.Equal(t, b.tunnelIP, a.sends(net, m1), "the host has not moved")
}

// TestConnectionStaysActiveWhileEndpointsChange: a virtual machine that starts is a MAC more, as one that a
// switch learns is: the connection stays what it is.
func TestConnectionStaysActiveWhileEndpointsChange(t *testing.T) {
	r := newStandalone(t, 2, reconcile.Options{})
	net := r.network()
	conn := r.connect(net, model.ActiveActive, r.tors...)
	r.places(t, net, m1, "192.0.2.51")
	r.active(conn)
	r.holds(r.tors[0], net, m1, "192.0.2.51")
	programmed := func() time.Time {
		return model.FindCondition(r.loop.ConnectionStatus(conn).Conditions, model.Programmed).Since
	}
	// Before it is recorded, each question is answered with the time at which it is asked.
	r.eventually(func() bool { return programmed().Equal(programmed()) }, "since when is recorded")
	since := programmed()
	seen, stop, ended := map[string]int{}, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				seen[r.loop.ConnectionStatus(conn).State]++
			}
		}
	}()
	for i := range 30 {
		mac := fmt.Sprintf("00:00:00:00:01:%02x", i)
		r.places(t, net, mac, "192.0.2.51")
		r.holds(r.tors[0], net, mac, "192.0.2.51")
	}
	close(stop)
	<-ended
	r.active(conn)
	require.Equal(t, since, programmed())
	require.Len(t, seen, 1, "what it was")
}

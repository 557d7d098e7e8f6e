package faults_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// soon is how fast a change on a reached switch must be answered.
const soon = 2 * time.Second

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.Remove(programPath) // if a test wanted it
		os.Exit(code)
	}))
}

// measured logs how long a fault took to be noticed and to be made good; 0 is
// for what a test does not measure.
func measured(t testing.TB, detect, converge time.Duration) {
	t.Helper()
	t.Logf("measured %s detect %s converge %s", t.Name(), detect.Round(time.Millisecond), converge.Round(time.Millisecond))
}

// one is a site with one switch "tor1" that carries network "net" on VLAN 100.
type one struct {
	*rig.Site
	server *ovsdbtest.Server
	device string
	conn   string
}

// carried is what the switch of a one holds.
var carried = []string{"ls net 5001", "bind tor1 p1 100 net"}

func newOne(t testing.TB, extra ...ovsdbtest.Option) *one {
	t.Helper()
	return oneWith(t, reconcile.Options{}, extra...)
}

func oneWith(t testing.TB, options reconcile.Options, extra ...ovsdbtest.Option) *one {
	t.Helper()
	o := &one{Site: rig.New(t, options), server: ovsdbtest.Start(t, extra...)}
	o.server.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	o.device = o.Register("tor1", o.server.Port())
	o.conn = o.Join(o.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, rig.Patience, o.server, carried...)
	o.Connection(rig.Patience, o.conn, model.ConnectionActive)
	return o
}

// two is a one whose network is on a second switch "tor2" as well.
type two struct {
	*one
	other       *ovsdbtest.Server
	otherDevice string
	otherConn   string
}

var carriedByOne = append([]string{"flood net 192.0.2.2"}, carried...)
var carriedByTwo = []string{"ls net 5001", "bind tor2 p1 100 net", "flood net 192.0.2.1"}

func newTwo(t testing.TB) *two {
	t.Helper()
	return twoOf(newOne(t))
}

func twoOf(o *one) *two {
	o.T.Helper()
	w := &two{one: o}
	w.other, w.otherDevice = o.Switch("tor2", "192.0.2.2", "p1", "p2")
	w.otherConn = o.Join("net", rig.At{Switch: "tor2", Port: "p1", VLAN: 100})
	w.stands(rig.Patience)
	return w
}

// stands waits until both switches hold what they should.
func (w *two) stands(within time.Duration) time.Duration {
	w.T.Helper()
	took := rig.Holds(w.T, within, w.server, carriedByOne...)
	return took + rig.Holds(w.T, within, w.other, carriedByTwo...)
}

// learn adds a learned MAC of network net to a switch.
func learn(s *ovsdbtest.Server, mac, ip string) { s.VtepCtl("add-ucast-local", "net", mac, ip) }

// mac parses an address that is one.
func mac(t testing.TB, text string) model.MAC {
	m, err := model.ParseMAC(text)
	require.NoError(t, err)
	return m
}

func address(t testing.TB, text string) model.VTEPAddress {
	a, err := model.ParseVTEPAddress(text)
	require.NoError(t, err)
	return a
}

// run runs a Loop until the test ends or the function returned is called.
func run(t testing.TB, l *reconcile.Loop) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(stop)
	return stop
}

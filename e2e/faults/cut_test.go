package faults_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"
)

// cutter writes one plan over connections that are cut, and looks at what
// became of it over one that is not.
type cutter struct {
	t      *testing.T
	server *ovsdbtest.Server
	proxy  *rig.Proxy
	want   *vtep.Want
}

// written is what the database holds when the cutter's want stands.
var written = []string{"ls net 5001", "flood net 192.0.2.9", "mac net 02:00:00:00:00:01 192.0.2.9", "bind tor1 p1 100 net"}

func newCutter(t *testing.T) *cutter {
	c := &cutter{t: t, server: ovsdbtest.Start(t)}
	c.server.AddSwitch("tor1", "192.0.2.1", "p1")
	c.proxy = rig.NewProxy(t, c.server.Port())
	far := vtep.Locator{Addr: address(t, "192.0.2.9")}
	c.want = &vtep.Want{
		Self: 1, Mark: "m",
		Segments: vtep.SegmentsOf(&vtep.Segment{
			Name: "net", TunnelKey: 5001,
			MACs: []vtep.MACEntry{{MAC: mac(t, "02:00:00:00:00:01"), Locator: far}}, Flood: []vtep.Endpoint{{Locator: far}},
		}),
		Bindings: vtep.BindingsOf(vtep.Binding{Switch: "tor1", Port: "p1", VLAN: 100, LogicalSwitch: "net"}),
	}
	return c
}

func (c *cutter) open(port int) (*vtep.Session, error) {
	conn, err := ovsdb.Dial(c.t.Context(), "tcp:"+net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil)
	require.NoError(c.t, err)
	return vtep.Open(c.t.Context(), conn, vtep.Opening{})
}

// write sends the plan of a new session through the proxy. cut is called when
// the session stands.
func (c *cutter) write(cut func()) error {
	s, err := c.open(c.proxy.Port())
	require.NoError(c.t, err)
	require.NoError(c.t, s.TakeLock(c.t.Context(), c.want.Mark))
	plan := s.Plan(c.want, vtep.Whole)
	cut()
	rejected, err := s.Apply(c.t.Context(), plan)
	require.Empty(c.t, rejected)
	s.Close()
	<-s.Done()
	return err
}

// again does what a worker does after the end of a session: it reads what
// stands, writes what is missing, and so never writes a row twice. It reports
// whether anything was.
func (c *cutter) again() (missing bool) {
	s, err := c.open(c.server.Port())
	require.NoError(c.t, err)
	defer func() {
		s.Close()
		<-s.Done()
	}()
	plan := s.Plan(c.want, vtep.Whole)
	if !plan.Empty() {
		rejected, err := s.Apply(c.t.Context(), plan)
		require.NoError(c.t, err)
		require.Empty(c.t, rejected)
	}
	after := s.Plan(c.want, vtep.Whole)
	require.True(c.t, after.Empty(), "%s", after)
	return !plan.Empty()
}

// empty takes all of it away.
func (c *cutter) empty() {
	c.server.Transact(`[{"op":"update","table":"Physical_Port","where":[],"row":{"vlan_bindings":["map",[]]}},` +
		`{"op":"delete","table":"Ucast_Macs_Remote","where":[]},{"op":"delete","table":"Mcast_Macs_Remote","where":[]},` +
		`{"op":"delete","table":"Logical_Switch","where":[]}]`)
}

// TestF10_CutAtEveryByte (F-10, F-20): the connection ends after every number of
// bytes of a transaction's request, and of its reply with the update before it.
// Whatever the outcome was, the next session finds it, and no row stands twice.
func TestF10_CutAtEveryByte(t *testing.T) {
	t.Parallel()
	for _, d := range []rig.Direction{rig.Up, rig.Down} {
		t.Run(map[rig.Direction]string{rig.Up: "request", rig.Down: "reply"}[d], func(t *testing.T) {
			t.Parallel()
			c := newCutter(t)
			require.NoError(t, c.write(c.proxy.Record))
			require.NoError(t, rig.Differs(c.server, written))
			length := len(c.proxy.Recorded(d))
			began := time.Now()
			lost, committed := 0, 0
			for n := range length {
				c.empty()
				err := c.write(func() { c.proxy.CutAfter(d, n) })
				c.proxy.CutAfter(d, -1)
				switch {
				case err == nil:
				case errors.Is(err, ovsdb.ErrUnknownOutcome):
					lost++
				default:
					require.Fail(t, "another error", "%d bytes: %v", n, err)
				}
				if !c.again() {
					committed++
				}
				require.NoError(t, rig.Differs(c.server, written), "%d bytes", n)
			}
			// The last byte of a reply is the end of its object.
			require.Equal(t, length, lost, "cut before the end, no outcome is known")
			require.Equal(t, map[rig.Direction]int{rig.Up: 0, rig.Down: length}[d], committed)
			measured(t, 0, time.Since(began)/time.Duration(length))
			t.Logf("%d bytes, %d transactions of unknown outcome, %d of them committed", length, lost, committed)
		})
	}
}

// TestF11_CutWhileReading: the connection ends anywhere in what is read before
// the first plan. There is no session then, and a controller that has only seen
// a part of the database writes nothing.
func TestF11_CutWhileReading(t *testing.T) {
	t.Parallel()
	c := newCutter(t)
	require.NoError(t, c.write(func() {}))
	c.proxy.Record()
	s, err := c.open(c.proxy.Port())
	require.NoError(t, err)
	s.Close()
	<-s.Done()
	length := bytes.LastIndexByte(c.proxy.Recorded(rig.Down), '}')
	for i := range 64 {
		c.proxy.CutAfter(rig.Down, length*i/64)
		_, err := c.open(c.proxy.Port())
		require.Error(t, err, "%d of %d bytes", length*i/64, length)
	}

	site := rig.New(t, reconcile.Options{})
	c.proxy.CutAfter(rig.Down, length-1)
	before := c.server.Transactions()
	device := site.Register("tor1", c.proxy.Port())
	site.Join(site.Network("other", 5002), rig.At{Switch: "tor1", Port: "p1", VLAN: 7})
	site.Device(rig.Patience, device, model.DeviceUnreachable, "closed the connection")
	require.Equal(t, before, c.server.Transactions())
	c.proxy.CutAfter(rig.Down, -1)
	began := time.Now()
	rig.Holds(t, rig.Patience, c.server, append([]string{"ls other 5002", "bind tor1 p1 7 other"}, written...)...)
	measured(t, 0, time.Since(began))
}

// TestF10_LoopThroughCuts: a controller whose connection is cut again and again,
// in the middle of what it writes, writes all of it in the end, and once.
func TestF10_LoopThroughCuts(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server, proxy, device := s.Behind("tor1", "192.0.2.1", "p1", "p2")
	s.InSync(device)
	want := []string{}
	for i, cut := range []struct {
		d rig.Direction
		n int
	}{{rig.Up, 300}, {rig.Down, 0}, {rig.Down, 200}} {
		id := fmt.Sprintf("net%d", i)
		proxy.CutAfter(cut.d, cut.n)
		s.Join(s.Network(id, model.VNI(5000+i)), rig.At{Switch: "tor1", Port: "p1", VLAN: model.VLAN(100 + i)})
		want = append(want, fmt.Sprintf("ls %s %d", id, 5000+i), fmt.Sprintf("bind tor1 p1 %d %s", 100+i, id))
		began := time.Now()
		s.Device(rig.Patience, device, model.DeviceUnreachable)
		detect := time.Since(began)
		proxy.CutAfter(cut.d, -1)
		began = time.Now()
		rig.Holds(t, rig.Patience, server, want...)
		s.InSync(device)
		measured(t, detect, time.Since(began))
	}
}

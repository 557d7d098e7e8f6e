package faults_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/vtep"
)

// TestF47_TwoControllers: two with different stores on one database share a
// network that both define and have one each. Neither touches what is the
// other's, and after a while nobody writes at all.
func TestF47_TwoControllers(t *testing.T) {
	t.Parallel()
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	var sites []*rig.Site
	var want []string
	for i := range 2 {
		s := rig.New(t, reconcile.Options{Interval: 100 * time.Millisecond})
		device := s.Register("tor1", server.Port())
		s.InSync(device)
		own := fmt.Sprintf("own%d", i)
		s.Join(s.Network(own, model.VNI(6000+i)), rig.At{Switch: "tor1", Port: "p1", VLAN: model.VLAN(10 + i)})
		rig.Eventually(t, rig.Patience, func() error { return bindings(server, i+1) })
		want = append(want, fmt.Sprintf("ls %s %d", own, 6000+i), fmt.Sprintf("bind tor1 p1 %d %s", 10+i, own))
		sites = append(sites, s)
	}
	require.NotEqual(t, lockOf(sites[0]), lockOf(sites[1]), "neither waits for the other")
	rig.Holds(t, rig.Patience, server, want...)
	conns := []string{}
	for _, s := range sites {
		conns = append(conns, s.Join(s.Network("both", 5001), rig.At{Switch: "tor1", Port: "p2", VLAN: 100}))
	}
	want = append(want, "ls both 5001", "bind tor1 p2 100 both")
	rig.Holds(t, rig.Patience, server, want...)
	quiet(t, server)
	sites[0].Part(conns[0])
	sites[1].Connection(rig.Patience, conns[1], model.ConnectionActive)
	rig.Holds(t, rig.Patience, server, want...)
	quiet(t, server)
}

// quiet waits for a second in which nobody writes.
func quiet(t testing.TB, servers ...*ovsdbtest.Server) {
	t.Helper()
	last, since := -1, time.Now()
	rig.Eventually(t, rig.Patience, func() error {
		n := 0
		for _, s := range servers {
			n += s.Transactions()
		}
		if n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) < time.Second {
			return fmt.Errorf("%d transactions so far", n)
		}
		return nil
	})
}

// TestF09_TwoSessions (F-09, F-47): two controllers on one store meet on one
// database. The one that came last writes, the other reads, says so, and takes
// over when the first has gone.
func TestF09_TwoSessions(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	twin := reconcile.New(o.Store, reconcile.Options{})
	stop := run(t, twin)
	o.Device(rig.Patience, o.device, model.DeviceDegraded, "another session")
	writers := func() (n int) {
		for _, l := range []*reconcile.Loop{o.Loop, twin} {
			if l.DeviceStatus(o.device).Phase == model.DeviceInSync {
				n++
			}
		}
		return n
	}
	rig.Eventually(t, rig.Patience, func() error {
		if n := writers(); n != 1 {
			return fmt.Errorf("%d write", n)
		}
		return nil
	})
	o.Join(o.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	want := append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)
	rig.Holds(t, soon, o.server, want...)
	began := time.Now()
	stop()
	o.InSync(o.device)
	measured(t, 0, time.Since(began))
	o.server.VtepCtl("unbind-ls", "tor1", "p1", "100")
	rig.Holds(t, soon, o.server, want...)
}

// TestF48_LosesLockWhileWriting: the lock goes to somebody else while a
// transaction is on its way. The switch refuses it.
func TestF48_LosesLockWhileWriting(t *testing.T) {
	t.Parallel()
	c := newCutter(t)
	s, err := c.open(c.proxy.Port())
	require.NoError(t, err)
	defer func() {
		s.Close()
		<-s.Done()
	}()
	require.NoError(t, s.TakeLock(t.Context(), "mine"))
	plan := s.Plan(c.want, vtep.Whole)
	c.proxy.Hold(rig.Up)
	outcome := make(chan error, 1)
	go func() {
		_, err := s.Apply(t.Context(), plan)
		outcome <- err
	}()
	rig.Eventually(t, rig.Patience, func() error {
		if c.proxy.Asked() == 0 {
			return errors.New("it is not on its way")
		}
		return nil
	})
	before := c.server.Transactions()
	steal(t, c.server, "bordergw_mine")
	c.proxy.Open()
	require.ErrorIs(t, <-outcome, vtep.ErrReader)
	require.Equal(t, before, c.server.Transactions(), "nothing was written")
	require.False(t, s.Writer())
}

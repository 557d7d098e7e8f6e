package faults_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
)

// fleet are sixty switches that work.
type fleet struct {
	t       *testing.T
	servers []*ovsdbtest.Server
	rounds  int // networks that they carry
}

const healthy, ofEachKind = 60, 10

// carry measures how long a new controller needs until all of the fleet hold a
// network of all of them. extra makes its other devices known.
func (f *fleet) carry(network string, vni model.VNI, extra func(*rig.Site)) time.Duration {
	s := rig.New(f.t, reconcile.Options{})
	extra(s)
	at, ids := make([]rig.At, len(f.servers)), make([]string, len(f.servers))
	free := poll.Start(f.t)
	for i, server := range f.servers {
		at[i] = rig.At{Switch: fmt.Sprintf("sw%d", i), Port: "p1", VLAN: model.VLAN(vni % 4000)}
		ids[i] = s.Register(at[i].Switch, server.Port())
	}
	s.Join(s.Network(network, vni), at...)
	rig.Eventually(f.t, 2*rig.Patience, func() error { return allInSync(s, ids) })
	took := free.Counted()
	f.rounds++
	for i, server := range f.servers {
		require.Len(f.t, server.Rows("Mcast_Macs_Remote", "_uuid"), f.rounds, "switch %d", i)
		for _, set := range server.Rows("Physical_Locator_Set", "_uuid", "locators") {
			require.Len(f.t, set["locators"], healthy-1, "switch %d floods to all others", i)
		}
	}
	s.Stop()
	return took
}

// allInSync checks that all are read and written with what all of them said and
// what was asked for: on a slow disk they are in sync with nothing before the
// connection is there.
func allInSync(s *rig.Site, ids []string) error {
	var newest uint64
	for c := range s.Store.Definitions().Connections.All() {
		newest = max(newest, c.Revision)
	}
	for _, id := range ids {
		inv, ok := s.Store.Definitions().Inventories.Get(id)
		if !ok {
			return fmt.Errorf("%s has not been read", id)
		}
		newest = max(newest, inv.Revision)
	}
	for i, id := range ids {
		if d := s.Loop.DeviceStatus(id); d.Phase != model.DeviceInSync || d.ObservedRevision < newest {
			return fmt.Errorf("switch %d is %s", i, d.Phase)
		}
	}
	return nil
}

// TestF22_HundredSwitches: of a hundred switches ten refuse, ten say nothing, ten
// take ten seconds for an answer and ten come and go every second. The other
// sixty need no longer than sixty alone.
func TestF22_HundredSwitches(t *testing.T) {
	f := &fleet{t: t}
	for i := range healthy {
		server := ovsdbtest.Start(t)
		server.AddSwitch(fmt.Sprintf("sw%d", i), fmt.Sprintf("192.0.2.%d", i+1), "p1")
		f.servers = append(f.servers, server)
	}
	flapping := rig.NewPeer(t)
	slow := rig.NewPeer(t)
	slow.Slow, slow.Over = 10*time.Second, t.Context().Done()
	alone := f.carry("alone", 5001, func(*rig.Site) {})
	together := f.carry("together", 5002, func(s *rig.Site) {
		for i := range ofEachKind {
			s.Register(fmt.Sprintf("refuses%d", i), ovsdbtest.ReservePort(t))
			s.Register(fmt.Sprintf("silent%d", i), rig.Listen(t, silent))
			s.Register(fmt.Sprintf("slow%d", i), rig.Listen(t, slow.Serve))
			s.Register(fmt.Sprintf("flaps%d", i), rig.Listen(t, func(c net.Conn) {
				end := time.AfterFunc(time.Second, func() { c.Close() })
				defer end.Stop()
				flapping.Serve(c)
			}))
		}
	})
	t.Logf("measured %s: sixty alone in %s, among a hundred in %s", t.Name(), alone.Round(time.Millisecond), together.Round(time.Millisecond))
	// The second is for a machine that others use as well.
	require.Less(t, together, alone+alone/5+time.Second)
}

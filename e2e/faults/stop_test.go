package faults_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/reconcile"
)

// manyMACs is how many MACs the controller pushes when it gets the order to end.
const manyMACs = 30000

// remotes returns the remote MACs of a switch and the number of their rows.
func remotes(s *ovsdbtest.Server) (macs map[any]bool, rows int, err error) {
	all, err := s.TryRows("Ucast_Macs_Remote", "_uuid", "MAC")
	macs = map[any]bool{}
	for _, r := range all {
		macs[r["MAC"]] = true
	}
	return macs, len(all), err
}

// learnMany adds learned MACs of network net to a switch.
func learnMany(t *testing.T, s *ovsdbtest.Server, n int) {
	learn(s, "02:02:00:00:00:01", "192.0.2.2")
	ls, locator := reference(t, s, "Logical_Switch", "name", "net"), reference(t, s, "Physical_Locator", "dst_ip", "192.0.2.2")
	for from := 0; from < n; from += 1000 {
		s.Transact(localMACs(ls, locator, from, 1000))
	}
}

// TestF85_StopsInLargePush: the controller gets the order to end while it writes 30,000
// MACs. It ends at once, even if the switch no longer answers. Every transaction is
// whole or absent; the next start writes the rest, and nothing twice.
func TestF85_StopsInLargePush(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]bool{"the switch answers": true, "the switch is silent": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPush(t)
			rig.Eventually(t, rig.Patience, func() error {
				if n := p.proxy.Asked() - p.before; n < 30 {
					return fmt.Errorf("%d transactions were sent", n)
				}
				return nil
			})
			if !answers {
				p.proxy.Hold(rig.Down)
			}
			free, began := poll.Start(t), time.Now()
			p.Stop()
			took := time.Since(began)
			require.Less(t, free.Counted(), soon)
			p.proxy.Open()
			p.proxy.Delay.Store(0)
			macs, n, err := remotes(p.near)
			require.NoError(t, err)
			require.Less(t, n, manyMACs, "it was in the middle")
			require.Positive(t, n)
			require.Len(t, macs, n, "nothing stands twice")
			require.Len(t, p.near.Rows("Logical_Switch"), 1)

			p.Start()
			began = time.Now()
			rig.Eventually(t, 2*rig.Patience, func() error {
				if macs, n, err := remotes(p.near); err != nil || n != manyMACs+1 || len(macs) != n {
					return errors.Join(err, fmt.Errorf("%d rows have %d MACs", n, len(macs)))
				}
				return nil
			})
			p.InSync(p.device)
			measured(t, took, time.Since(began))
			quiet(t, p.near)
		})
	}
}

// push is a site that writes all MACs of one switch to another, "tor1".
type push struct {
	*rig.Site
	near   *ovsdbtest.Server
	proxy  *rig.Proxy // before near
	device string
	before int // transactions that were sent before
}

func newPush(t *testing.T) *push {
	s := rig.New(t, reconcile.Options{})
	far, farDevice := s.Switch("tor2", "192.0.2.2", "p1")
	s.Join(s.Network("net", 5001), rig.At{Switch: "tor2", Port: "p1", VLAN: 100})
	p := &push{Site: s}
	p.near, p.proxy, p.device = s.Behind("tor1", "192.0.2.1", "p1")
	s.InSync(farDevice, p.device)
	rig.Eventually(t, rig.Patience, func() error { return boundOn(far, "p1", 100) })
	learnMany(t, far, manyMACs)
	p.before = p.proxy.Asked()
	p.proxy.Delay.Store(int64(10 * time.Millisecond)) // the push takes 300 transactions
	s.Join("net", rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	return p
}

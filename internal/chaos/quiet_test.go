package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/model"
)

// calm is how long it may take until all is in sync.
const calm = time.Minute

// caution is how long a controller that has started takes away only what was
// asked for: longer than its switches need to say what they have.
const caution = 2 * time.Second

// quiet heals everything and waits until every database holds what it should.
func (w *world) quiet() time.Duration {
	for _, s := range w.tors {
		s.heal()
	}
	began := time.Now()
	rig.Eventually(w.t, calm, func() error {
		w.age()
		for _, s := range w.tors {
			if err := rig.Differs(s.Server, w.expected(s)); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		return nil
	})
	took := time.Since(began)
	w.site.InSync(w.ids...)
	return took
}

// age does what switches do: they forget the MACs of networks that they no
// longer carry.
func (w *world) age() {
	carries := map[string]bool{}
	for _, p := range w.places() {
		carries[p.tor.name+" "+p.network] = true
	}
	for _, s := range w.tors {
		for ls, macs := range s.learned() {
			if len(macs) > 0 && !carries[s.name+" "+ls] {
				s.VtepCtl("clear-local-macs", ls)
			}
		}
	}
}

// learned lists what the switch has learned, by logical switch.
func (s *tor) learned() map[string][]string {
	names, out := map[any]string{}, map[string][]string{}
	for _, r := range s.Rows("Logical_Switch", "_uuid", "name") {
		names[r["_uuid"]] = fmt.Sprint(r["name"])
	}
	for _, r := range s.Rows("Ucast_Macs_Local", "MAC", "logical_switch") {
		ls := names[r["logical_switch"]]
		out[ls] = append(out[ls], fmt.Sprint(r["MAC"]))
	}
	return out
}

// place is a network on a switch.
type place struct {
	tor      *tor
	network  string
	bindings []string
}

// places follow from the connections.
func (w *world) places() (out []place) {
	defs := w.site.Store.Definitions()
	for c := range defs.Connections.All() {
		g, ok := defs.Gateways.Get(c.L2GatewayID)
		require.True(w.t, ok)
		for _, d := range g.Devices {
			i := slices.IndexFunc(w.tors, func(s *tor) bool { return s.name == d.DeviceName })
			p := place{tor: w.tors[i], network: c.NetworkID}
			for _, itf := range d.Interfaces {
				p.bindings = append(p.bindings, fmt.Sprintf("bind %s %s %d %s", d.DeviceName, itf.Name, itf.VLANs[0], c.NetworkID))
			}
			out = append(out, p)
		}
	}
	return out
}

// expected is what a switch's database must hold.
func (w *world) expected(s *tor) []string {
	lines := map[string]bool{}
	places := w.places()
	for _, p := range places {
		if p.tor != s {
			continue
		}
		n, ok := w.site.Store.Definitions().Networks.Get(p.network)
		require.True(w.t, ok)
		lines[fmt.Sprintf("ls %s %s", n.ID, n.VNI)] = true
		for _, b := range p.bindings {
			lines[b] = true
		}
		var flood []string
		for _, o := range places {
			if o.network != p.network || o.tor == s {
				continue
			}
			flood = append(flood, o.tor.ip)
			for _, m := range o.tor.learned()[p.network] {
				lines[fmt.Sprintf("mac %s %s %s", p.network, m, o.tor.ip)] = true
			}
		}
		slices.Sort(flood)
		if flood = slices.Compact(flood); len(flood) > 0 {
			lines["flood "+p.network+" "+strings.Join(flood, " ")] = true
		}
	}
	out := s.foreign()
	for line := range lines {
		out = append(out, line)
	}
	return out
}

// nothingLeftToSay: a controller that has just started comes to the same result
// without writing anything, and no connection is in error.
func (w *world) nothingLeftToSay() {
	written := make([]int, len(w.tors))
	for i, s := range w.tors {
		written[i] = s.Transactions()
	}
	w.restart()
	w.site.InSync(w.ids...)
	<-time.After(caution + 3*time.Second) // a periodic pass and a half
	w.site.InSync(w.ids...)
	for i, s := range w.tors {
		require.Empty(w.t, s.Log()[written[i]:], "nothing is written to %s", s.name)
	}
	for _, c := range w.conns {
		w.site.Connection(rig.Patience, c, model.ConnectionActive)
	}
}

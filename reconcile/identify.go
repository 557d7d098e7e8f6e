package reconcile

import (
	"cmp"
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// match is a device that a caller may be, the higher the surer.
type match struct {
	worker     *worker // nil for a deleted device that has no turn
	device     *model.GatewayDevice
	registered bool // and not deleted
	rank       int
}

// Ranks of a match.
const (
	byName     = iota + 1 // a switch has the name of a device that is also dialled
	byListener            // a switch has the name of a device that dials in
	bySubject             // the certificate has the device's name
	byPin                 // the certificate is pinned for the device
)

// identify finds the worker of the device that a caller is, or why there is
// none.
func (l *Loop) identify(c *caller) (*worker, string) {
	switches := c.session.Facts().Switches
	names := switchNames(switches)
	m := l.bestMatch(c.peer, names)
	if m.device == nil {
		return nil, unknown(c, names)
	}
	if err := l.admits(m.device, c.peer); err != nil {
		return nil, fmt.Sprintf("device %s: %s", m.device.DisplayName(), err)
	}
	if err := l.foreign(m.device, switches); err != nil {
		return nil, err.Error()
	}
	if !m.registered {
		if m.worker = l.turns.call(m.device.ID); m.worker == nil {
			return nil, fmt.Sprintf("device %s has been deleted and waits for its turn to be cleaned", m.device.DisplayName())
		}
	}
	if err := l.claims.check(m.worker, names); err != nil {
		return nil, err.Error()
	}
	if reason := l.unproven(m.device, c.link, switches); reason != "" {
		return nil, reason
	}
	// F-29: a name alone does not take a switch away from the database that
	// announces it and is alive.
	if st := m.worker.state(); m.rank < bySubject && st.reachable() && !sameSwitches(st.facts, switches) {
		return nil, fmt.Sprintf("another database announces the switches of device %s", m.device.DisplayName())
	}
	return m.worker, ""
}

func unknown(c *caller, names []string) string {
	if len(names) == 0 {
		return "it announces no switch"
	}
	if subject := c.peer.Names(); len(subject) > 0 {
		return fmt.Sprintf("neither switch %s nor certificate %s is registered", model.NamesOf(names), model.NamesOf(subject[:1]))
	}
	return fmt.Sprintf("switch %s is not registered", model.NamesOf(names))
}

func switchNames(switches []model.SwitchInventory) []string {
	out := make([]string, len(switches))
	for i := range switches {
		out[i] = switches[i].Name
	}
	return out
}

// sameSwitches tells one database from another by what the network knows its
// switches by.
func sameSwitches(f *vtep.Facts, switches []model.SwitchInventory) bool {
	return f != nil && slices.EqualFunc(f.Switches, switches, func(a, b model.SwitchInventory) bool {
		return a.Name == b.Name && a.Fingerprint == b.Fingerprint && slices.Equal(a.TunnelIPs, b.TunnelIPs)
	})
}

// unproven says why the name of a switch that dialled in does not show that it is
// the device's; "" if it does, or something else does.
func (l *Loop) unproven(gd *model.GatewayDevice, k link, switches []model.SwitchInventory) string {
	if k.from == "" || l.rank(gd, k.peer, switchNames(switches)) >= bySubject {
		return ""
	}
	return l.unlike(gd, k.from, switches)
}

// bestMatch prefers devices that are registered to deleted ones, then the surer
// match, then the older device.
func (l *Loop) bestMatch(peer transport.Peer, names []string) match {
	var best match
	consider := func(m match) {
		m.rank = l.rank(m.device, peer, names)
		if m.rank > 0 && (best.device == nil || m.surer(best)) {
			best = m
		}
	}
	defs := l.store.Definitions()
	for id, w := range l.snapshot() {
		if _, registered := defs.Devices.Get(id); registered {
			consider(match{worker: w, device: w.device.Load(), registered: true})
		}
	}
	for r := range defs.Retired.All() {
		consider(match{device: &r.GatewayDevice})
	}
	return best
}

func (m match) surer(o match) bool {
	if m.registered != o.registered {
		return m.registered
	}
	return cmp.Or(cmp.Compare(m.rank, o.rank), cmp.Compare(o.device.Seq, m.device.Seq)) > 0
}

// rank is how surely a caller is a device, 0 for not at all.
func (l *Loop) rank(gd *model.GatewayDevice, peer transport.Peer, names []string) int {
	switch {
	case peer.TLS() && l.opts.TLS.Pinned(peer, gd.TLS):
		return byPin
	case gd.Name == "":
		return 0
	case slices.Contains(peer.Names(), gd.Name):
		return bySubject
	case !slices.Contains(names, gd.Name):
		return 0
	case listens(gd):
		return byListener
	}
	return byName
}

// admits checks that a caller shows what the device's registration asks for.
func (l *Loop) admits(gd *model.GatewayDevice, peer transport.Peer) error {
	if gd.TLS == "" && gd.ManagementProtocol != model.ProtocolOVSDBTLS {
		return nil
	}
	return l.opts.TLS.Trusts(peer, gd.TLS)
}

// stillIs reports whether what a link's switch announces has remained that of
// the device: one that dialled in and has been renamed may be another now.
func (l *Loop) stillIs(gd *model.GatewayDevice, k link, names []string) bool {
	return k.from == "" || len(names) == 0 || l.rank(gd, k.peer, names) > 0
}

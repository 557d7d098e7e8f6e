package reconcile

import (
	"fmt"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/vtep/transport"
)

// identifier finds out which device a switch is that dialled in. It only looks things up:
// the acceptor asks from goroutines of its own, and again when anything has changed.
type identifier struct {
	store   Store
	tls     *transport.TLS
	workers *workers
	leases  *connector.Leases
}

// identify finds the Seat of the device that a switch which dialled in is, or why there
// is none.
func (i *identifier) identify(c *connector.Inbound) (*connector.Seat, string) {
	switches := c.Session.Facts().Switches
	names := connector.SwitchNames(switches)
	identity := identityOf(i.store.Definitions(), i.tls)
	m := identity.Best(c.Peer, names, func(id string) bool { return i.workers.get(id) != nil })
	if m.Device == nil {
		return nil, unknown(c, names)
	}
	if err := identity.Admits(m.Device, c.Peer); err != nil {
		return nil, fmt.Sprintf("device %s: %s", m.Device.DisplayName(), err)
	}
	if err := identity.Foreign(m.Device, switches); err != nil {
		return nil, err.Error()
	}
	w := i.workerOf(m)
	if w == nil {
		return nil, fmt.Sprintf("device %s has been deleted and waits for its turn to be cleaned", m.Device.DisplayName())
	}
	if err := i.leases.Check(w.seat, names); err != nil {
		return nil, err.Error()
	}
	if reason := identity.Unproven(m.Device, c.Link, switches); reason != "" {
		return nil, reason
	}
	// F-29: a name alone does not take a switch away from the database that
	// announces it and is alive.
	if st := w.state(); m.Rank < connector.BySubject && st.reachable() && !connector.SameSwitches(st.facts, switches) {
		return nil, fmt.Sprintf("another database announces the switches of device %s", m.Device.DisplayName())
	}
	return w.seat, ""
}

// seenAt is the number of registered devices whose switch last dialled in from an address.
func (i *identifier) seenAt(address string) (n int) {
	defs := i.store.Definitions()
	for inv := range defs.Inventories.All() {
		if _, registered := defs.Devices.Get(inv.ID); registered && inv.Peer == address {
			n++
		}
	}
	return n
}

// workerOf is the worker of a match, nil for a deleted device that has no turn.
func (i *identifier) workerOf(m connector.Match) *worker {
	if m.Registered {
		return i.workers.get(m.Device.ID)
	}
	return i.workers.turns.call(m.Device.ID)
}

func unknown(c *connector.Inbound, names []string) string {
	if len(names) == 0 {
		return "it announces no switch"
	}
	if subject := c.Peer.Names(); len(subject) > 0 {
		return fmt.Sprintf("neither switch %s nor certificate %s is registered", model.NamesOf(names), model.NamesOf(subject[:1]))
	}
	return fmt.Sprintf("switch %s is not registered", model.NamesOf(names))
}

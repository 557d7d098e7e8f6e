package vtep

import (
	"cmp"
	"encoding/binary"
	"iter"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// maxLocalChanges bounds the changes that are kept between two calls of Locals. With
// more of them, Locals returns all rows.
const maxLocalChanges = 1 << 16

// localChanges are keys of Ucast_Macs_Local rows that came, went or changed.
type localChanges struct {
	all  bool
	keys map[macKey]struct{}
}

func (c *localChanges) add(k macKey) {
	switch {
	case c.all:
	case len(c.keys) >= maxLocalChanges:
		c.all, c.keys = true, nil
	default:
		if c.keys == nil {
			c.keys = map[macKey]struct{}{}
		}
		c.keys[k] = struct{}{}
	}
}

func (s *State) updateLocal(u ovsdb.RowUpdate) error {
	before, had := s.ucastLocal.get(u.UUID)
	if err := s.ucastLocal.update(u); err != nil {
		return err
	}
	if had {
		s.learned.add(macKey{ls: before.ls, mac: before.mac})
	}
	if after, ok := s.ucastLocal.get(u.UUID); ok {
		s.learned.add(macKey{ls: after.ls, mac: after.mac})
	}
	return nil
}

// LocalMAC is a MAC that the switch itself has learned on a port.
type LocalMAC struct {
	LogicalSwitch string
	MAC           model.MAC
	// Endpoint is the switch's tunnel address; none when the row has gone or is
	// not believed.
	Endpoint model.VTEPAddress
	// Learning distinguishes one learning of a MAC from a later one.
	Learning uint64
}

// Locals is what a database reports of the MACs behind its own switches.
type Locals struct {
	// Full: MACs are all that stand, else those that changed.
	Full bool
	MACs []LocalMAC
	// Flood are the end points that the switch wants flooded frames sent to
	// (Mcast_Macs_Local), by logical switch.
	Flood map[string][]model.VTEPAddress
	// Quarantined counts rows that are not believed: a group address, or a
	// locator that is none of the database's own.
	Quarantined int
}

// Remember names addresses that were the switches' own and are not shown any more,
// for a while as the caller believes: what was learned there stands.
func (s *Session) Remember(addresses []model.VTEPAddress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.state.remembered, addresses) {
		s.state.remembered = slices.Clone(addresses)
		s.state.learned.all = true
	}
}

// learningAddresses are the own addresses at which MACs may have been learned.
func (s *State) learningAddresses() map[model.VTEPAddress]bool {
	own := s.ownAddresses()
	for _, ip := range s.remembered {
		own[ip] = true
	}
	return own
}

// Locals returns what was learned since the last call, for the logical switches that
// wanted accepts. It returns everything if full is set or much has changed.
func (s *Session) Locals(full bool, wanted func(logicalSwitch string) bool) Locals {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state
	changes := st.learned
	st.learned = localChanges{}
	out := Locals{Full: full || changes.all, Flood: st.localFlood(wanted)}
	keys := maps.Keys(changes.keys)
	if out.Full {
		out.MACs = make([]LocalMAC, 0, len(st.ucastLocal.rows))
		out.Quarantined += st.ucastLocal.badRows()
		keys = st.ucastLocal.keys()
	}
	out.add(st, keys, wanted)
	slices.SortFunc(out.MACs, func(a, b LocalMAC) int {
		return cmp.Or(strings.Compare(a.LogicalSwitch, b.LogicalSwitch), a.MAC.Compare(b.MAC))
	})
	return out
}

// keys are those of all rows, but for duplicates and rows whose MAC is none, by
// logical switch.
func (t *macTable) keys() iter.Seq[macKey] {
	return func(yield func(macKey) bool) {
		for ls, macs := range t.byLS {
			for mac := range macs {
				if !yield(macKey{ls: ls, mac: mac}) {
					return
				}
			}
		}
	}
}

// add appends the MACs of keys. If there are many, they must come one logical switch
// after the other.
func (l *Locals) add(st *State, keys iter.Seq[macKey], wanted func(string) bool) {
	own := st.learningAddresses()
	var last ovsdb.UUID
	var of *hwvtep.LogicalSwitch // last, nil if it is not wanted
	for k := range keys {
		if k.ls != last {
			last, of = k.ls, st.logical[k.ls]
			if of != nil && !wanted(of.Name) {
				of = nil
			}
		}
		if of != nil {
			l.addMAC(st, own, k, of.Name)
		}
	}
}

func (l *Locals) addMAC(st *State, own map[model.VTEPAddress]bool, k macKey, ls string) {
	m := LocalMAC{LogicalSwitch: ls, MAC: k.mac}
	row, stands := st.ucastLocal.byLS[k.ls][k.mac]
	if stands {
		m.Endpoint = st.locators[row.locator].Addr
		m.Learning = binary.BigEndian.Uint64(row.uuid[:])
	}
	if stands && (!k.mac.IsUnicast() || !own[m.Endpoint]) {
		l.Quarantined++
		m.Endpoint, m.Learning = model.VTEPAddress{}, 0 // as good as gone
	}
	l.MACs = append(l.MACs, m)
}

// localFlood lists the own addresses in the unknown-dst rows of the switch.
func (s *State) localFlood(wanted func(string) bool) map[string][]model.VTEPAddress {
	own := s.learningAddresses()
	out := map[string][]model.VTEPAddress{}
	for _, row := range s.mcastLocal {
		id, err := ovsdb.ParseUUID(row.LogicalSwitch)
		ls := s.logical[id]
		if err != nil || ls == nil || row.MAC != UnknownDst || !wanted(ls.Name) {
			continue
		}
		members, _ := s.members(row.LocatorSet)
		for _, l := range members {
			if own[l.Addr] {
				out[ls.Name] = append(out[ls.Name], l.Addr)
			}
		}
	}
	for name, list := range out {
		slices.SortFunc(list, model.VTEPAddress.Compare)
		out[name] = slices.Compact(list)
	}
	return out
}

// badRows counts the rows whose MAC is no address.
func (t *macTable) badRows() (n int) {
	for _, e := range t.extra {
		if e.bad {
			n++
		}
	}
	return n
}

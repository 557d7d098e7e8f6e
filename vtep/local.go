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

// localMACs is what the switches of a database have learned themselves: the *_Local
// tables. Each change is noted in changed, so that Locals gives it once.
type localMACs struct {
	macs   macTable
	floods table[hwvtep.McastMacsLocal]
	// changed records what changed in macs since take.
	changed localChanges
	// remembered are own addresses that are not shown now (Session.Remember).
	remembered []model.VTEPAddress

	physical *physicalTables
	logical  *logicalTable
	locators *locatorTable
}

// update takes over a change of Ucast_Macs_Local and notes that its MAC changed.
func (l *localMACs) update(u ovsdb.RowUpdate) error {
	before, had := l.macs.get(u.UUID)
	if err := l.macs.update(u); err != nil {
		return err
	}
	if had {
		l.changed.add(macKey{ls: before.ls, mac: before.mac})
	}
	if after, ok := l.macs.get(u.UUID); ok {
		l.changed.add(macKey{ls: after.ls, mac: after.mac})
	}
	return nil
}

// holds reports whether a switch has a row of the logical switch.
func (l *localMACs) holds(ls ovsdb.UUID) bool {
	if l.macs.uses(ls) {
		return true
	}
	ref := ls.String()
	for _, m := range l.floods {
		if m.LogicalSwitch == ref {
			return true
		}
	}
	return false
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

// addresses are the own addresses at which MACs may have been learned.
func (l *localMACs) addresses() map[model.VTEPAddress]bool {
	own := l.physical.ownAddresses()
	for _, ip := range l.remembered {
		own[ip] = true
	}
	return own
}

// remember has addresses count as own ones.
func (l *localMACs) remember(addresses []model.VTEPAddress) {
	if !slices.Equal(l.remembered, addresses) {
		l.remembered = slices.Clone(addresses)
		l.changed.all = true
	}
}

// take returns what was learned since the last call, see Session.Locals.
func (l *localMACs) take(full bool, wanted func(logicalSwitch string) bool) Locals {
	changes := l.changed
	l.changed = localChanges{}
	own := l.addresses()
	out := Locals{Full: full || changes.all, Flood: l.floodLists(own, wanted)}
	keys := maps.Keys(changes.keys)
	if out.Full {
		out.MACs = make([]LocalMAC, 0, len(l.macs.rows))
		out.Quarantined += l.macs.badRows()
		keys = l.macs.keys()
	}
	l.collect(&out, own, keys, wanted)
	slices.SortFunc(out.MACs, func(a, b LocalMAC) int {
		return cmp.Or(strings.Compare(a.LogicalSwitch, b.LogicalSwitch), a.MAC.Compare(b.MAC))
	})
	return out
}

// collect appends the MACs of keys. If there are many, they must come one logical switch
// after the other.
func (l *localMACs) collect(out *Locals, own map[model.VTEPAddress]bool, keys iter.Seq[macKey], wanted func(string) bool) {
	var last ovsdb.UUID
	var of *hwvtep.LogicalSwitch // last, nil if it is not wanted
	for k := range keys {
		if k.ls != last {
			last, of = k.ls, l.logical.rows[k.ls]
			if of != nil && !wanted(of.Name) {
				of = nil
			}
		}
		if of != nil {
			out.add(l.report(own, k, of.Name))
		}
	}
}

// report is what the table holds of a MAC. It is quarantined if it is a group address or
// is not at one of the own addresses.
func (l *localMACs) report(own map[model.VTEPAddress]bool, k macKey, ls string) (m LocalMAC, quarantined bool) {
	m = LocalMAC{LogicalSwitch: ls, MAC: k.mac}
	row, stands := l.macs.byLS[k.ls][k.mac]
	if !stands {
		return m, false
	}
	at := l.locators.usable[row.locator].Addr
	if !k.mac.IsUnicast() || !own[at] {
		return m, true // as good as gone
	}
	m.Endpoint = at
	m.Learning = binary.BigEndian.Uint64(row.uuid[:])
	return m, false
}

func (l *Locals) add(m LocalMAC, quarantined bool) {
	l.MACs = append(l.MACs, m)
	if quarantined {
		l.Quarantined++
	}
}

// floodLists are the own addresses in the unknown-dst rows of the switch.
func (l *localMACs) floodLists(own map[model.VTEPAddress]bool, wanted func(string) bool) map[string][]model.VTEPAddress {
	out := map[string][]model.VTEPAddress{}
	for _, row := range l.floods {
		ls := l.logical.at(row.LogicalSwitch)
		if ls == nil || row.MAC != UnknownDst || !wanted(ls.Name) {
			continue
		}
		members, _ := l.locators.members(row.LocatorSet)
		for _, m := range members {
			if own[m.Addr] {
				out[ls.Name] = append(out[ls.Name], m.Addr)
			}
		}
	}
	for name, list := range out {
		slices.SortFunc(list, model.VTEPAddress.Compare)
		out[name] = slices.Compact(list)
	}
	return out
}

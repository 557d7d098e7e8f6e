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

// localChanges are what changed of the *_Local tables.
type localChanges struct {
	all bool
	// keys are those of Ucast_Macs_Local rows that came, went or changed.
	keys map[macKey]struct{}
	// floods are the logical switches with such rows of Mcast_Macs_Local.
	floods map[ovsdb.UUID]struct{}
	// names are the logical switches that went, or came by another name.
	names map[string]struct{}
}

// add adds to one of the three.
func add[K comparable](c *localChanges, into *map[K]struct{}, k K) {
	switch {
	case c.all:
	case len(c.keys)+len(c.floods)+len(c.names) >= maxLocalChanges:
		*c = localChanges{all: true}
	default:
		if *into == nil {
			*into = map[K]struct{}{}
		}
		(*into)[k] = struct{}{}
	}
}

func (c *localChanges) add(k macKey) { add(c, &c.keys, k) }

func (c *localChanges) addNames(names []string) {
	for _, name := range names {
		add(c, &c.names, name)
	}
}

func (c *localChanges) addFlood(ref string) {
	if ls, err := ovsdb.ParseUUID(ref); err == nil {
		add(c, &c.floods, ls)
	}
}

// localMACs is what the switches of a database have learned themselves: the *_Local
// tables. Each change is noted in changed, so that Locals gives it once.
type localMACs struct {
	macs   macTable
	floods table[hwvtep.McastMacsLocal]
	// floodsOf always says the same as floods: only updateFlood writes them.
	floodsOf refIndex
	// changed records what changed since take.
	changed localChanges
	// hosts finds rows by their ipaddr.
	hosts hostIndex
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
	after, ok := l.macs.get(u.UUID)
	if before.ip != after.ip {
		l.hosts.remove(u.UUID, before.ip)
		l.hosts.add(u.UUID, after.ip)
		if before.ip = after.ip; had && ok && before == after {
			return nil // where the MAC is has not changed
		}
	}
	if had {
		l.changed.add(macKey{ls: before.ls, mac: before.mac})
	}
	if ok {
		l.changed.add(macKey{ls: after.ls, mac: after.mac})
	}
	return nil
}

// updateFlood takes over a change of Mcast_Macs_Local.
func (l *localMACs) updateFlood(u ovsdb.RowUpdate, sum *int) error {
	before, err := l.floods.apply(u, sum)
	if err != nil {
		return err
	}
	if before != nil {
		l.floodsOf.remove(u.UUID, before.LogicalSwitch)
		l.changed.addFlood(before.LogicalSwitch)
	}
	if after := l.floods[u.UUID]; after != nil {
		l.floodsOf.add(u.UUID, after.LogicalSwitch)
		l.changed.addFlood(after.LogicalSwitch)
	}
	return nil
}

// holds reports whether a switch has a row of the logical switch.
func (l *localMACs) holds(ls ovsdb.UUID) bool { return l.macs.uses(ls) || len(l.floodsOf[ls]) > 0 }

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

// Anew says of which logical switches Locals returns all that stands, whether or not it has
// changed: of all, or of those of some names.
type Anew struct {
	All   bool
	Names []string
}

// Locals is what a database reports of the MACs behind its own switches.
type Locals struct {
	// Full: MACs and Flood are all that stands, else what changed.
	Full bool
	// Whole are the logical switches of which, if not Full, they are all that stands all the
	// same; of one that is not wanted, or has gone, there is nothing.
	Whole map[string]bool
	MACs  []LocalMAC
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
func (l *localMACs) take(anew Anew, wanted func(logicalSwitch string) bool) Locals {
	changes := l.changed
	l.changed = localChanges{}
	own := l.addresses()
	out := Locals{Full: anew.All || changes.all, Flood: map[string][]model.VTEPAddress{}}
	if out.Full {
		out.MACs = make([]LocalMAC, 0, len(l.macs.rows))
		out.Quarantined += l.macs.badRows()
		l.collect(&out, own, l.macs.keys(), wanted)
		l.collectFloods(&out, own, maps.Keys(l.floodsOf), wanted)
	} else {
		whole := l.whole(&out, slices.Values(anew.Names), maps.Keys(changes.names))
		l.collect(&out, own, l.macs.keysOf(whole), wanted)
		l.collectFloods(&out, own, maps.Keys(whole), wanted)
		maps.DeleteFunc(changes.keys, func(k macKey, _ struct{}) bool { return whole[k.ls] })
		l.collect(&out, own, maps.Keys(changes.keys), wanted)
		l.collectFloods(&out, own, maps.Keys(changes.floods), wanted)
	}
	slices.SortFunc(out.MACs, func(a, b LocalMAC) int {
		return cmp.Or(strings.Compare(a.LogicalSwitch, b.LogicalSwitch), a.MAC.Compare(b.MAC))
	})
	return out
}

// whole notes of which logical switches all is reported, and returns those that stand.
func (l *localMACs) whole(out *Locals, names ...iter.Seq[string]) map[ovsdb.UUID]bool {
	standing := map[ovsdb.UUID]bool{}
	for _, seq := range names {
		for name := range seq {
			if out.Whole == nil {
				out.Whole = map[string]bool{}
			}
			out.Whole[name], out.Flood[name] = true, nil
			if id, stands := l.logical.byName[name]; stands {
				standing[id] = true
			}
		}
	}
	return standing
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

// collectFloods adds the own addresses in the unknown-dst rows of logical switches.
func (l *localMACs) collectFloods(out *Locals, own map[model.VTEPAddress]bool, of iter.Seq[ovsdb.UUID], wanted func(string) bool) {
	for id := range of {
		ls := l.logical.rows[id]
		if ls == nil || !wanted(ls.Name) {
			continue
		}
		var list []model.VTEPAddress
		for _, row := range l.floodsOf[id] {
			if l.floods[row].MAC != UnknownDst {
				continue
			}
			members, _ := l.locators.members(l.floods[row].LocatorSet)
			for _, m := range members {
				if own[m.Addr] {
					list = append(list, m.Addr)
				}
			}
		}
		slices.SortFunc(list, model.VTEPAddress.Compare)
		out.Flood[ls.Name] = slices.Compact(list)
	}
}

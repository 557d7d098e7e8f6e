package vtep

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// Diff compares what a database should hold with what it holds. It is pure; the
// same input gives the same Plan.
func Diff(want *Want, have *State) *Plan { return diff(want, have, nil) }

// diff compares what an increment says may differ, nil for everything.
func diff(want *Want, have *State, where *increment) *Plan {
	d := &differ{
		want: want, have: have, where: where, own: have.physical.ownAddresses(),
		realised: map[string]bool{}, held: map[string]bool{}, gone: map[string]bool{}, removed: map[ovsdb.UUID]bool{},
	}
	for _, name := range d.names() {
		d.removal(name)
	}
	for seg, part := range d.segments() {
		d.segment(seg, part)
	}
	if where == nil || !where.sameTunnels(want) {
		d.tunnels()
	}
	for _, s := range d.slots() {
		d.slot(s)
	}
	return &Plan{Ops: slices.Concat(d.unbinds, d.deletes, d.switches, d.adds, d.binds), Problems: d.problems}
}

type differ struct {
	want  *Want
	have  *State
	where *increment
	own   map[model.VTEPAddress]bool
	// realised are the wanted logical switches that were compared, and whether they can stand
	// (stands).
	realised map[string]bool
	// held are the wanted, managed logical switches that stand and can not be synced
	// now. Nothing is written for them, but unwanted bindings to them are removed.
	held map[string]bool
	// removed are the managed logical switches that are not wanted, gone those whose rows go now.
	removed map[ovsdb.UUID]bool
	gone    map[string]bool

	// lastLocator was looked up last, and lastRow found.
	lastLocator Locator
	lastRow     ovsdb.UUID

	unbinds, deletes, switches, adds, binds []Op
	problems                                []Problem
}

// names are the logical switches that may have to go, in order.
func (d *differ) names() []string {
	if d.where != nil {
		return d.where.names
	}
	return slices.Sorted(maps.Keys(d.have.logical.byName))
}

// everything is compared in a Whole plan.
var everything = &dirtyPart{all: true}

// segments yields the segments to be compared, and how much of them.
func (d *differ) segments() iter.Seq2[*Segment, *dirtyPart] {
	return func(yield func(*Segment, *dirtyPart) bool) {
		if d.where == nil {
			for seg := range d.want.Segments.All() {
				if !yield(seg, everything) {
					return
				}
			}
			return
		}
		for _, name := range d.where.names {
			if seg := d.want.Segment(name); seg != nil && !yield(seg, d.where.parts[name]) {
				return
			}
		}
	}
}

// slots are those to be compared, in order.
func (d *differ) slots() []Slot {
	if d.where != nil {
		return d.where.slots(d)
	}
	slots := slices.Collect(d.have.physical.bindings())
	for b := range d.want.Bindings.All() {
		slots = append(slots, b.Slot())
	}
	slices.SortFunc(slots, Slot.Compare)
	return slices.Compact(slots)
}

// stands reports whether a wanted logical switch can stand. One that is not compared did
// before, and nothing has changed.
func (d *differ) stands(name string) bool {
	realised, compared := d.realised[name]
	return realised || !compared && d.where != nil && d.want.Segment(name) != nil
}

// problem notes what can not be realised. Names may be the switch's: they are shown.
func (d *differ) problem(r Reason, ls string, b *Binding, format string, args ...any) {
	for i, arg := range args {
		if name, is := arg.(string); is {
			args[i] = model.Shown(name)
		}
	}
	d.problems = append(d.problems, Problem{Reason: r, LogicalSwitch: ls, Binding: b, Message: fmt.Sprintf(format, args...)})
}

// removal takes a logical switch down that is ours and not wanted.
func (d *differ) removal(name string) {
	id, stands := d.have.logical.byName[name]
	if row := d.have.logical.rows[id]; stands && d.want.Segment(name) == nil && d.want.removable(d.have.caps, row) {
		d.removed[id] = true
		d.gone[name] = d.remove(id, row)
	}
}

// remove takes down one logical switch. Its bindings are unbound by slot().
// The row itself can only go when the switch has withdrawn what it learned:
// those rows are the switch's.
func (d *differ) remove(id ovsdb.UUID, row *hwvtep.LogicalSwitch) bool {
	if d.have.remote.macs.uses(id) || len(d.have.floods.byLS[id]) > 0 {
		d.deletes = append(d.deletes, Op{Kind: ClearMACs, LogicalSwitch: row.Name, row: id})
	}
	if d.have.local.holds(id) {
		d.problem(AwaitingSwitch, row.Name, nil, "the switch still holds local MACs of %s", row.Name)
		return false
	}
	d.deletes = append(d.deletes, Op{Kind: DeleteLogicalSwitch, LogicalSwitch: row.Name, row: id})
	return true
}

// segment syncs one logical switch with its MACs and flood list.
func (d *differ) segment(seg *Segment, dirty *dirtyPart) {
	d.realised[seg.Name] = false
	id, found := d.have.logical.byName[seg.Name]
	row := d.have.logical.rows[id]
	if found && !d.want.adoptable(d.have.caps, row, seg) {
		d.problem(NameTaken, seg.Name, nil, "logical switch %s stands with VNI %d and is unmanaged", seg.Name, *row.TunnelKey)
		return
	}
	if other := d.vniTaken(seg); other != "" {
		d.problem(VNITaken, seg.Name, nil, "VNI %s is used by logical switch %s", seg.TunnelKey, other)
		d.held[seg.Name] = d.managed(row)
		d.release(seg, id, row)
		return
	}
	if err := d.expressible(seg); err != "" {
		d.problem(Unsupported, seg.Name, nil, "%s", err)
		d.held[seg.Name] = d.managed(row)
		return
	}
	d.realised[seg.Name] = true
	d.logicalSwitch(seg, id, row)
	if dirty.all {
		d.macs(seg, id)
	} else {
		d.someMACs(seg, id, dirty.macs)
	}
	d.extraMACs(seg.Name, id)
	d.flood(seg, id)
}

// vniTaken names the first logical switch that has the VNI of another one and stays, "" for none.
func (d *differ) vniTaken(seg *Segment) (first string) {
	for _, name := range d.have.logical.byKey[int(seg.TunnelKey)] {
		if name != seg.Name && !d.gone[name] && (first == "" || name < first) {
			first = name
		}
	}
	return first
}

// managed reports whether a logical switch of a wanted name, nil for none, has been
// taken over.
func (d *differ) managed(row *hwvtep.LogicalSwitch) bool {
	if row == nil {
		return false
	}
	if mark, marked := markOf(d.have.caps, row); marked {
		return mark == d.want.Mark
	}
	return d.want.ownership(row.Name, row.TunnelKey) == Held
}

// release takes a VNI off a logical switch that must not have it and can not get
// its own yet: it leads into another network, and may be what that one waits
// for.
func (d *differ) release(seg *Segment, id ovsdb.UUID, row *hwvtep.LogicalSwitch) {
	if row == nil || row.TunnelKey == nil || *row.TunnelKey == int(seg.TunnelKey) {
		return
	}
	none := model.VNI(0)
	d.switches = append(d.switches, Op{Kind: SetLogicalSwitch, LogicalSwitch: seg.Name,
		Detail: &Detail{Switch: &LogicalSwitchRow{TunnelKey: &none}}, row: id})
}

// expressible refuses keyed locators where the schema has none.
func (d *differ) expressible(seg *Segment) string {
	if d.have.caps.LocatorKey {
		return ""
	}
	keyed := func(at DatabaseID, l Locator) bool { return l.Key != 0 && !d.excluded(at, l) }
	if slices.ContainsFunc(seg.Flood, func(e Endpoint) bool { return keyed(e.Location, e.Locator) }) ||
		slices.ContainsFunc(seg.MACs, func(e MACEntry) bool { return keyed(e.Location, e.Locator) }) {
		return fmt.Sprintf("schema %s has no tunnel key on locators, which %s needs", d.have.caps.Version, seg.Name)
	}
	return ""
}

// logicalSwitch adds the row or sets the columns that differ.
func (d *differ) logicalSwitch(seg *Segment, id ovsdb.UUID, row *hwvtep.LogicalSwitch) {
	caps := d.have.caps
	found := row != nil
	if !found {
		row = &hwvtep.LogicalSwitch{}
	}
	var set LogicalSwitchRow
	if row.TunnelKey == nil || *row.TunnelKey != int(seg.TunnelKey) {
		set.TunnelKey = &seg.TunnelKey
	}
	if row.Description != seg.Description {
		set.Description = &seg.Description
	}
	set.ReplicationMode = d.replicationMode(row)
	if caps.OtherConfig && row.OtherConfig[MarkKey] != d.want.Mark {
		set.Mark = &d.want.Mark
	}
	op := Op{Kind: SetLogicalSwitch, LogicalSwitch: seg.Name, Detail: &Detail{Switch: &set}, row: id}
	if !found {
		op.Kind = AddLogicalSwitch
	}
	if !found || set != (LogicalSwitchRow{}) {
		d.switches = append(d.switches, op)
	}
}

// replicationMode returns the mode to write, nil to leave it as it is. It must not ask
// a switch to replicate that can not. Unset and service_node mean the same (vtep(5)).
func (d *differ) replicationMode(row *hwvtep.LogicalSwitch) *string {
	sourceNode := hwvtep.LogicalSwitchReplicationModeSourceNode
	have := ""
	if row.ReplicationMode != nil {
		have = *row.ReplicationMode
	}
	switch {
	case !d.have.caps.ReplicationMode || (have == sourceNode) == d.want.SourceNode:
		return nil
	case d.want.SourceNode:
		return &sourceNode
	}
	unset := ""
	return &unset
}

// macs compares the remote MACs of one logical switch.
func (d *differ) macs(seg *Segment, ls ovsdb.UUID) {
	have := d.have.remote.macs.byLS[ls]
	if room := len(seg.MACs) - len(have); room > cap(d.adds)-len(d.adds) {
		d.adds = slices.Grow(d.adds, max(room, len(d.adds)))
	}
	matched, missing := 0, 0
	for i := range seg.MACs {
		w := &seg.MACs[i]
		if d.excluded(w.Location, w.Locator) {
			continue
		}
		row, ok := have[w.MAC]
		switch {
		case ok:
			matched++
			d.move(seg, w, row)
		case d.want.MACsFull:
			missing++
		default:
			d.adds = append(d.adds, d.addMAC(seg, w, ls))
		}
	}
	if matched < len(have) {
		d.deleteMACs(seg, have, d.staleMACs(seg, have))
	}
	d.missing(seg, missing)
}

// missing notes how many MACs the switch has no room for.
func (d *differ) missing(seg *Segment, n int) {
	if n > 0 {
		d.problem(TableFull, seg.Name, nil, "the switch's MAC table is full; %d MACs of %s are flooded instead", n, seg.Name)
	}
}

// someMACs is macs for those that may differ: the switch has, or has room for, all others.
func (d *differ) someMACs(seg *Segment, ls ovsdb.UUID, macs []model.MAC) {
	have := d.have.remote.macs.byLS[ls]
	var stale []model.MAC
	missing := 0
	for _, mac := range macs {
		w := seg.entry(mac)
		row, stands := have[mac]
		switch {
		case w != nil && !d.excluded(w.Location, w.Locator) && stands:
			d.move(seg, w, row)
		case w != nil && !d.excluded(w.Location, w.Locator) && d.want.MACsFull:
			missing++
		case w != nil && !d.excluded(w.Location, w.Locator):
			d.adds = append(d.adds, d.addMAC(seg, w, ls))
		case stands && (w != nil || !d.kept(seg, row)):
			stale = append(stale, mac)
		}
	}
	d.deleteMACs(seg, have, stale)
	d.missing(seg, missing)
}

// move points a row at the locator that it should have, and gives it its IP address.
func (d *differ) move(seg *Segment, w *MACEntry, row macRow) {
	if w.Locator != d.lastLocator {
		d.lastLocator, d.lastRow = w.Locator, d.have.locators.byValue[w.Locator]
	}
	ip := seg.ipOf(w.MAC)
	if row.locator != d.lastRow || d.lastRow == (ovsdb.UUID{}) || row.ip != ip {
		d.adds = append(d.adds, Op{Kind: MoveMAC, LogicalSwitch: seg.Name, MAC: w.MAC, Locator: w.Locator, IP: ip, setIP: row.ip != ip, row: row.uuid})
	}
}

// addMAC makes a row, with the IP address of a host that a source answers for.
func (d *differ) addMAC(seg *Segment, w *MACEntry, ls ovsdb.UUID) Op {
	return Op{Kind: AddMAC, LogicalSwitch: seg.Name, MAC: w.MAC, Locator: w.Locator, IP: seg.ipOf(w.MAC), ls: ls}
}

// excluded reports whether an entry is for the other databases only: its location
// is this one, or one that shares a tunnel address with it.
func (d *differ) excluded(at DatabaseID, l Locator) bool {
	return at != 0 && at == d.want.Self || d.own[l.Addr]
}

// staleMACs are those that have a row and are not wanted here.
func (d *differ) staleMACs(seg *Segment, have map[model.MAC]macRow) (stale []model.MAC) {
	for mac, row := range have {
		w := seg.entry(mac)
		if w == nil && !d.kept(seg, row) || w != nil && d.excluded(w.Location, w.Locator) {
			stale = append(stale, mac)
		}
	}
	slices.SortFunc(stale, model.MAC.Compare)
	return stale
}

// kept reports whether an unwanted MAC stays.
func (d *differ) kept(seg *Segment, row macRow) bool {
	return (len(seg.Unreported) > 0 || seg.Located != nil) && seg.keeps(d.have.locators.usable[row.locator].Addr)
}

func (d *differ) deleteMACs(seg *Segment, have map[model.MAC]macRow, macs []model.MAC) {
	for _, mac := range macs {
		d.adds = append(d.adds, Op{Kind: DeleteMAC, LogicalSwitch: seg.Name, MAC: mac, row: have[mac].uuid})
	}
}

// extraMACs deletes duplicates and rows whose MAC is none.
func (d *differ) extraMACs(name string, ls ovsdb.UUID) {
	macs := &d.have.remote.macs
	for _, id := range sortedUUIDs(macs.extraOf[ls]) {
		d.adds = append(d.adds, Op{Kind: DeleteMAC, LogicalSwitch: name, MAC: macs.extra[id].mac, row: id})
	}
}

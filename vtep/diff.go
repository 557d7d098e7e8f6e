package vtep

import (
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// Diff compares what a database should hold with what it holds. It is pure; the
// same input gives the same Plan.
func Diff(want *Want, have *State) *Plan { return diff(want, have, nil) }

// diff compares what an increment says may differ.
func diff(want *Want, have *State, inc *increment) *Plan {
	d := newDiffer(want, have)
	d.removals()
	for _, seg := range want.Segments {
		dirty := inc.segment(seg, have)
		if dirty.nothing {
			d.realised[seg.Name] = true
			continue
		}
		d.segment(seg, dirty)
	}
	if !inc.ports() || len(d.removed) > 0 {
		d.tunnels()
		d.bindings()
	}
	return &Plan{Ops: slices.Concat(d.unbinds, d.deletes, d.switches, d.adds, d.binds), Problems: d.problems}
}

type differ struct {
	want *Want
	have *State
	own  map[model.VTEPAddress]bool
	// mcast lists the Mcast_Macs_Remote rows of a logical switch by UUID; nil where
	// few logical switches are looked at.
	mcast  map[ovsdb.UUID][]ovsdb.UUID
	looked int
	// extra lists the extra remote MAC rows of a logical switch by UUID; nil before
	// it is needed.
	extra map[ovsdb.UUID][]ovsdb.UUID
	// realised are the wanted logical switches that can stand: 0 in state, or
	// the row that was found.
	realised map[string]bool
	// held are the wanted, managed logical switches that stand and can not be synced
	// now. Nothing is written for them, but unwanted bindings to them are removed.
	held map[string]bool
	// byKey lists the logical switches that keep a VNI, by name.
	byKey map[int][]string
	// removed are the managed logical switches that are not wanted.
	removed map[ovsdb.UUID]bool

	// lastLocator was looked up last, and lastRow found.
	lastLocator Locator
	lastRow     ovsdb.UUID

	unbinds, deletes, switches, adds, binds []Op
	problems                                []Problem
}

func newDiffer(want *Want, have *State) *differ {
	d := &differ{
		want: want, have: have, own: have.physical.ownAddresses(),
		realised: map[string]bool{},
		held:     map[string]bool{},
		byKey:    map[int][]string{},
		removed:  map[ovsdb.UUID]bool{},
	}
	return d
}

func (d *differ) indexFloods() {
	d.mcast = map[ovsdb.UUID][]ovsdb.UUID{}
	for _, id := range sortedUUIDs(d.have.floods) {
		if ls, err := ovsdb.ParseUUID(d.have.floods[id].LogicalSwitch); err == nil {
			d.mcast[ls] = append(d.mcast[ls], id)
		}
	}
}

// fewFloods is how many logical switches are looked at without an index.
const fewFloods = 8

// floodsOf are the Mcast_Macs_Remote rows of a logical switch, by UUID.
func (d *differ) floodsOf(ls ovsdb.UUID) (out []ovsdb.UUID) {
	if d.looked++; d.looked > fewFloods && d.mcast == nil {
		d.indexFloods()
	}
	if d.mcast != nil {
		return d.mcast[ls]
	}
	ref := ls.String()
	for id, row := range d.have.floods {
		if row.LogicalSwitch == ref {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, compareUUID)
	return out
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

// removals finds the logical switches that go and records the VNIs that stay
// taken.
func (d *differ) removals() {
	names := make([]string, 0, len(d.have.logical.byName))
	for name := range d.have.logical.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		id := d.have.logical.byName[name]
		row := d.have.logical.rows[id]
		gone := false
		if d.want.Segment(name) == nil && d.want.removable(d.have.caps, row) {
			d.removed[id] = true
			gone = d.remove(id, row)
		}
		if !gone && row.TunnelKey != nil {
			d.byKey[*row.TunnelKey] = append(d.byKey[*row.TunnelKey], name)
		}
	}
}

// remove takes down one logical switch. Its bindings are unbound by bindings().
// The row itself can only go when the switch has withdrawn what it learned:
// those rows are the switch's.
func (d *differ) remove(id ovsdb.UUID, row *hwvtep.LogicalSwitch) bool {
	if d.have.remote.macs.uses(id) || len(d.floodsOf(id)) > 0 {
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
func (d *differ) segment(seg *Segment, dirty dirtyPart) {
	id, found := d.have.logical.byName[seg.Name]
	row := d.have.logical.rows[id]
	if found && !d.want.adoptable(d.have.caps, row, seg) {
		d.problem(NameTaken, seg.Name, nil, "logical switch %s stands with VNI %d and is unmanaged", seg.Name, *row.TunnelKey)
		return
	}
	others := d.byKey[int(seg.TunnelKey)]
	if i := slices.IndexFunc(others, func(name string) bool { return name != seg.Name }); i >= 0 {
		d.problem(VNITaken, seg.Name, nil, "VNI %s is used by logical switch %s", seg.TunnelKey, others[i])
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

// managed reports whether a logical switch of a wanted name, nil for none, has been
// taken over.
func (d *differ) managed(row *hwvtep.LogicalSwitch) bool {
	return row != nil && (!d.have.caps.OtherConfig || row.OtherConfig[MarkKey] == d.want.Mark)
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
	if missing > 0 {
		d.problem(TableFull, seg.Name, nil, "the switch's MAC table is full; %d MACs of %s are flooded instead", missing, seg.Name)
	}
}

// someMACs is macs for those that may differ. The switch has room for more.
func (d *differ) someMACs(seg *Segment, ls ovsdb.UUID, macs []model.MAC) {
	have := d.have.remote.macs.byLS[ls]
	var stale []model.MAC
	for _, mac := range macs {
		w := seg.entry(mac)
		row, stands := have[mac]
		switch {
		case w != nil && !d.excluded(w.Location, w.Locator) && stands:
			d.move(seg, w, row)
		case w != nil && !d.excluded(w.Location, w.Locator):
			d.adds = append(d.adds, d.addMAC(seg, w, ls))
		case stands && (w != nil || !d.kept(seg, row)):
			stale = append(stale, mac)
		}
	}
	d.deleteMACs(seg, have, stale)
}

// move points a row at the locator that it should have, and gives it its IP address.
func (d *differ) move(seg *Segment, w *MACEntry, row macRow) {
	if w.Locator != d.lastLocator {
		d.lastLocator, d.lastRow = w.Locator, d.have.locators.byValue[w.Locator]
	}
	ip := row.ip
	if w.Placed {
		ip = seg.ipOf(w.MAC)
	}
	if row.locator != d.lastRow || d.lastRow == (ovsdb.UUID{}) || row.ip != ip {
		op := Op{Kind: MoveMAC, LogicalSwitch: seg.Name, MAC: w.MAC, Locator: w.Locator, SetIP: w.Placed, row: row.uuid}
		if w.Placed {
			op.IP = ip
		}
		d.adds = append(d.adds, op)
	}
}

// addMAC makes a row, with the IP address of a host that a source answers for.
func (d *differ) addMAC(seg *Segment, w *MACEntry, ls ovsdb.UUID) Op {
	op := Op{Kind: AddMAC, LogicalSwitch: seg.Name, MAC: w.MAC, Locator: w.Locator, SetIP: w.Placed, ls: ls}
	if w.Placed {
		op.IP = seg.ipOf(w.MAC)
	}
	return op
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

// kept reports whether an unwanted MAC stays, because its switch is unreported and so
// has not withdrawn it.
func (d *differ) kept(seg *Segment, row macRow) bool {
	return len(seg.Unreported) > 0 && seg.Unreported[d.have.locators.usable[row.locator].Addr]
}

func (d *differ) deleteMACs(seg *Segment, have map[model.MAC]macRow, macs []model.MAC) {
	for _, mac := range macs {
		d.adds = append(d.adds, Op{Kind: DeleteMAC, LogicalSwitch: seg.Name, MAC: mac, row: have[mac].uuid})
	}
}

// extraMACs deletes duplicates and rows whose MAC is none.
func (d *differ) extraMACs(name string, ls ovsdb.UUID) {
	extra := d.have.remote.macs.extra
	if len(extra) == 0 {
		return
	}
	if d.extra == nil {
		d.extra = map[ovsdb.UUID][]ovsdb.UUID{}
		for _, id := range sortedUUIDs(extra) {
			d.extra[extra[id].ls] = append(d.extra[extra[id].ls], id)
		}
	}
	for _, id := range d.extra[ls] {
		d.adds = append(d.adds, Op{Kind: DeleteMAC, LogicalSwitch: name, MAC: extra[id].mac, row: id})
	}
}

package vtep

import (
	"slices"

	"bordergw/vtep/ovsdb"
)

// UnknownDst is the MAC of the row that floods broadcast, unknown unicast and
// multicast (vtep(5), Mcast_Macs_Remote).
const UnknownDst = "unknown-dst"

// flood compares the flood list of one logical switch. Of several rows the one
// with the smallest UUID counts; the others, and rows of any other group, go.
func (d *differ) flood(seg *Segment, ls ovsdb.UUID) {
	var rows []ovsdb.UUID
	for _, id := range d.have.floods.byLS[ls] {
		if d.have.floods.rows[id].MAC == UnknownDst {
			rows = append(rows, id)
		} else {
			d.adds = append(d.adds, Op{Kind: DeleteFlood, LogicalSwitch: seg.Name, row: id})
		}
	}
	var have []Locator
	exact := false
	if len(rows) > 0 {
		have, exact = d.have.locators.members(d.have.floods.rows[rows[0]].LocatorSet)
		defer d.surplusFlood(seg.Name, rows[1:])
	}
	want := d.members(seg, have)
	switch {
	case len(want) == 0 && len(rows) > 0:
		d.adds = append(d.adds, Op{Kind: DeleteFlood, LogicalSwitch: seg.Name, row: rows[0]})
	case len(want) > 0 && (!exact || !slices.Equal(want, have)):
		op := Op{Kind: SetFlood, LogicalSwitch: seg.Name, Detail: &Detail{Flood: want}, ls: ls}
		if len(rows) > 0 {
			op.row = rows[0]
		}
		d.adds = append(d.adds, op)
	}
}

func (d *differ) surplusFlood(name string, rows []ovsdb.UUID) {
	for _, id := range rows {
		d.adds = append(d.adds, Op{Kind: DeleteFlood, LogicalSwitch: name, row: id})
	}
}

// members is the flood list as this database should hold it: without itself,
// sorted, each once; in a grow-only period with those that stand.
func (d *differ) members(seg *Segment, have []Locator) []Locator {
	var out []Locator
	for _, e := range seg.Flood {
		if !d.excluded(e.Location, e.Locator) {
			out = append(out, e.Locator)
		}
	}
	if d.want.GrowOnly && seg.Incomplete {
		for _, l := range have {
			if !d.own[l.Addr] && !d.want.Known[l.Addr] {
				out = append(out, l)
			}
		}
	}
	slices.SortFunc(out, Locator.Compare)
	return slices.Compact(out)
}

package mactable

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// Renumber has all that was reported of one database count as reported of another: the
// two are one. Of a MAC that both have, the row counts that stands, or stood last. No
// MAC moves by that.
func (l *Table) Renumber(from, to vtep.DatabaseID) {
	l.ofDatabase(from, func(n *networkTable, mac model.MAC) {
		s := n.macs[mac]
		h := s.at(from)
		if h == nil {
			return
		}
		n.count(from, -1)
		n.touch(mac)
		if s.at(to) == nil {
			h.Database = to
			n.count(to, 1)
			return
		}
		s.merge(from, to)
		n.arm(mac, s)
	})
	l.renumberRecalled(from, to)
	l.renumberFloods(from, to)
}

// merge takes a location into that of another database.
func (s *entry) merge(from, to vtep.DatabaseID) {
	a, b := *s.at(from), s.at(to)
	seq, first := max(a.Seq, b.Seq), min(a.LearnedAt, b.LearnedAt)
	if b.gone != 0 && (a.gone == 0 || a.gone > b.gone) {
		*b = a
		b.Database = to
	}
	b.Seq, b.LearnedAt = seq, first
	s.locations = slices.DeleteFunc(s.locations, func(h location) bool { return h.Database == from })
}

// renumberFloods keeps what the other database names, if it has named any.
func (l *Table) renumberFloods(from, to vtep.DatabaseID) {
	for name := range l.flooded[from] {
		if n := l.networks[name]; n != nil && n.flood[to] == nil {
			l.flood(to, name, n.flood[from])
		}
	}
	l.floods(from, nil)
}

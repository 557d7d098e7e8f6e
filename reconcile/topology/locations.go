package topology

import (
	"cmp"
	"slices"

	"bordergw/vtep"
)

// Locations are the databases, and sources, whose word on MACs counts in a network: those of its
// members. They are immutable.
type Locations struct{ at []location } // sorted by db

type location struct {
	db vtep.DatabaseID
	*spot
}

// Has reports whether the word of a database, or a source, counts.
func (l Locations) Has(db vtep.DatabaseID) bool { return l.spot(db) != nil }

// spot is where something is that a database has learned, or a source answers for; nil for nowhere.
func (l Locations) spot(db vtep.DatabaseID) *spot {
	i, found := slices.BinarySearchFunc(l.at, db, func(at location, db vtep.DatabaseID) int { return cmp.Compare(at.db, db) })
	if !found {
		return nil
	}
	return l.at[i].spot
}

// locationsOf are those of a network whose domains are settled. Members of one device have the
// same face.
func locationsOf(p *netPart) Locations {
	var l Locations
	for _, m := range p.members {
		face := m.domain.faces[m.device]
		at := &spot{member: face, domain: face.domain}
		for _, way := range m.ways {
			l.at = append(l.at, location{way, at})
		}
	}
	for _, d := range p.domains {
		for _, set := range d.endpoints {
			l.at = append(l.at, location{SourceID(set), &spot{set: set, domain: d}})
		}
	}
	slices.SortStableFunc(l.at, func(a, b location) int { return cmp.Compare(a.db, b.db) })
	l.at = slices.CompactFunc(l.at, func(a, b location) bool { return a.db == b.db })
	return l
}

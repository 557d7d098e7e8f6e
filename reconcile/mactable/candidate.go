package mactable

import (
	"cmp"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// Source says where a candidate comes from.
type Source uint8

const (
	// Static candidates were given by an operator (remote_mac_entries).
	Static Source = iota + 1
	// Remote candidates are what a source outside answers for (model.EndpointSet), such as
	// Neutron for the ports on hypervisors.
	Remote
	// Local candidates were learned by a switch (Ucast_Macs_Local).
	Local
)

// Candidate is one claim about where a MAC is. Of all candidates of a MAC
// in a network, one wins; the others are kept, so that the next takes over when
// it goes.
type Candidate struct {
	MAC    model.MAC
	Source Source
	// Sticky candidates are not moved away from by a higher Seq.
	Sticky bool
	// Database learned it, or has the number of the EndpointSet; 0 if Source is Static.
	Database vtep.DatabaseID
	Endpoint model.VTEPAddress
	// Seq counts the MAC's moves; a fresh learn elsewhere has one more.
	Seq       uint64
	LearnedAt Instant
}

// Compare orders the candidates of one MAC, best first: static before all
// others, then the latest move, then what a source answers for, then the lowest end
// point, so that the choice does not depend on the order of arrival.
func (c Candidate) Compare(o Candidate) int {
	return cmp.Or(
		cmp.Compare(c.rank(), o.rank()),
		cmp.Compare(o.Seq, c.Seq),
		cmp.Compare(c.Source, o.Source),
		c.Endpoint.Compare(o.Endpoint),
		cmp.Compare(c.Database, o.Database),
	)
}

func (c Candidate) rank() int {
	if c.Source == Static || c.Sticky {
		return 0
	}
	return 1
}

// Of returns the part of a list, sorted by MAC, that is about one MAC.
func Of(list []Candidate, mac model.MAC) []Candidate {
	i, _ := slices.BinarySearchFunc(list, mac, byMAC)
	end := i
	for end < len(list) && list[end].MAC == mac {
		end++
	}
	return list[i:end]
}

func byMAC(c Candidate, mac model.MAC) int { return c.MAC.Compare(mac) }

package store

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"bordergw/model"
)

// index finds records by what they have or name: who refers to a record, who has a number
// or a place on the wire. Like a snapshot it is an immutable value that shares with the one
// before what did not change. What it finds is in the order of creation.
type index struct {
	claims model.Sorted[entry, struct{}]
	// numbers are the VNIs, and the VLANs on cables, that records have.
	numbers numbers
	// pending counts the devices that all Released records list.
	pending int
}

// claim is something that records have or name.
type claim struct {
	kind claimKind
	a, b string
	n    uint32
}

type claimKind uint8

const (
	isCalled       claimKind = iota // a record of table a has the name b
	hasNetworkVNI                   // a network has VNI n
	hasGatewayVNI                   // a gateway has VNI n: it would clash later
	hasGivenVNI                     // a connection is given VNI n
	hasStitchVLAN                   // a connection has VLAN n on the cable of device a
	namesDevice                     // a gateway names a device by reference a
	ofGateway                       // a connection is of gateway a
	ofNetwork                       // a connection is of network a
	isBorder                        // a connection has VNI n between sites
	isBorderOf                      // so has one of network a
	isBorderAt                      // so has one at reference a
	joins                           // a connection joins network b to reference a
	binds                           // a connection binds VLAN n of port b at reference a, and few others
	bindsMany                       // a connection binds many VLANs of port b at reference a
	standsForOf                     // a device of type a stands for resource b
	hasAddress                      // a device has the address a, port n
	hasTunnelIP                     // a device has the tunnel address a
	hadAddress                      // a deleted device had the address a, port n
	hadName                         // a deleted device that dialled us had the name a
	hadSwitch                       // a deleted device had a switch of the name a
	hadRow                          // a deleted device had a switch with the row a
	isPendingOn                     // a tombstone is pending on device a
	releasedVNI                     // a network has given up VNI n
	releasedVLAN                    // a network has given up VLAN n on a cable
	releasedVLANOn                  // a network has given up VLAN n on the cable of device a
	isReleasedOn                    // a Released record lists device a
	isEndpointsOf                   // a set of end points is of network a
)

func (c claim) compare(o claim) int {
	if c.kind != o.kind {
		return cmp.Compare(c.kind, o.kind)
	}
	if d := strings.Compare(c.a, o.a); d != 0 {
		return d
	}
	if d := strings.Compare(c.b, o.b); d != 0 {
		return d
	}
	return cmp.Compare(c.n, o.n)
}

// entry is a claim of a record.
type entry struct {
	claim
	model.Order
}

// Compare orders by claim, then by creation.
func (e entry) Compare(o entry) int {
	if d := e.claim.compare(o.claim); d != 0 {
		return d
	}
	return e.Order.Compare(o.Order)
}

// wire is the number that a claim keeps from others; false if it keeps none.
func (c claim) wire() (wireNumber, bool) {
	switch c.kind {
	case hasNetworkVNI, hasGatewayVNI, hasGivenVNI, releasedVNI:
		return wireNumber{n: c.n}, true
	case hasStitchVLAN, releasedVLANOn:
		return wireNumber{c.a, c.n}, true
	}
	return wireNumber{}, false
}

// newIndex reads a whole snapshot.
func newIndex(d *model.Definitions) index {
	s := snapshot{Definitions: *d}
	var all []entry
	all = indexed(all, &s, networks)
	all = indexed(all, &s, devices)
	all = indexed(all, &s, retired)
	all = indexed(all, &s, gateways)
	all = indexed(all, &s, connections)
	all = indexed(all, &s, tombstones)
	all = indexed(all, &s, released)
	all = indexed(all, &s, endpointSets)
	slices.SortFunc(all, entry.Compare)
	s.index.with(slices.Compact(all))
	for r := range d.Released.All() {
		s.index.pending += len(r.Pending)
	}
	return s.index
}

func indexed[T any, P model.Recorder[T]](to []entry, s *snapshot, of table[T, P]) []entry {
	for r := range of.in(&s.Definitions).All() {
		to = append(to, s.entries(r)...)
	}
	return to
}

// differing gives what only one of two lists has. It sorts them.
func differing(was, is []entry) (gone, came []entry) {
	slices.SortFunc(was, entry.Compare)
	slices.SortFunc(is, entry.Compare)
	was, is = slices.Compact(was), slices.Compact(is)
	for len(was) > 0 && len(is) > 0 {
		switch d := was[0].Compare(is[0]); {
		case d < 0:
			gone, was = append(gone, was[0]), was[1:]
		case d > 0:
			came, is = append(came, is[0]), is[1:]
		default:
			was, is = was[1:], is[1:]
		}
	}
	return append(gone, was...), append(came, is...)
}

// with adds entries, which are sorted.
func (x *index) with(all []entry) {
	pairs := make([]model.Pair[entry, struct{}], len(all))
	var used map[wireNumber]int // few have any
	for i, e := range all {
		pairs[i].Key = e
		if w, ok := e.wire(); ok {
			if used == nil {
				used = map[wireNumber]int{}
			}
			used[w]++
		}
	}
	x.claims = x.claims.WithAll(pairs)
	x.numbers = x.numbers.with(used)
}

func (x *index) without(all []entry) {
	x.claims = x.claims.Without(all...)
	for _, e := range all {
		if w, ok := e.wire(); ok {
			x.numbers = x.numbers.without(w)
		}
	}
}

// who yields the records that have a claim.
func (x *index) who(c claim) iter.Seq[model.Order] {
	claims := x.claims // as it is now: who asks may change it
	return func(yield func(model.Order) bool) {
		for e := range claims.From(entry{claim: c}) {
			if e.claim != c || !yield(e.Order) {
				return
			}
		}
	}
}

// anyone reports whether a record has one of these claims.
func (x *index) anyone(claims ...claim) bool {
	return slices.ContainsFunc(claims, func(c claim) bool {
		for range x.who(c) {
			return true
		}
		return false
	})
}

// between counts claims of a kind without a and b, with numbers from first to last.
func (x *index) between(k claimKind, first, last uint32) int {
	at := func(n uint32) int { return x.claims.Rank(entry{claim: claim{kind: k, n: n}}) }
	return at(last+1) - at(first)
}

// having yields the records of a table that have a claim.
func having[T any, P model.Recorder[T]](s *snapshot, in table[T, P], c claim) iter.Seq[P] {
	who, records := s.who(c), *in.in(&s.Definitions)
	return func(yield func(P) bool) {
		for at := range who {
			if p, ok := records.Get(at.ID); ok && !yield(p) {
				return
			}
		}
	}
}

// first is the first record that a sequence yields, nil if there is none.
func first[P any](all iter.Seq[P]) (none P) {
	for p := range all {
		return p
	}
	return none
}

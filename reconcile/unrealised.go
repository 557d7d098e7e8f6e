package reconcile

import (
	"cmp"
	"slices"
	"strings"

	"bordergw/model"
)

// unrealisedStates are those of connections that are not active, the worst first.
var unrealisedStates = []string{model.ConnectionError, model.ConnectionPending, model.ConnectionUnsupported}

// unrealisedSet are connections that are not active, the worst first. It is immutable, and what is the same in
// two of them is shared.
type unrealisedSet = model.Sorted[unrealisedKey, struct{}]

// unrealisedKey is a connection that is not active.
type unrealisedKey struct {
	// rank is the place of the connection's state among unrealisedStates.
	rank int
	id   string
}

// Compare orders by state, the worst first, then by id.
func (k unrealisedKey) Compare(o unrealisedKey) int {
	return cmp.Or(cmp.Compare(k.rank, o.rank), strings.Compare(k.id, o.id))
}

// unrealised collects changes, so that a set is made once of many.
type unrealised struct {
	set  unrealisedSet
	gone []unrealisedKey
	come []model.Pair[unrealisedKey, struct{}]
}

// note notes that a connection, by id, has another state than before, "" for none. It is called once
// for each connection before take.
func (u *unrealised) note(id, was, is string) {
	if was == is {
		return
	}
	if rank := slices.Index(unrealisedStates, was); rank >= 0 {
		u.gone = append(u.gone, unrealisedKey{rank, id})
	}
	if rank := slices.Index(unrealisedStates, is); rank >= 0 {
		u.come = append(u.come, model.Pair[unrealisedKey, struct{}]{Key: unrealisedKey{rank, id}})
	}
}

// take returns the set with all that was noted.
func (u *unrealised) take() unrealisedSet {
	u.set = u.set.Without(u.gone...).WithAll(u.come)
	u.gone, u.come = nil, nil
	return u.set
}

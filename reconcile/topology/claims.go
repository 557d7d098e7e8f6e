package topology

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// claim is a slot that a connection asks for.
type claim struct {
	vtep.Slot
	connection model.Order
}

func (a claim) Compare(b claim) int {
	if by := a.Slot.Compare(b.Slot); by != 0 {
		return by
	}
	return a.connection.Compare(b.connection)
}

// claimed is a claim with the logical switch that is to be bound.
type claimed = model.Pair[claim, string]

func compareClaimed(a, b claimed) int { return a.Key.Compare(b.Key) }

// bound is what a connection asks a device to bind. It is immutable.
type bound struct {
	connection model.Order
	bindings   []vtep.Binding
}

// listed identifies the very list of a bound: while it is the same one, all of it is.
type listed struct {
	connection model.Order
	first      *vtep.Binding
	n          int
}

func (b bound) listed() listed { return listed{b.connection, &b.bindings[0], len(b.bindings)} }

// merge makes one list for each connection, in which no slot is twice: a gateway may have a device by its id and by the
// name of its switch, and a claim of two lists would go with the first of them.
func (s *share) merge() {
	at := map[model.Order]int{}
	var merged []bound
	for _, b := range s.bound {
		i, twice := at[b.connection]
		if !twice {
			at[b.connection] = len(merged)
			merged = append(merged, b)
			continue
		}
		all := slices.Concat(merged[i].bindings, b.bindings)
		slices.SortStableFunc(all, func(a, b vtep.Binding) int { return a.Slot().Compare(b.Slot()) })
		merged[i].bindings = slices.CompactFunc(all, func(a, b vtep.Binding) bool { return a.Slot() == b.Slot() })
	}
	s.bound = merged
}

// keep takes the lists of an earlier share that say the same, nil for none: what they have in common is
// then not looked at again.
func (s *share) keep(was *share) {
	s.merge()
	if was == nil {
		return
	}
	before := make(map[model.Order]bound, len(was.bound))
	for _, b := range was.bound {
		before[b.connection] = b
	}
	for i, b := range s.bound {
		if old, had := before[b.connection]; had && slices.Equal(old.bindings, b.bindings) {
			s.bound[i] = old
		}
	}
}

// shareBefore is what a device had of a group in an earlier View, nil for nothing.
func shareBefore(was *View, g *groupView, device string) *share {
	if before := was.groupOf(g.nets[0].net.ID); before != nil {
		return before.shares[device]
	}
	return nil
}

// claims are those that a device lost and got, in order. What stands in one list before and after
// is not looked at: it may be large, and most changes of a group are not about bindings.
func (e *exchange) claims() (lost, got []claimed) {
	was, is := listsOf(e.lost), listsOf(e.got)
	return claimsOf(was, is), claimsOf(is, was)
}

func listsOf(shares []*share) map[listed]bound {
	out := map[listed]bound{}
	for _, s := range shares {
		for _, b := range s.bound {
			if len(b.bindings) > 0 {
				out[b.listed()] = b
			}
		}
	}
	return out
}

// claimsOf are those of some lists that others are not, in order.
func claimsOf(lists, others map[listed]bound) (out []claimed) {
	for id, b := range lists {
		if _, both := others[id]; both {
			continue
		}
		out = slices.Grow(out, len(b.bindings))
		for _, n := range b.bindings {
			out = append(out, claimed{Key: claim{n.Slot(), b.connection}, Value: n.LogicalSwitch})
		}
	}
	if !slices.IsSortedFunc(out, compareClaimed) {
		slices.SortFunc(out, compareClaimed)
	}
	return out
}

// takeClaims has each slot whose claims change be bound for the first of its claims.
func (h *holding) takeClaims(e *exchange) {
	lost, got := e.claims()
	var slots []vtep.Slot
	var gone []claim
	for _, c := range lost {
		if _, stays := slices.BinarySearchFunc(got, c, compareClaimed); !stays {
			gone, slots = append(gone, c.Key), append(slots, c.Key.Slot)
		}
	}
	got = slices.DeleteFunc(got, func(c claimed) bool {
		was, _ := h.claims.Get(c.Key)
		return was == c.Value
	})
	for _, c := range got {
		slots = append(slots, c.Key.Slot)
	}
	h.claims = h.claims.Without(gone...).WithAll(got)
	h.bind(slots)
}

// bind has slots bound for the first of their claims.
func (h *holding) bind(slots []vtep.Slot) {
	slices.SortFunc(slots, vtep.Slot.Compare)
	var bound []vtep.Binding
	var free []vtep.Slot
	for _, s := range slices.Compact(slots) {
		if ls, wanted := h.first(s); wanted {
			bound = append(bound, vtep.Binding{Switch: s.Switch, Port: s.Port, VLAN: s.VLAN, LogicalSwitch: ls})
		} else {
			free = append(free, s)
		}
	}
	h.want.Bindings = h.want.Bindings.Without(free...).With(bound...)
}

// first is what the oldest connection that claims a slot binds there.
func (h *holding) first(s vtep.Slot) (ls string, claimed bool) {
	for c, ls := range h.claims.From(claim{Slot: s}) {
		return ls, c.Slot == s
	}
	return "", false
}

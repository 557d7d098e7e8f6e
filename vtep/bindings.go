package vtep

import (
	"cmp"
	"iter"
	"strings"

	"bordergw/model"
)

// Binding joins a VLAN of a port to a logical switch. VLAN 0 is untagged.
type Binding struct {
	Switch, Port  string
	VLAN          model.VLAN
	LogicalSwitch string
}

// Slot is the VLAN of a port that a Binding joins to a logical switch.
func (b Binding) Slot() Slot { return Slot{b.Switch, b.Port, b.VLAN} }

// Compare orders by switch, port, VLAN.
func (b Binding) Compare(o Binding) int { return b.Slot().Compare(o.Slot()) }

// Slot is a VLAN of a port, where one logical switch may be bound.
type Slot struct {
	Switch, Port string
	VLAN         model.VLAN
}

// Compare orders by switch, port, VLAN.
func (s Slot) Compare(o Slot) int {
	if by := strings.Compare(s.Switch, o.Switch); by != 0 {
		return by
	}
	if by := strings.Compare(s.Port, o.Port); by != 0 {
		return by
	}
	return cmp.Compare(s.VLAN, o.VLAN)
}

// to is the binding of the slot to a logical switch.
func (s Slot) to(ls string) Binding {
	return Binding{Switch: s.Switch, Port: s.Port, VLAN: s.VLAN, LogicalSwitch: ls}
}

// at is the slot's port.
func (s Slot) at() portPlace { return portPlace{s.Switch, s.Port} }

// Cable joins two ports of a switch. What is bound to a VLAN of one of them meets what is bound to the same VLAN of the
// other.
type Cable struct{ Switch, Port, Other string }

// end is the slot at the other end of the cable, false for one that is at none.
func (c Cable) end(s Slot) (Slot, bool) {
	switch {
	case s.Switch != c.Switch || c.Port == c.Other:
		return s, false
	case s.Port == c.Port:
		s.Port = c.Other
	case s.Port == c.Other:
		s.Port = c.Port
	default:
		return s, false
	}
	return s, true
}

// Bindings are those of one database: a slot has one at most. They are immutable, as Segments are.
type Bindings struct {
	bySlot model.Sorted[Slot, string]
	byLS   model.Sorted[boundSlot, bool]
}

// boundSlot orders slots by what is bound there.
type boundSlot struct {
	ls string
	Slot
}

func (a boundSlot) Compare(b boundSlot) int {
	if by := strings.Compare(a.ls, b.ls); by != 0 {
		return by
	}
	return a.Slot.Compare(b.Slot)
}

// BindingsOf are bindings of different slots, in any order.
func BindingsOf(all ...Binding) Bindings { return Bindings{}.With(all...) }

// With has bindings in the place of those of the same slots, or besides.
func (b Bindings) With(all ...Binding) Bindings {
	var moved []boundSlot
	var slots []model.Pair[Slot, string]
	var bound []model.Pair[boundSlot, bool]
	for _, n := range all {
		was, taken := b.At(n.Slot())
		if taken && was == n.LogicalSwitch {
			continue
		}
		if taken {
			moved = append(moved, boundSlot{was, n.Slot()})
		}
		slots = append(slots, model.Pair[Slot, string]{Key: n.Slot(), Value: n.LogicalSwitch})
		bound = append(bound, model.Pair[boundSlot, bool]{Key: boundSlot{n.LogicalSwitch, n.Slot()}, Value: true})
	}
	return Bindings{b.bySlot.WithAll(slots), b.byLS.Without(moved...).WithAll(bound)}
}

// Without leaves some slots without a binding.
func (b Bindings) Without(slots ...Slot) Bindings {
	var bound []boundSlot
	for _, s := range slots {
		if ls, taken := b.At(s); taken {
			bound = append(bound, boundSlot{ls, s})
		}
	}
	return Bindings{b.bySlot.Without(slots...), b.byLS.Without(bound...)}
}

// At is the logical switch that is bound to a slot; false for none.
func (b Bindings) At(s Slot) (ls string, bound bool) { return b.bySlot.Get(s) }

// Has reports whether exactly this binding is among them.
func (b Bindings) Has(n Binding) bool {
	ls, bound := b.At(n.Slot())
	return bound && ls == n.LogicalSwitch
}

// Len is the number of bindings.
func (b Bindings) Len() int { return b.bySlot.Len() }

// All yields the bindings in the order of their slots.
func (b Bindings) All() iter.Seq[Binding] {
	return func(yield func(Binding) bool) {
		for slot, ls := range b.bySlot.All() {
			if !yield(slot.to(ls)) {
				return
			}
		}
	}
}

// Of yields the slots of a logical switch.
func (b Bindings) Of(ls string) iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		for at := range b.byLS.From(boundSlot{ls: ls}) {
			if at.ls != ls || !yield(at.Slot) {
				return
			}
		}
	}
}

// Changes yields the slots at which they differ from earlier ones, with what was and what is bound
// there: "" for nothing.
func (b Bindings) Changes(was Bindings) iter.Seq2[Slot, model.Change[string]] {
	return model.SortedChanges(was.bySlot, b.bySlot)
}

// Same reports whether they are the same bindings.
func (b Bindings) Same(o Bindings) bool {
	for range b.Changes(o) {
		return false
	}
	return true
}

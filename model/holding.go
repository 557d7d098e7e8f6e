package model

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// maxHeldVNIs bounds the VNIs that are remembered of one logical switch.
const maxHeldVNIs = 4

// Holding is a logical switch that was written, or taken over, on the switch of a device: what carries its name
// and one of its VNIs there is managed, also where it can have no mark. It is stored before anything is written,
// and forgotten when the switch is seen without it.
type Holding struct {
	DeviceID string `json:"gateway_device_id"`
	// Name is that of the Logical_Switch, VNIs are its tunnel keys, the latest first.
	Name string `json:"name"`
	VNIs []VNI  `json:"vnis"`
}

// Holdings is an immutable set of them.
type Holdings struct {
	byPlace Sorted[heldPlace, *Holding]
}

type heldPlace struct{ device, name string }

func (a heldPlace) Compare(b heldPlace) int {
	return cmp.Or(strings.Compare(a.device, b.device), strings.Compare(a.name, b.name))
}

// NewHoldings builds a set.
func NewHoldings(all []*Holding) Holdings { return Holdings{}.With(all...) }

// Of is that of a name on a device, nil for none.
func (s Holdings) Of(device, name string) *Holding {
	h, _ := s.byPlace.Get(heldPlace{device, name})
	return h
}

// On yields those on a device, by name.
func (s Holdings) On(device string) iter.Seq[*Holding] {
	return func(yield func(*Holding) bool) {
		for at, h := range s.byPlace.From(heldPlace{device: device}) {
			if at.device != device || !yield(h) {
				return
			}
		}
	}
}

// All yields all.
func (s Holdings) All() iter.Seq[*Holding] { return values(s.byPlace) }

// Len is their number.
func (s Holdings) Len() int { return s.byPlace.Len() }

// Changes yields what differs from another set, at the cost of what differs where one follows from the other.
func (s Holdings) Changes(was Holdings) iter.Seq[Change[*Holding]] {
	return func(yield func(Change[*Holding]) bool) {
		for _, c := range SortedChanges(was.byPlace, s.byPlace) {
			if !yield(c) {
				return
			}
		}
	}
}

// With has some more, or others of the same place.
func (s Holdings) With(all ...*Holding) Holdings {
	pairs := make([]Pair[heldPlace, *Holding], len(all))
	for i, h := range all {
		pairs[i] = Pair[heldPlace, *Holding]{heldPlace{h.DeviceID, h.Name}, h}
	}
	return Holdings{s.byPlace.WithAll(pairs)}
}

// Without lacks some.
func (s Holdings) Without(all ...*Holding) Holdings {
	keys := make([]heldPlace, len(all))
	for i, h := range all {
		keys[i] = heldPlace{h.DeviceID, h.Name}
	}
	return Holdings{s.byPlace.Without(keys...)}
}

// Has reports whether a tunnel key is one of the holding's; nil, no key, may be any.
func (h *Holding) Has(key *int) bool {
	return h != nil && (key == nil || slices.Contains(h.VNIs, VNI(*key)))
}

// Given is the holding with one VNI more.
func (h *Holding) Given(vni VNI) *Holding {
	more := *h
	more.VNIs = []VNI{vni}
	for _, v := range h.VNIs {
		if v != vni && len(more.VNIs) < maxHeldVNIs {
			more.VNIs = append(more.VNIs, v)
		}
	}
	return &more
}

package topology

import (
	"iter"
	"slices"

	"bordergw/vtep"
)

// Wants are those of all devices, by id.
func (v *View) Wants() map[string]*vtep.Want {
	out := map[string]*vtep.Want{}
	for first := range v.holdings.All() {
		for _, id := range v.devicesOf(string(first)) {
			out[id] = v.Want(id)
		}
	}
	return out
}

// ListOf lists what a device is to hold.
func (v *View) ListOf(device string) []*vtep.Segment {
	return slices.Collect(v.Want(device).Segments.All())
}

// BindingsOf lists what a device is to bind.
func (v *View) BindingsOf(device string) []vtep.Binding {
	return slices.Collect(v.Want(device).Bindings.All())
}

// AllContested are by network id.
func (v *View) AllContested() iter.Seq2[string, *Contested] {
	return func(yield func(string, *Contested) bool) {
		for id, c := range v.contested.All() {
			if !yield(string(id), c) {
				return
			}
		}
	}
}

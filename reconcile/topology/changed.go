package topology

import (
	"iter"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// What differs between a View and an earlier one, nil for none. What they share costs nothing.

// Changed yields the devices, by id, whose Wants say something else than those of an earlier
// View, with what these were, as far as segments go.
func (v *View) Changed(was *View) iter.Seq2[string, vtep.Segments] {
	was = was.orNone()
	return func(yield func(string, vtep.Segments) bool) {
		for first, h := range model.SortedChanges(was.holdings, v.holdings) {
			var segments vtep.Segments
			if h.Was != nil {
				segments = h.Was.want.Segments
			}
			for _, device := range v.devicesOf(string(first)) {
				if !yield(device, segments) {
					return
				}
			}
		}
	}
}

// ChangedOn yields the logical switches of which a device is asked for something else than by an
// earlier View. It may yield one several times.
func (v *View) ChangedOn(device string, was *View) iter.Seq[string] {
	now, before := v.holdingOrNone(device), was.holdingOrNone(device)
	return func(yield func(string) bool) {
		for ls := range now.want.Segments.Changes(before.want.Segments) {
			if !yield(ls) {
				return
			}
		}
		for ls := range model.SortedChanges(before.asked, now.asked) {
			if !yield(string(ls)) {
				return
			}
		}
		for _, c := range now.want.Bindings.Changes(before.want.Bindings) {
			if c.Was != "" && !yield(c.Was) || c.Now != "" && !yield(c.Now) {
				return
			}
		}
	}
}

// ChangedOutcomes yields the connections, by id, whose outcome is another one than in an earlier
// View, with both: nil for none.
func (v *View) ChangedOutcomes(was *View) iter.Seq2[string, model.Change[*Outcome]] {
	return byID(model.SortedChanges(was.orNone().outcomes, v.outcomes))
}

// ChangedContested yields the networks, by id, whose contested MACs are others than in an earlier
// View, with both: nil for none.
func (v *View) ChangedContested(was *View) iter.Seq2[string, model.Change[*Contested]] {
	return byID(model.SortedChanges(was.orNone().contested, v.contested))
}

// ConnectionsOn yields the connections, by id, of the network that a logical switch is for.
func (v *View) ConnectionsOn(ls string) iter.Seq[string] {
	network := strings.TrimSuffix(ls, vtep.BorderSuffix)
	return func(yield func(string) bool) {
		for at, c := range v.connections.From(ofNetwork{network: network}) {
			if at.network != network || !yield(c.ID) {
				return
			}
		}
	}
}

func byID[V any](changes iter.Seq2[name, V]) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for id, c := range changes {
			if !yield(string(id), c) {
				return
			}
		}
	}
}

// orNone is the View, an empty one where there is none.
func (v *View) orNone() *View {
	if v == nil {
		return &View{}
	}
	return v
}

// holdingOrNone is what stands for the database that a device reaches, nothing where there is none.
func (v *View) holdingOrNone(device string) *holding {
	if h := v.holding(device); h != nil {
		return h
	}
	return &holding{want: &vtep.Want{}}
}

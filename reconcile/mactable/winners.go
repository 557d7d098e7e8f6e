package mactable

import (
	"iter"
	"strings"

	"bordergw/model"
)

// Winners are what all switches learned, by network id. They are immutable, and share with those
// before what did not change.
type Winners struct {
	byNetwork model.Sorted[networkID, *Learned]
}

type networkID string

func (a networkID) Compare(b networkID) int { return strings.Compare(string(a), string(b)) }

// WinnersOf are those of a map.
func WinnersOf(learned map[string]*Learned) Winners { return Winners{}.With(learned) }

// With has what was learned in some networks in the place of what was.
func (w Winners) With(learned map[string]*Learned) Winners {
	pairs := make([]model.Pair[networkID, *Learned], 0, len(learned))
	for id, l := range learned {
		pairs = append(pairs, model.Pair[networkID, *Learned]{Key: networkID(id), Value: l})
	}
	return Winners{w.byNetwork.WithAll(pairs)}
}

func (w Winners) without(network string) Winners {
	return Winners{w.byNetwork.Without(networkID(network))}
}

// Get returns what was learned in a network, nil for nothing.
func (w Winners) Get(network string) *Learned {
	l, _ := w.byNetwork.Get(networkID(network))
	return l
}

// All yields every network of which anything was learned.
func (w Winners) All() iter.Seq2[string, *Learned] {
	return func(yield func(string, *Learned) bool) {
		for id, l := range w.byNetwork.All() {
			if !yield(string(id), l) {
				return
			}
		}
	}
}

// Changes yields the networks of which something else was learned than before.
func (w Winners) Changes(was Winners) iter.Seq2[string, model.Change[*Learned]] {
	return func(yield func(string, model.Change[*Learned]) bool) {
		for id, c := range model.SortedChanges(was.byNetwork, w.byNetwork) {
			if !yield(string(id), c) {
				return
			}
		}
	}
}

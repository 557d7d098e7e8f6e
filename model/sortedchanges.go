package model

import (
	"iter"
	"slices"
)

// Change is what one key has in two maps. A value that is not there is the zero one.
type Change[V any] struct{ Was, Now V }

// SortedChanges yields the keys whose values differ between two maps, in order. What they
// share is skipped: between a map and one that follows from it by a few changes the
// cost is that of the changes. Maps with zero values can not be compared.
func SortedChanges[K Key[K], V comparable](was, now Sorted[K, V]) iter.Seq2[K, Change[V]] {
	return func(yield func(K, Change[V]) bool) {
		a, b := pendingOf(was), pendingOf(now)
		for len(a) > 0 || len(b) > 0 {
			switch order := a.compare(b); {
			case order == 0 && a.top() == b.top():
				a, b = a.skip(), b.skip()
			case order < 0 && a.divides(), order == 0 && a.divides() && (!b.divides() || a.top().n.len >= b.top().n.len):
				a = a.divided()
			case order > 0 && b.divides(), order == 0 && b.divides():
				b = b.divided()
			default:
				k, d := nextChange(order, &a, &b)
				if d.Was != d.Now && !yield(k, d) {
					return
				}
			}
		}
	}
}

// nextChange takes the key that comes next off one or both of two parts, of which the
// first begins before, with or after the second.
func nextChange[K Key[K], V any](order int, a, b *pending[K, V]) (k K, d Change[V]) {
	if order <= 0 {
		k, d.Was = a.first()
		*a = a.rest()
	}
	if order >= 0 {
		k, d.Now = b.first()
		*b = b.rest()
	}
	return k, d
}

// pending is what has not been compared yet of a map: nodes, of which the last comes first.
type pending[K Key[K], V any] []part[K, V]

// part is a node without its first keys; only a leaf lacks any.
type part[K Key[K], V any] struct {
	n    *node[K, V]
	from int
}

func pendingOf[K Key[K], V any](m Sorted[K, V]) (p pending[K, V]) {
	if m.root != nil {
		p = append(p, part[K, V]{n: m.root})
	}
	return p
}

func (p pending[K, V]) top() part[K, V] { return p[len(p)-1] }

func (p pending[K, V]) skip() pending[K, V] { return p[:len(p)-1] }

// compare orders two parts, one of which is not empty, by their first keys. An empty one comes last.
func (p pending[K, V]) compare(o pending[K, V]) int {
	switch {
	case len(p) == 0:
		return 1
	case len(o) == 0:
		return -1
	}
	a, b := p.top(), o.top()
	return a.n.keys[a.from].Compare(b.n.keys[b.from])
}

// divides reports whether a node with kids comes next.
func (p pending[K, V]) divides() bool { return len(p) > 0 && p.top().n.kids != nil }

// divided has the kids in the place of the node that comes next.
func (p pending[K, V]) divided() pending[K, V] {
	kids := p.top().n.kids
	p = p.skip()
	for _, kid := range slices.Backward(kids) {
		p = append(p, part[K, V]{n: kid})
	}
	return p
}

func (p pending[K, V]) first() (K, V) {
	at := p.top()
	return at.n.keys[at.from], at.n.values[at.from]
}

// rest is what comes after the first key.
func (p pending[K, V]) rest() pending[K, V] {
	at := &p[len(p)-1]
	if at.from++; at.from == len(at.n.keys) {
		return p.skip()
	}
	return p
}

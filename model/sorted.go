package model

import (
	"iter"
	"slices"
)

// Sorted is an immutable map in the order of its keys. With and Without return a
// changed map that shares with the old one what did not change. Their cost, and
// that of a look-up, grows with the logarithm of the length.
//
// Maps can be compared with ==: equal ones hold the same. A map that follows from
// another by no change is equal to it; two that were made apart are not, even
// where they hold the same. The zero value is the empty map.
type Sorted[K Key[K], V any] struct{ root *node[K, V] }

// Key is what a Sorted is ordered by. Compare is negative where the key comes
// before the other one, 0 where they are equal.
type Key[K any] interface{ Compare(K) int }

// Pair is a key with its value.
type Pair[K, V any] struct {
	Key   K
	Value V
}

// Get returns the value of a key.
func (m Sorted[K, V]) Get(k K) (V, bool) {
	for n := m.root; n != nil; {
		i, found := n.search(k)
		switch {
		case n.kids != nil:
			n = n.kids[n.below(i, found)]
		case found:
			return n.values[i], true
		default:
			n = nil
		}
	}
	var none V
	return none, false
}

// Len is the number of keys.
func (m Sorted[K, V]) Len() int {
	if m.root == nil {
		return 0
	}
	return m.root.len
}

// All yields keys and values in the order of the keys.
func (m Sorted[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if m.root != nil {
			m.root.all(yield)
		}
	}
}

// From is All from a key on, whether or not the map has it.
func (m Sorted[K, V]) From(k K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if m.root != nil {
			m.root.from(k, yield)
		}
	}
}

// At returns the i-th key and its value, for i from 0 to Len()-1.
func (m Sorted[K, V]) At(i int) (K, V) {
	n := m.root
	for n.kids != nil {
		at := 0
		for ; i >= n.kids[at].len; at++ {
			i -= n.kids[at].len
		}
		n = n.kids[at]
	}
	return n.keys[i], n.values[i]
}

// Rank is the number of keys that come before k.
func (m Sorted[K, V]) Rank(k K) (rank int) {
	for n := m.root; n != nil; {
		i, found := n.search(k)
		if n.kids == nil {
			return rank + i
		}
		i = n.below(i, found)
		rank += lengths(n.kids[:i])
		n = n.kids[i]
	}
	return 0
}

// With returns a map in which k has the value v.
func (m Sorted[K, V]) With(k K, v V) Sorted[K, V] { return m.WithAll([]Pair[K, V]{{k, v}}) }

// WithAll returns a map that has all the pairs as well. Of several pairs with one
// key the last one counts. It is how a map is built: each node is made once, however many pairs
// go into it.
func (m Sorted[K, V]) WithAll(pairs []Pair[K, V]) Sorted[K, V] {
	edits := make([]edit[K, V], len(pairs))
	for i, p := range pairs {
		edits[i] = edit[K, V]{key: p.Key, value: p.Value}
	}
	sortEdits(edits)
	return m.edited(edits)
}

// Without returns a map that lacks all the keys. Each node is made once, however many keys leave it.
func (m Sorted[K, V]) Without(keys ...K) Sorted[K, V] {
	edits := make([]edit[K, V], 0, len(keys))
	for _, k := range keys {
		if _, found := m.Get(k); found {
			edits = append(edits, edit[K, V]{key: k, gone: true})
		}
	}
	sortEdits(edits)
	return m.edited(edits)
}

// edited carries out edits that are in the order of their keys.
func (m Sorted[K, V]) edited(edits []edit[K, V]) Sorted[K, V] {
	if len(edits) == 0 {
		return m
	}
	root := m.root
	if root == nil {
		root = &node[K, V]{}
	}
	nodes := root.edited(edits)
	for len(nodes) > 1 {
		nodes = parents(nodes)
	}
	root = nodes[0]
	for len(root.kids) == 1 {
		root = root.kids[0]
	}
	if root.len == 0 {
		root = nil
	}
	return Sorted[K, V]{root}
}

// A Sorted is a B+ tree: values are in the leaves, all leaves are equally deep. All nodes but the
// root have narrow to wide keys.
const (
	wide   = 32
	narrow = wide / 4
)

// node is never changed once it is in a tree.
type node[K Key[K], V any] struct {
	// keys are in a leaf those of the values, else the first of each kid.
	keys   []K
	values []V
	kids   []*node[K, V]
	len    int // values below
}

// edit gives a key another value, or removes it.
type edit[K, V any] struct {
	key   K
	value V
	gone  bool
}

// sortEdits orders edits by their keys. Those of one key stay in their order.
func sortEdits[K Key[K], V any](edits []edit[K, V]) {
	byKey := func(a, b edit[K, V]) int { return a.key.Compare(b.key) }
	if !slices.IsSortedFunc(edits, byKey) {
		slices.SortStableFunc(edits, byKey)
	}
}

func (n *node[K, V]) search(k K) (int, bool) {
	return slices.BinarySearchFunc(n.keys, k, K.Compare)
}

// below is the kid that has a key, or would have it, by what search found.
func (n *node[K, V]) below(i int, found bool) int {
	if found {
		return i
	}
	return max(i-1, 0)
}

func (n *node[K, V]) all(yield func(K, V) bool) bool {
	for i, k := range n.keys {
		if n.kids != nil && !n.kids[i].all(yield) || n.kids == nil && !yield(k, n.values[i]) {
			return false
		}
	}
	return true
}

// from is all from a key on. Keys after the first node that it looks into are not compared.
func (n *node[K, V]) from(k K, yield func(K, V) bool) bool {
	i, found := n.search(k)
	if n.kids == nil {
		for ; i < len(n.keys); i++ {
			if !yield(n.keys[i], n.values[i]) {
				return false
			}
		}
		return true
	}
	i = n.below(i, found)
	if !n.kids[i].from(k, yield) {
		return false
	}
	for _, kid := range n.kids[i+1:] {
		if !kid.all(yield) {
			return false
		}
	}
	return true
}

// edited gives the nodes that take the place of one. The only one may be too narrow, or have nothing
// below.
func (n *node[K, V]) edited(edits []edit[K, V]) []*node[K, V] {
	if n.kids == nil {
		return n.merged(edits).divided()
	}
	first, last := n.kidOf(edits[0].key), n.kidOf(edits[len(edits)-1].key)
	if first < last {
		return parents(n.spliced(first, last, n.between(first, last, edits)))
	}
	fresh := n.kids[first].edited(edits)
	if len(fresh) == 1 && len(fresh[0].keys) >= narrow { // as nearly always
		return []*node[K, V]{n.replaced(first, fresh[0])}
	}
	return parents(n.spliced(first, last, fresh))
}

// kidOf is the kid that has a key, or would have it.
func (n *node[K, V]) kidOf(k K) int { return n.below(n.search(k)) }

// replaced is a node with another kid in the place of one.
func (n *node[K, V]) replaced(i int, kid *node[K, V]) *node[K, V] {
	out := &node[K, V]{keys: n.keys, kids: slices.Clone(n.kids), len: n.len - n.kids[i].len + kid.len}
	out.kids[i] = kid
	if kid.keys[0].Compare(n.keys[i]) != 0 {
		out.keys = slices.Clone(n.keys)
		out.keys[i] = kid.keys[0]
	}
	return out
}

// between gives what takes the place of the kids from first to last by edits of them.
func (n *node[K, V]) between(first, last int, edits []edit[K, V]) (fresh []*node[K, V]) {
	for i := first; i <= last; i++ {
		mine := len(edits)
		if i < last {
			mine, _ = slices.BinarySearchFunc(edits, n.keys[i+1], func(e edit[K, V], k K) int { return e.key.Compare(k) })
		}
		if mine == 0 {
			fresh = append(fresh, n.kids[i])
			continue
		}
		fresh = append(fresh, n.kids[i].edited(edits[:mine])...)
		edits = edits[mine:]
	}
	return fresh
}

// spliced are the kids of a node with others in the place of those from first to last.
func (n *node[K, V]) spliced(first, last int, fresh []*node[K, V]) []*node[K, V] {
	kids := append(make([]*node[K, V], 0, len(n.kids)+len(fresh)), n.kids[:first]...)
	for _, kid := range fresh {
		kids = appended(kids, kid)
	}
	rest := n.kids[last+1:]
	if len(rest) == 0 {
		return kids
	}
	return append(appended(kids, rest[0]), rest[1:]...)
}

// appended adds a node to its neighbours. One that is too narrow is joined to the one before.
func appended[K Key[K], V any](nodes []*node[K, V], n *node[K, V]) []*node[K, V] {
	last := len(nodes) - 1
	if last < 0 || len(n.keys) >= narrow && len(nodes[last].keys) >= narrow {
		return append(nodes, n)
	}
	return append(nodes[:last], nodes[last].joined(n).divided()...)
}

// merged is a leaf after edits, of any width.
func (n *node[K, V]) merged(edits []edit[K, V]) *node[K, V] {
	out := &node[K, V]{keys: make([]K, 0, len(n.keys)+len(edits)), values: make([]V, 0, len(n.keys)+len(edits))}
	at := 0
	keep := func(to int) {
		out.keys, out.values = append(out.keys, n.keys[at:to]...), append(out.values, n.values[at:to]...)
		at = to
	}
	for i, e := range edits {
		to, found := n.search(e.key)
		keep(max(at, to))
		if found && at == to {
			at++
		}
		if last := i+1 == len(edits) || edits[i+1].key.Compare(e.key) != 0; last && !e.gone {
			out.keys, out.values = append(out.keys, e.key), append(out.values, e.value)
		}
	}
	keep(len(n.keys))
	out.len = len(out.keys)
	return out
}

// joined is a node with all that its neighbour has too. The only kid of either may be too narrow.
func (n *node[K, V]) joined(o *node[K, V]) *node[K, V] {
	if n.kids == nil {
		return &node[K, V]{keys: slices.Concat(n.keys, o.keys), values: slices.Concat(n.values, o.values), len: n.len + o.len}
	}
	return parent(append(appended(slices.Clone(n.kids), o.kids[0]), o.kids[1:]...))
}

// divided gives nodes that are not too wide and have what one has.
func (n *node[K, V]) divided() []*node[K, V] {
	if len(n.keys) <= wide {
		return []*node[K, V]{n}
	}
	out := make([]*node[K, V], 0, len(n.keys)/wide+1)
	for from, to := range portions(len(n.keys)) {
		part := &node[K, V]{keys: slices.Clone(n.keys[from:to]), len: to - from}
		if n.kids == nil {
			part.values = slices.Clone(n.values[from:to])
		} else {
			part.kids = slices.Clone(n.kids[from:to])
			part.len = lengths(part.kids)
		}
		out = append(out, part)
	}
	return out
}

// parents gives the nodes above others.
func parents[K Key[K], V any](kids []*node[K, V]) []*node[K, V] { return parent(kids).divided() }

// parent is the node above others, of any width.
func parent[K Key[K], V any](kids []*node[K, V]) *node[K, V] {
	n := &node[K, V]{keys: make([]K, len(kids)), kids: kids, len: lengths(kids)}
	for i, kid := range kids {
		if len(kid.keys) > 0 { // else it is the only one, and the tree empty
			n.keys[i] = kid.keys[0]
		}
	}
	return n
}

func lengths[K Key[K], V any](nodes []*node[K, V]) (n int) {
	for _, o := range nodes {
		n += o.len
	}
	return n
}

// portions cuts a number of keys into the fewest equal parts that are not too wide.
func portions(n int) iter.Seq2[int, int] {
	parts := (n + wide - 1) / wide
	return func(yield func(from, to int) bool) {
		for i := range parts {
			if !yield(i*n/parts, (i+1)*n/parts) {
				return
			}
		}
	}
}

package store

import (
	"math/bits"
	"slices"
)

// numbers finds who uses a number of 24 bits, and the lowest that nobody uses, in
// a time that does not depend on how many are in use. It is an immutable value;
// with and without return a changed copy that shares what did not change.
type numbers struct{ root *node }

// Numbers are divided into digits of 6 bits; a node has a child for each digit.
const (
	digit = 6
	fan   = 1 << digit
	depth = 4 // digits of a number
)

type node struct {
	// full are the children below which every number is in use. In a leaf it is the
	// numbers that are.
	full  uint64
	kids  []*node
	users [][]user // of a leaf
}

// user is a record that uses a number.
type user struct{ table, id string }

func (s numbers) with(n uint32, u user) numbers {
	return numbers{s.root.change(depth-1, n, func(list []user) []user { return append(slices.Clone(list), u) })}
}

func (s numbers) without(n uint32, u user) numbers {
	return numbers{s.root.change(depth-1, n, func(list []user) []user {
		i := slices.Index(list, u)
		if i < 0 {
			return list
		}
		return slices.Delete(slices.Clone(list), i, i+1)
	})}
}

// users are those of one number. The caller must not change the list.
func (s numbers) users(n uint32) []user {
	at := s.root
	for level := depth - 1; at != nil; level-- {
		i := n >> (level * digit) & (fan - 1)
		if level == 0 {
			return at.users[i]
		}
		at = at.kids[i]
	}
	return nil
}

// free is the lowest number from first on that nobody uses; false when all are in
// use.
func (s numbers) free(first uint32) (uint32, bool) {
	if first >= 1<<(depth*digit) {
		return 0, false
	}
	return s.root.free(depth-1, first)
}

// change gives the node with another list of users for a number; nil when nobody
// uses a number of the node any more.
func (o *node) change(level int, n uint32, f func([]user) []user) *node {
	c := node{}
	if o != nil {
		c = node{full: o.full, kids: slices.Clone(o.kids), users: slices.Clone(o.users)}
	}
	i := n >> (level * digit) & (fan - 1)
	full := false
	if level == 0 {
		c.users = slices.Grow(c.users, fan)[:fan]
		c.users[i] = f(c.users[i])
		full = len(c.users[i]) > 0
	} else {
		c.kids = slices.Grow(c.kids, fan)[:fan]
		c.kids[i] = c.kids[i].change(level-1, n, f)
		full = c.kids[i] != nil && c.kids[i].full == ^uint64(0)
	}
	c.full &^= 1 << i
	if full {
		c.full |= 1 << i
	}
	if c.full == 0 && !slices.ContainsFunc(c.kids, func(kid *node) bool { return kid != nil }) {
		return nil
	}
	return &c
}

// free is numbers.free within the node.
func (o *node) free(level int, first uint32) (uint32, bool) {
	if o == nil {
		return first, true
	}
	shift := level * digit
	for at := first >> shift; at < fan; at++ {
		at += uint32(bits.TrailingZeros64(^(o.full >> at)))
		if at >= fan {
			break
		}
		rest := uint32(0)
		if at == first>>shift {
			rest = first & (1<<shift - 1)
		}
		if level == 0 {
			return at, true
		}
		if n, ok := o.kids[at].free(level-1, rest); ok {
			return at<<shift | n, true
		}
	}
	return 0, false
}

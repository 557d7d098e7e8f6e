package store

import (
	"cmp"
	"sort"
	"strings"

	"bordergw/model"
)

// numbers counts who uses a number of 24 bits, and finds the lowest that nobody uses, in
// a time that grows with the logarithm of how many are in use. It is an immutable value;
// with and without return a changed copy that shares what did not change.
type numbers struct{ of model.Sorted[wireNumber, int] }

// wireNumber is a VNI, or a VLAN on the cable of a device.
type wireNumber struct {
	cable string
	n     uint32
}

// Compare orders by cable.
func (w wireNumber) Compare(o wireNumber) int {
	if d := strings.Compare(w.cable, o.cable); d != 0 {
		return d
	}
	return cmp.Compare(w.n, o.n)
}

// maxNumber is the highest number.
const maxNumber = 1<<24 - 1

// with adds so many users to each number.
func (s numbers) with(users map[wireNumber]int) numbers {
	pairs := make([]model.Pair[wireNumber, int], 0, len(users))
	for w, n := range users {
		pairs = append(pairs, model.Pair[wireNumber, int]{Key: w, Value: s.users(w) + n})
	}
	return numbers{s.of.WithAll(pairs)}
}

// without takes a user from a number that has one.
func (s numbers) without(w wireNumber) numbers {
	if n := s.users(w); n > 1 {
		return numbers{s.of.With(w, n-1)}
	}
	return numbers{s.of.Without(w)}
}

func (s numbers) users(w wireNumber) int {
	n, _ := s.of.Get(w)
	return n
}

// free is the lowest number on a cable, or the lowest VNI for "", from first on that nobody uses;
// false when all are in use.
func (s numbers) free(cable string, first uint32) (uint32, bool) {
	from := s.of.Rank(wireNumber{cable, first})
	run := sort.Search(s.of.Len()-from, func(i int) bool {
		w, _ := s.of.At(from + i)
		return w != wireNumber{cable, first + uint32(i)}
	})
	if n := first + uint32(run); n <= maxNumber {
		return n, true
	}
	return 0, false
}

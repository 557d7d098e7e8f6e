package store

import (
	"cmp"
	"slices"
	"sort"

	"bordergw/model"
)

// numbers finds who uses a number of 24 bits, and the lowest that nobody uses, in
// a time that grows with the logarithm of how many are in use. It is an immutable value;
// with and without return a changed copy that shares what did not change.
type numbers struct{ of model.Sorted[number, []user] }

type number uint32

func (n number) Compare(o number) int { return cmp.Compare(n, o) }

// maxNumber is the highest number.
const maxNumber = 1<<24 - 1

// user is a record that uses a number.
type user struct{ table, id string }

func (s numbers) with(n uint32, u user) numbers {
	return numbers{s.of.With(number(n), append(slices.Clone(s.users(n)), u))}
}

func (s numbers) without(n uint32, u user) numbers {
	list := s.users(n)
	i := slices.Index(list, u)
	switch {
	case i < 0:
		return s
	case len(list) == 1:
		return numbers{s.of.Without(number(n))}
	}
	return numbers{s.of.With(number(n), slices.Delete(slices.Clone(list), i, i+1))}
}

// users are those of one number. The caller must not change the list.
func (s numbers) users(n uint32) []user {
	list, _ := s.of.Get(number(n))
	return list
}

// free is the lowest number from first on that nobody uses; false when all are in
// use.
func (s numbers) free(first uint32) (uint32, bool) {
	from := s.of.Rank(number(first))
	run := sort.Search(s.of.Len()-from, func(i int) bool {
		n, _ := s.of.At(from + i)
		return n != number(first)+number(i)
	})
	if n := first + uint32(run); n <= maxNumber {
		return n, true
	}
	return 0, false
}

package model_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// plainChanges is the oracle of SortedChanges.
func plainChanges(was, now sorted) (out []pair) {
	for k, v := range was.All() {
		if w, has := now.Get(k); !has || w != v {
			out = append(out, pair{Key: k})
		}
	}
	for k := range now.All() {
		if _, had := was.Get(k); !had {
			out = append(out, pair{Key: k})
		}
	}
	slices.SortFunc(out, func(a, b pair) int { return a.Key.Compare(b.Key) })
	return out
}

// TestSortedChanges holds what it says of any two maps against all that they have, whether or not one
// follows from the other.
func TestSortedChanges(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	versions := []sorted{{}}
	for range 400 {
		m := versions[r.IntN(len(versions))]
		for range r.IntN(20) {
			if m.Len() > 0 && r.IntN(2) == 0 {
				k, _ := m.At(r.IntN(m.Len()))
				m = m.Without(k)
			} else {
				m = m.With(number(r.IntN(3000)), 1+r.IntN(3))
			}
		}
		if r.IntN(20) == 0 {
			pairs := make([]pair, 2000)
			for i := range pairs {
				pairs[i] = pair{Key: number(r.IntN(3000)), Value: 1 + r.IntN(3)}
			}
			m = m.WithAll(pairs)
		}
		was := versions[r.IntN(len(versions))]
		versions = append(versions, m)
		for _, two := range [][2]sorted{{was, m}, {m, was}, {m, m}, {{}, m}} {
			var got []pair
			for k, d := range model.SortedChanges(two[0], two[1]) {
				then, _ := two[0].Get(k)
				now, _ := two[1].Get(k)
				require.Equal(t, model.Change[int]{Was: then, Now: now}, d)
				got = append(got, pair{Key: k})
			}
			require.Equal(t, plainChanges(two[0], two[1]), got)
		}
	}
}

// counted is a key that counts how often it is compared.
type counted struct {
	n    int
	seen *int
}

func (c counted) Compare(o counted) int {
	*c.seen++
	return c.n - o.n
}

// TestSortedChangesCost: what is shared costs nothing, however much it is.
func TestSortedChangesCost(t *testing.T) {
	seen := 0
	cost := func(size int) int {
		var pairs []model.Pair[counted, int]
		for i := range size {
			pairs = append(pairs, model.Pair[counted, int]{Key: counted{2 * i, &seen}, Value: 1})
		}
		was := model.Sorted[counted, int]{}.WithAll(pairs)
		now := was.With(counted{size + 1, &seen}, 1).Without(counted{0, &seen}).With(counted{size / 2 * 2, &seen}, 2)
		seen = 0
		found := 0
		for range model.SortedChanges(was, now) {
			found++
		}
		require.Equal(t, 3, found)
		return seen
	}
	require.Less(t, cost(100_000), 4*cost(1000))
}

// TestSortedFrom holds From against All.
func TestSortedFrom(t *testing.T) {
	var m sorted
	for i := range 500 {
		m = m.With(number(3*i), i)
	}
	for from := range number(1510) {
		var want, got []number
		for k := range m.All() {
			if k >= from {
				want = append(want, k)
			}
		}
		for k := range m.From(from) {
			got = append(got, k)
		}
		require.Equal(t, want, got)
	}
	for range (sorted{}).From(1) {
		t.Fatal("it is empty")
	}
	for k := range m.From(4) {
		require.EqualValues(t, 6, k)
		break
	}
}

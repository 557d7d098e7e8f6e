package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNumbers compares with a map, with numbers at the edges of nodes, and checks
// that older values are not touched.
func TestNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var s numbers
	used := map[uint32][]user{}
	lowest := func(from uint32) (uint32, bool) {
		for ; from < 1<<24; from++ {
			if len(used[from]) == 0 {
				return from, true
			}
		}
		return 0, false
	}
	bases := []uint32{0, 4096 - 64, 1<<18 - 100, 1<<24 - 200}
	for i := range 20000 {
		n := bases[r.IntN(len(bases))] + r.Uint32N(200)
		u := user{"networks", fmt.Sprint(r.IntN(3))}
		before, had := s, slices.Clone(s.users(n))
		if at := slices.Index(used[n], u); at >= 0 && r.IntN(3) == 0 {
			used[n] = slices.Delete(used[n], at, at+1)
			s = s.without(n, u)
		} else if len(used[n]) < 4 {
			used[n] = append(used[n], u)
			s = s.with(n, u)
		}
		require.ElementsMatch(t, used[n], s.users(n), "step %d", i)
		require.Equal(t, had, slices.Clone(before.users(n)), "step %d", i)
		from := bases[r.IntN(len(bases))] + r.Uint32N(200)
		want, ok := lowest(from)
		got, found := s.free(from)
		require.Equal(t, [2]any{want, ok}, [2]any{got, found}, "step %d from %d", i, from)
	}
	for n, list := range used {
		for _, u := range list {
			s = s.without(n, u)
		}
	}
	require.Zero(t, s.of.Len(), "nothing is kept of what is not used")
	_, ok := s.free(1 << 24)
	require.False(t, ok)
}

// What an allocation costs does not depend on how many numbers are in use.
func BenchmarkNumbers(b *testing.B) {
	for _, standing := range []uint32{100, 10_000, 1_000_000} {
		var s numbers
		for n := range standing {
			s = s.with(10_000+n, user{"networks", "n"})
		}
		b.Run(fmt.Sprint(standing), func(b *testing.B) {
			for b.Loop() {
				n, _ := s.free(10_000)
				s.with(n, user{"networks", "new"})
			}
		})
	}
}

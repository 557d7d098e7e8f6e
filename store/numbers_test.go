package store

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNumbers compares with a map, with numbers at the edges of nodes, and checks
// that older values are not touched.
func TestNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var s numbers
	used := map[wireNumber]int{}
	lowest := func(cable string, from uint32) (uint32, bool) {
		for ; from < 1<<24; from++ {
			if used[wireNumber{cable, from}] == 0 {
				return from, true
			}
		}
		return 0, false
	}
	bases := []uint32{0, 4096 - 64, 1<<18 - 100, 1<<24 - 200}
	cables := []string{"", "a", "b"}
	for i := range 20000 {
		w := wireNumber{cables[r.IntN(len(cables))], bases[r.IntN(len(bases))] + r.Uint32N(200)}
		before, had := s, s.users(w)
		if used[w] > 0 && r.IntN(3) == 0 {
			used[w]--
			s = s.without(w)
		} else if used[w] < 4 {
			more := 1 + r.IntN(2)
			used[w] += more
			s = s.with(map[wireNumber]int{w: more})
		}
		require.Equal(t, used[w], s.users(w), "step %d", i)
		require.Equal(t, had, before.users(w), "step %d", i)
		cable, from := cables[r.IntN(len(cables))], bases[r.IntN(len(bases))]+r.Uint32N(200)
		want, ok := lowest(cable, from)
		got, found := s.free(cable, from)
		require.Equal(t, [2]any{want, ok}, [2]any{got, found}, "step %d from %d", i, from)
	}
	for w, n := range used {
		for range n {
			s = s.without(w)
		}
	}
	require.Zero(t, s.of.Len(), "nothing is kept of what is not used")
	_, ok := s.free("", 1<<24)
	require.False(t, ok)
}

// What an allocation costs does not depend on how many numbers are in use.
func BenchmarkNumbers(b *testing.B) {
	for _, standing := range []uint32{100, 10_000, 1_000_000} {
		var s numbers
		for n := range standing {
			s = s.with(map[wireNumber]int{{n: 10_000 + n}: 1})
		}
		b.Run(fmt.Sprint(standing), func(b *testing.B) {
			for b.Loop() {
				n, _ := s.free("", 10_000)
				s.with(map[wireNumber]int{{n: n}: 1})
			}
		})
	}
}

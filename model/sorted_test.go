package model_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

type number int

func (n number) Compare(o number) int { return cmp.Compare(n, o) }

type (
	sorted = model.Sorted[number, int]
	pair   = model.Pair[number, int]
)

// requireSame compares a Sorted with a plain map in every way that it can be read.
func requireSame(t *testing.T, want map[number]int, got sorted) {
	t.Helper()
	require.Equal(t, len(want), got.Len())
	require.Equal(t, want, maps.Collect(got.All()))
	keys := slices.Sorted(maps.Keys(want))
	for i, k := range keys {
		at, v := got.At(i)
		require.Equal(t, [2]int{int(k), want[k]}, [2]int{int(at), v})
		require.Equal(t, i, got.Rank(k))
		v, ok := got.Get(k)
		require.True(t, ok)
		require.Equal(t, want[k], v)
		if _, exists := want[k+1]; !exists {
			_, ok = got.Get(k + 1)
			require.False(t, ok)
			require.Equal(t, i+1, got.Rank(k+1))
		}
	}
	i := 0
	for k := range got.All() {
		require.Equal(t, keys[i], k, "in order")
		i++
	}
}

// TestSorted holds random changes, alone and many at once, against a plain map, also
// what older values hold in the end. Its keys come and go by the thousand, so that trees grow and shrink.
func TestSorted(t *testing.T) {
	type version struct {
		want map[number]int
		got  sorted
	}
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		var now sorted
		want := map[number]int{}
		var versions []version
		for step := range 3000 {
			k := number(r.IntN(6000))
			switch phase := step / 500 % 2; {
			case r.IntN(60) == 0:
				pairs := make([]pair, r.IntN(300)) // with some keys twice
				for i := range pairs {
					pairs[i] = pair{Key: number(r.IntN(6000)), Value: step*1000 + i}
					want[pairs[i].Key] = pairs[i].Value
				}
				now = now.WithAll(pairs)
			case r.IntN(60) == 0:
				gone := make([]number, r.IntN(300)) // some that are not there, some twice, or one after another
				for i := range gone {
					gone[i] = k + number(i*(step%2)+r.IntN(1+3000*(1-step%2)))
					delete(want, gone[i])
				}
				now = now.Without(gone...)
			case r.IntN(10) < 3+5*phase:
				for range r.IntN(8) * phase * 10 {
					if len(want) > 0 {
						k, _ = now.At(r.IntN(now.Len()))
						delete(want, k)
						now = now.Without(k)
					}
				}
			default:
				now, want[k] = now.With(k, step), step
			}
			if step%100 == 0 {
				requireSame(t, want, now)
				versions = append(versions, version{maps.Clone(want), now})
			}
		}
		for _, v := range versions {
			requireSame(t, v.want, v.got)
		}
		all := slices.Collect(maps.Keys(want))
		require.Equal(t, sorted{}, now.Without(all...), "nothing is kept of what is gone")
		for _, k := range all {
			now = now.Without(k)
		}
		require.Equal(t, sorted{}, now, "nothing is kept of what is gone")
	}
}

// What does not change a map leaves it equal.
func TestSortedEqual(t *testing.T) {
	var m sorted
	require.True(t, m == m.Without(1) && m == m.WithAll(nil)) //nolint:all // equality is what is tested
	m = m.With(1, 1)
	require.True(t, m == m.Without(2) && m == m.Without() && m == m.Without(2, 3)) //nolint:all
	require.False(t, m == m.With(1, 2))
	require.False(t, m == m.With(2, 1))
	for range m.With(2, 2).All() {
		break
	}
}

// TestSortedBuilds: a map of many pairs takes memory for its nodes and not for the way there.
func TestSortedBuilds(t *testing.T) {
	pairs := make([]pair, 100_000)
	for i := range pairs {
		pairs[i] = pair{Key: number(i), Value: i}
	}
	require.Less(t, testing.AllocsPerRun(1, func() { sorted{}.WithAll(pairs) }), float64(len(pairs))/5)
	m := sorted{}.WithAll(pairs)
	require.Less(t, testing.AllocsPerRun(10, func() { m.With(50_000, 1) }), 16.0)
	require.Less(t, testing.AllocsPerRun(10, func() { m.Without(50_000) }), 16.0)
	half := make([]number, 0, len(pairs)/2)
	for i := range pairs[:len(pairs)/2] {
		half = append(half, number(2*i))
	}
	require.Less(t, testing.AllocsPerRun(1, func() { m.Without(half...) }), float64(len(half))/2)
	require.Zero(t, testing.AllocsPerRun(10, func() { m.Get(77_777) }))
}

func BenchmarkSorted(b *testing.B) {
	for _, n := range []int{100, 10_000, 1_000_000} {
		var m sorted
		pairs := make([]pair, n)
		for i := range pairs {
			pairs[i] = pair{Key: number(i), Value: i}
		}
		m = m.WithAll(pairs)
		for name, do := range map[string]func(number){
			"get":     func(k number) { m.Get(k) },
			"with":    func(k number) { m.With(k, 1) },
			"without": func(k number) { m.Without(k) },
		} {
			b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					do(number(i * 7919 % n))
				}
			})
		}
	}
}

package model

import (
	"cmp"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

type digits int

func (d digits) Compare(o digits) int { return cmp.Compare(d, o) }

// TestSortedShape: however a tree came to be, it is balanced, its nodes are neither too wide nor
// too narrow, and each knows its first keys and its length.
func TestSortedShape(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var m Sorted[digits, int]
	for step := range 40_000 {
		switch {
		case r.IntN(2000) == 0:
			var pairs []Pair[digits, int]
			for range r.IntN(3000) {
				pairs = append(pairs, Pair[digits, int]{Key: digits(r.IntN(100_000))})
			}
			m = m.WithAll(pairs)
		case r.IntN(1000) == 0:
			var gone []digits
			some, sparse := r.IntN(100_000), 1+r.IntN(4)
			for k := range m.From(digits(some)) {
				if len(gone) < 5000 && r.IntN(sparse) == 0 {
					gone = append(gone, k)
				}
			}
			m = m.Without(gone...)
			if m.root != nil {
				requireShape(t, m.root, true)
			}
		case m.Len() > 0 && (r.IntN(3) > 0 || step > 30_000):
			k, _ := m.At(r.IntN(m.Len()))
			m = m.Without(k)
		default:
			m = m.With(digits(r.IntN(100_000)), step)
		}
		if step%200 == 0 && m.root != nil {
			requireShape(t, m.root, true)
		}
	}
}

// requireShape returns the depth of the leaves.
func requireShape(t *testing.T, n *node[digits, int], root bool) (depth int) {
	t.Helper()
	require.LessOrEqual(t, len(n.keys), wide)
	if !root {
		require.GreaterOrEqual(t, len(n.keys), narrow)
	}
	if n.kids == nil {
		require.Len(t, n.values, len(n.keys))
		require.Equal(t, len(n.keys), n.len)
		return 1
	}
	require.Len(t, n.kids, len(n.keys))
	require.Greater(t, len(n.kids), 1)
	require.Equal(t, lengths(n.kids), n.len)
	for i, kid := range n.kids {
		require.Equal(t, n.keys[i], kid.keys[0])
		below := requireShape(t, kid, false)
		require.True(t, depth == 0 || depth == below)
		depth = below
	}
	return depth + 1
}

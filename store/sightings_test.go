package store

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	grow "bordergw/internal/growth"
	"bordergw/model"
)

// A switch that shows as many logical switches as are remembered, all with one VNI, does
// not keep those who ask for VNIs waiting: it is noted, changed and forgotten in a time
// that grows with their number.
func TestSightingsOfOneVNI(t *testing.T) {
	noted := func(n int) func() {
		first, second := map[string]model.VNI{}, map[string]model.VNI{}
		for i := range n {
			first[fmt.Sprint("ls", i)], second[fmt.Sprint("ls", i)] = 7, 8
		}
		return func() {
			var s sightings
			s.note("d", true, first)
			s.note("d", false, second)
			require.True(t, s.other(8, "n"))
			require.False(t, s.other(7, "n"))
			s.note("d", true, nil)
			require.Empty(t, s.byVNI)
			require.Empty(t, s.byDevice)
		}
	}
	grow.Linear(t, noted(maxSightings/grow.Factor), noted(maxSightings))
}

// Two devices that have one logical switch are counted each.
func TestSightingsOfTwoDevices(t *testing.T) {
	var s sightings
	for _, device := range []string{"a", "b"} {
		s.note(device, true, map[string]model.VNI{"n": 7, "n" + model.BorderSuffix: 7})
	}
	s.note("a", true, nil)
	require.True(t, s.of(7, "n"))
	require.False(t, s.other(7, "n"))
	s.note("b", false, map[string]model.VNI{"n": 0, "other": 7})
	require.True(t, s.of(7, "n"), "its second one is there")
	require.True(t, s.other(7, "n"))
	s.note("b", false, map[string]model.VNI{"n" + model.BorderSuffix: 0})
	require.False(t, s.of(7, "n"))
}

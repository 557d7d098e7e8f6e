package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// sitesOf are so many sites, each with so many switches.
func sitesOf(n, switches int) (out []place) {
	for i := range n {
		s := place{Name: fmt.Sprintf("site%d", i)}
		for j := range switches {
			s.Devices = append(s.Devices, siteDevice{ID: fmt.Sprint(i, j), Name: fmt.Sprint("sw", j), Status: model.DeviceInSync})
		}
		out = append(out, s)
	}
	return out
}

// TestDrawing: whatever there is, all boxes and tiles lie within the picture and none on another.
func TestDrawing(t *testing.T) {
	for _, c := range []struct{ sites, switches int }{{0, 0}, {1, 0}, {1, 1}, {2, 12}, {3, 13}, {4, 1}, {30, 20}, {1, 500}} {
		t.Run(fmt.Sprintf("%d sites of %d", c.sites, c.switches), func(t *testing.T) {
			d := draw(sitesOf(c.sites, c.switches), []stretch{{Sites: [2]string{"site0", "site1"}, Networks: 3}})
			require.Len(t, d.Boxes, c.sites)
			require.Len(t, d.Lines, map[bool]int{true: 1, false: 0}[c.sites > 1], "a line has two ends")
			for i, b := range d.Boxes {
				require.Len(t, b.Tiles, c.switches)
				require.LessOrEqual(t, b.X+b.Width, d.Width)
				require.LessOrEqual(t, b.Y+b.Height, d.Height)
				for _, other := range d.Boxes[:i] {
					apart := b.X >= other.X+other.Width || b.Y >= other.Y+other.Height || other.X >= b.X+b.Width
					require.True(t, apart, "%s lies on %s", b.Name, other.Name)
				}
				for _, tl := range b.Tiles {
					require.Less(t, tl.X+tile, b.X+b.Width)
					require.Less(t, tl.Y+tile, b.Y+b.Height)
				}
			}
		})
	}
}

// TestTilesHaveShapes: what a switch is can be told without colours.
func TestTilesHaveShapes(t *testing.T) {
	seen := map[string]bool{}
	for _, status := range []string{model.DeviceInSync, model.DeviceSyncing, model.DeviceDegraded, model.DeviceUnreachable} {
		shape := boxTile{siteDevice: siteDevice{Status: status}}.Shape()
		require.False(t, seen[shape], status)
		seen[shape] = true
	}
	shapes := map[string]string{}
	for tone, glyph := range glyphs {
		require.Empty(t, shapes[glyph], "%s has the sign of another", tone)
		shapes[glyph] = tone
	}
}

func TestLinesGrowWithNetworks(t *testing.T) {
	sites, last := sitesOf(2, 1), 0
	for _, n := range []int{1, 3, 30, 3_000} {
		l := draw(sites, []stretch{{Sites: [2]string{"site0", "site1"}, Networks: n}}).Lines[0]
		require.GreaterOrEqual(t, l.Thickness, last)
		last = l.Thickness
	}
	require.Equal(t, 8, last, "but not without end")
}

func TestLongNamesOfSites(t *testing.T) {
	require.Equal(t, "no site", box{}.Short())
	require.Equal(t, nameRunes, len([]rune(box{Name: strings.Repeat("ü", 99)}.Short())))
}

package web

import (
	"cmp"
	"fmt"
	"math"
)

// Measures of the drawing of sites, in units of its own that are pixels at full size.
const (
	tile       = 14
	tileGap    = 4
	tilesInRow = 12
	boxPad     = 10
	boxTitle   = 22
	boxGap     = 60
	boxWidth   = 2*boxPad + tilesInRow*(tile+tileGap) - tileGap
	boxesInRow = 3
	// arcs are drawn above the boxes.
	arcRoom = 46
	// nameRunes is how much of a site's name has room in a box.
	nameRunes = 26
)

// drawing is the picture of sites: boxes with a tile for each switch, and lines for what borders join.
type drawing struct {
	Width, Height int
	Boxes         []box
	Lines         []line
}

type box struct {
	Name                string
	X, Y, Width, Height int
	Tiles               []boxTile
}

type boxTile struct {
	siteDevice
	X, Y int
}

type line struct {
	stretch
	Path string
	// Thickness grows with the number of networks. MidX and MidY are where the number stands.
	Thickness, MidX, MidY int
}

// draw places sites in rows, and lines between them.
func draw(sites []place, stretches []stretch) drawing {
	out := drawing{Width: boxGap/2 + min(len(sites), boxesInRow)*(boxWidth+boxGap) - boxGap/2}
	arcs := boxPad
	if len(stretches) > 0 {
		arcs = arcRoom
	}
	at, y := map[string]box{}, arcs
	for from := 0; from < len(sites); from += boxesInRow {
		row, height := sites[from:min(len(sites), from+boxesInRow)], 0
		for i, s := range row {
			b := newBox(s, boxGap/4+i*(boxWidth+boxGap), y)
			height = max(height, b.Height)
			out.Boxes, at[s.Name] = append(out.Boxes, b), b
		}
		y += height + arcs
	}
	out.Height = y - arcs + boxPad
	for _, s := range stretches {
		a, knownA := at[s.Sites[0]]
		b, knownB := at[s.Sites[1]]
		if knownA && knownB {
			out.Lines = append(out.Lines, newLine(s, a, b))
		}
	}
	return out
}

func newBox(s place, x, y int) box {
	rows := max(1, (len(s.Devices)+tilesInRow-1)/tilesInRow)
	b := box{Name: s.Name, X: x, Y: y, Width: boxWidth, Height: boxTitle + boxPad + rows*(tile+tileGap) - tileGap + boxPad}
	for i, d := range s.Devices {
		b.Tiles = append(b.Tiles, boxTile{d, x + boxPad + i%tilesInRow*(tile+tileGap), y + boxTitle + boxPad + i/tilesInRow*(tile+tileGap)})
	}
	return b
}

// newLine is an arc from one box's upper edge to another's: it passes over what is between them.
func newLine(s stretch, a, b box) line {
	if a.X > b.X {
		a, b = b, a
	}
	x1, x2 := a.X+a.Width*2/3, b.X+b.Width/3
	if a.X == b.X {
		x1, x2 = a.X+a.Width/4, b.X+b.Width/4
	}
	top := min(a.Y, b.Y) - arcRoom + 8
	l := line{stretch: s, Path: fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, a.Y, x1, top, x2, top, x2, b.Y)}
	l.Thickness = 2 + int(math.Min(6, math.Log2(float64(1+s.Networks))))
	// The point in the middle of a cubic curve.
	l.MidX, l.MidY = (x1+3*x1+3*x2+x2)/8, (a.Y+6*top+b.Y)/8
	return l
}

// Label is what a site without a name is called.
func (s place) Label() string { return cmp.Or(s.Name, "no site") }

// Short is what a box is called: as much as has room.
func (b box) Short() string {
	name := []rune(cmp.Or(b.Name, "no site"))
	if len(name) > nameRunes {
		return string(name[:nameRunes-1]) + "…"
	}
	return string(name)
}

// MidX and MidY are the middle of a tile.
func (t boxTile) MidX() int { return t.X + tile/2 }

// MidY is its height.
func (t boxTile) MidY() int { return t.Y + tile/2 }

// Shape is the outline of a tile: each tone has its own.
func (t boxTile) Shape() string {
	x, y := t.X, t.Y
	switch toneOf(t.Status) {
	case toneBad: // a cross
		return fmt.Sprintf("M%d %dl4 0 3 4 3-4 4 0 0 0-5 7 5 7-4 0-3-4-3 4-4 0 5-7z", x, y)
	case toneWarning: // a triangle
		return fmt.Sprintf("M%d %dl7 13h-14z", x+7, y)
	case toneBusy: // half filled
		return fmt.Sprintf("M%d %dh7v14h-7z", x, y)
	}
	return fmt.Sprintf("M%d %dh14v14h-14z", x, y)
}

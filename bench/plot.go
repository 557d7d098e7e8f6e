package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// plot draws how full pushes and lone changes grow, both axes logarithmic.
func (r results) plot() string {
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", 2*panelWidth, panelHeight)
	out.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	r.panel(&out, 0, workPush, "full push: ms by MACs")
	r.panel(&out, panelWidth, workChange, "one change: ms by rows standing")
	out.WriteString("</svg>\n")
	return out.String()
}

const (
	panelWidth, panelHeight    = 520, 460
	marginLeft, marginTop      = 60, 40
	plotWidth, plotHeight      = 430, 260
	minSize, maxSize           = 3.0, 5.0 // decades: 1,000 to 100,000
	minMillis, maxMillis       = -1.0, 5.0
	legendTop, legendLineSpace = marginTop + plotHeight + 50, 18
)

var colours = []string{"#1b6ca8", "#d1495b", "#66a182", "#edae49", "#6f4e7c", "#555555"}

func xOf(left int, size float64) float64 {
	return float64(left+marginLeft) + (math.Log10(size)-minSize)/(maxSize-minSize)*plotWidth
}

func yOf(ms float64) float64 {
	return marginTop + plotHeight - (math.Log10(ms)-minMillis)/(maxMillis-minMillis)*plotHeight
}

func (r results) panel(out *strings.Builder, left int, work, title string) {
	fmt.Fprintf(out, `<text x="%d" y="24" font-size="14">%s</text>`+"\n", left+marginLeft, title)
	axes(out, left)
	for i, who := range r.drawn(work) {
		r.line(out, left, work, who, colours[i%len(colours)], i)
	}
}

func axes(out *strings.Builder, left int) {
	for d := minMillis; d <= maxMillis; d++ {
		y := yOf(math.Pow(10, d))
		fmt.Fprintf(out, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left+marginLeft, left+marginLeft+plotWidth, y, y, left+marginLeft-6, y+4, math.Pow(10, d))
	}
	for d := minSize; d <= maxSize; d++ {
		x := xOf(left, math.Pow(10, d))
		fmt.Fprintf(out, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n",
			x, x, marginTop, marginTop+plotHeight, x, marginTop+plotHeight+18, math.Pow(10, d))
	}
}

// drawn are all who did the work, ours first.
func (r results) drawn(work string) (who []string) {
	for k := range r {
		if k.work == work && !slices.Contains(who, k.who) {
			who = append(who, k.who)
		}
	}
	rank := map[string]string{ours: "0", floor: "1"}
	slices.SortFunc(who, func(x, y string) int { return strings.Compare(rank[x]+x, rank[y]+y) })
	return who
}

func (r results) line(out *strings.Builder, left int, work, who, colour string, index int) {
	var points []string
	for _, size := range []int{1_000, 10_000, 100_000} {
		s, ok := r.median(work, size, who)
		if !ok || s.wall <= 0 {
			continue
		}
		x, y := xOf(left, float64(size)), yOf(wall(s))
		points = append(points, fmt.Sprintf("%.1f,%.1f", x, y))
		fmt.Fprintf(out, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x, y, colour)
	}
	fmt.Fprintf(out, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "), colour)
	y := legendTop + index*legendLineSpace
	fmt.Fprintf(out, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", left+marginLeft, y, colour, who)
}

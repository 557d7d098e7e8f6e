package site

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// context is how many lines are shown around what differs.
const context = 3

// Diff compares two texts as diff -u does, without times. It is empty if they are equal.
func Diff(from, to []byte, fromName, toName string) []byte {
	if bytes.Equal(from, to) {
		return nil
	}
	d := &differ{from: splitLines(from), to: splitLines(to)}
	d.compare(0, len(d.from), 0, len(d.to))
	var out bytes.Buffer
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", fromName, toName)
	for at := 0; at < len(d.edits); {
		end := d.hunkEnd(at)
		d.print(&out, d.edits[at:end])
		at = end
	}
	return out.Bytes()
}

func splitLines(text []byte) []string {
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// edit replaces lines of one text by lines of the other.
type edit struct{ from, fromEnd, to, toEnd int }

// differ finds the lines that both texts have once between two that are known to be the
// same, in an order that both have (patience diff).
type differ struct {
	from, to []string
	edits    []edit
}

func (d *differ) compare(from, fromEnd, to, toEnd int) {
	for from < fromEnd && to < toEnd && d.from[from] == d.to[to] {
		from, to = from+1, to+1
	}
	for from < fromEnd && to < toEnd && d.from[fromEnd-1] == d.to[toEnd-1] {
		fromEnd, toEnd = fromEnd-1, toEnd-1
	}
	if from == fromEnd && to == toEnd {
		return
	}
	same := d.anchors(from, fromEnd, to, toEnd)
	if len(same) == 0 {
		d.edits = append(d.edits, edit{from, fromEnd, to, toEnd})
		return
	}
	for _, at := range same {
		if at[0] < from || at[1] < to {
			continue // taken with the lines before
		}
		d.compare(from, at[0], to, at[1])
		from, to = at[0], at[1]
		for from < fromEnd && to < toEnd && d.from[from] == d.to[to] {
			from, to = from+1, to+1
		}
	}
	d.compare(from, fromEnd, to, toEnd)
}

// anchors are the longest list of lines that stand once in both parts, in one order.
func (d *differ) anchors(from, fromEnd, to, toEnd int) [][2]int {
	once := map[string]int{} // its place in to, -1 for a line that stands there twice
	for i := to; i < toEnd; i++ {
		if _, twice := once[d.to[i]]; twice {
			once[d.to[i]] = -1
		} else {
			once[d.to[i]] = i
		}
	}
	seen := map[string]int{}
	for i := from; i < fromEnd; i++ {
		seen[d.from[i]]++
	}
	var pairs [][2]int
	for i := from; i < fromEnd; i++ {
		if at, is := once[d.from[i]]; is && at >= 0 && seen[d.from[i]] == 1 {
			pairs = append(pairs, [2]int{i, at})
		}
	}
	return rising(pairs)
}

// rising is the longest part of pairs whose second numbers rise.
func rising(pairs [][2]int) [][2]int {
	var tails []int // by length less one, the pair that such a part ends with
	before := make([]int, len(pairs))
	for i, p := range pairs {
		n := sort.Search(len(tails), func(n int) bool { return pairs[tails[n]][1] >= p[1] })
		before[i] = -1
		if n > 0 {
			before[i] = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, i)
		} else {
			tails[n] = i
		}
	}
	var out [][2]int
	if len(tails) > 0 {
		for i := tails[len(tails)-1]; i >= 0; i = before[i] {
			out = append(out, pairs[i])
		}
	}
	slices.Reverse(out)
	return out
}

// hunkEnd is the end of the edits that are shown together with the one at a place.
func (d *differ) hunkEnd(at int) int {
	end := at + 1
	for end < len(d.edits) && d.edits[end].from-d.edits[end-1].fromEnd <= 2*context {
		end++
	}
	return end
}

// print prints edits that stand close together.
func (d *differ) print(out *bytes.Buffer, edits []edit) {
	first, last := edits[0], edits[len(edits)-1]
	before := min(context, first.from)
	after := min(context, len(d.from)-last.fromEnd)
	fmt.Fprintf(out, "@@ -%s +%s @@\n", span(first.from-before, last.fromEnd+after), span(first.to-before, last.toEnd+after))
	at := first.from - before
	for _, e := range edits {
		lines(out, " ", d.from[at:e.from])
		lines(out, "-", d.from[e.from:e.fromEnd])
		lines(out, "+", d.to[e.to:e.toEnd])
		at = e.fromEnd
	}
	lines(out, " ", d.from[at:last.fromEnd+after])
}

func span(from, end int) string {
	if end-from == 1 {
		return fmt.Sprint(from + 1)
	}
	return fmt.Sprintf("%d,%d", min(from+1, end), end-from)
}

func lines(out *bytes.Buffer, sign string, all []string) {
	for _, line := range all {
		out.WriteString(sign + line + "\n")
	}
}

// Fill gives what exists the form of a file that is compared with it: what the file leaves to
// the controller is as it is, and how it names what exists is no difference.
func Fill(want, is *File) {
	vnis := map[string]*Network{}
	for _, n := range is.Networks {
		vnis[n.Key] = n
	}
	for _, n := range want.Networks {
		if old := vnis[n.Key]; old != nil && n.VNI == 0 {
			n.VNI = old.VNI
		}
	}
	want.forgetNames()
	is.forgetNames()
	is.Project = want.Project
}

// forgetNames forgets the ids and former names that say which object is meant: both files mean the same ones.
func (f *File) forgetNames() {
	for _, n := range f.Networks {
		n.forgetNames()
	}
	for _, s := range f.Switches {
		s.forgetNames()
	}
	for _, g := range f.Gateways {
		g.forgetNames()
	}
	for _, c := range f.Connections {
		c.ID = ""
	}
}

func (o *Object) forgetNames() {
	if o.RenamedFrom = ""; !strings.HasPrefix(o.Key, byID) {
		o.ID = ""
	}
}

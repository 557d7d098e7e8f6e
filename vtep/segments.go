package vtep

import (
	"iter"
	"strings"

	"bordergw/model"
)

// Segments are those of one database, in the order of their names. They are immutable: With and
// Without share with the old ones what did not change, and what two have in common costs
// nothing when they are compared. The zero value has none.
type Segments struct {
	byName model.Sorted[segmentName, *Segment]
}

type segmentName string

func (a segmentName) Compare(b segmentName) int { return strings.Compare(string(a), string(b)) }

// SegmentsOf are segments of different names, in any order.
func SegmentsOf(all ...*Segment) Segments { return Segments{}.With(all...) }

// With has segments in the place of those of the same names, or besides.
func (s Segments) With(all ...*Segment) Segments {
	var news []model.Pair[segmentName, *Segment]
	for _, seg := range all {
		if s.Get(seg.Name) != seg {
			news = append(news, model.Pair[segmentName, *Segment]{Key: segmentName(seg.Name), Value: seg})
		}
	}
	return Segments{s.byName.WithAll(news)}
}

// Without lacks the segments of some names.
func (s Segments) Without(names ...string) Segments {
	keys := make([]segmentName, len(names))
	for i, name := range names {
		keys[i] = segmentName(name)
	}
	return Segments{s.byName.Without(keys...)}
}

// Get returns the segment of that name, nil when there is none.
func (s Segments) Get(name string) *Segment {
	seg, _ := s.byName.Get(segmentName(name))
	return seg
}

// Len is the number of segments.
func (s Segments) Len() int { return s.byName.Len() }

// All yields the segments.
func (s Segments) All() iter.Seq[*Segment] {
	return func(yield func(*Segment) bool) {
		for _, seg := range s.byName.All() {
			if !yield(seg) {
				return
			}
		}
	}
}

// Changes yields the names of the segments that differ from earlier ones, which are compared by
// pointer, with what was and what is: nil for none.
func (s Segments) Changes(was Segments) iter.Seq2[string, model.Change[*Segment]] {
	return func(yield func(string, model.Change[*Segment]) bool) {
		for name, change := range model.SortedChanges(was.byName, s.byName) {
			if !yield(string(name), change) {
				return
			}
		}
	}
}

// Same reports whether they are the same segments.
func (s Segments) Same(o Segments) bool {
	for range s.Changes(o) {
		return false
	}
	return true
}

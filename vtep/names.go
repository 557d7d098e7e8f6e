package vtep

import (
	"iter"

	"bordergw/model"
)

// Names are names of logical switches. They are immutable: With and Without share with the old ones
// what did not change. The zero value has none.
type Names struct {
	set model.Sorted[segmentName, bool]
}

// With has some names more.
func (n Names) With(all ...string) Names {
	pairs := make([]model.Pair[segmentName, bool], len(all))
	for i, name := range all {
		pairs[i] = model.Pair[segmentName, bool]{Key: segmentName(name), Value: true}
	}
	return Names{n.set.WithAll(pairs)}
}

// Without lacks some names.
func (n Names) Without(all ...string) Names {
	keys := make([]segmentName, len(all))
	for i, name := range all {
		keys[i] = segmentName(name)
	}
	return Names{n.set.Without(keys...)}
}

// Has reports whether a name is one of them.
func (n Names) Has(name string) bool {
	has, _ := n.set.Get(segmentName(name))
	return has
}

// Changes yields the names that only one of the two has.
func (n Names) Changes(was Names) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range model.SortedChanges(was.set, n.set) {
			if !yield(string(name)) {
				return
			}
		}
	}
}

// Same reports whether they are the same names.
func (n Names) Same(o Names) bool {
	for range n.Changes(o) {
		return false
	}
	return true
}

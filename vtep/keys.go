package vtep

import (
	"iter"

	"bordergw/model"
)

// Keys are names of logical switches with their VNIs. They are immutable: With and Without share with the old ones
// what did not change. The zero value has none.
type Keys struct {
	of model.Sorted[segmentName, model.VNI]
}

// With has one more.
func (k Keys) With(name string, vni model.VNI) Keys { return Keys{k.of.With(segmentName(name), vni)} }

// Without lacks one.
func (k Keys) Without(name string) Keys { return Keys{k.of.Without(segmentName(name))} }

// Of is the VNI of a name, 0 for none.
func (k Keys) Of(name string) model.VNI {
	vni, _ := k.of.Get(segmentName(name))
	return vni
}

// Changes yields the names that are not in both, or have other VNIs.
func (k Keys) Changes(was Keys) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range model.SortedChanges(was.of, k.of) {
			if !yield(string(name)) {
				return
			}
		}
	}
}

// Same reports whether they are the same.
func (k Keys) Same(o Keys) bool {
	for range k.Changes(o) {
		return false
	}
	return true
}

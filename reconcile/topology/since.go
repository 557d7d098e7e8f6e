package topology

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// unchangedSince is since when each device's Want asks for the same. A change of the
// definitions that asks nothing new of a switch leaves its connections programmed, and so does
// what was learned or what sources answer for: where MACs are is no part of a connection.
func (v *View) unchangedSince(defs *model.Definitions, prev *View) map[string]uint64 {
	out := make(map[string]uint64, len(v.Wants))
	if prev == nil {
		for dev := range v.Wants {
			out[dev] = v.Revision
		}
		return out
	}
	a := &asking{of: []*model.Definitions{prev.basis.definitions, defs}, same: map[[2]*vtep.Segment]bool{}}
	for dev, want := range v.Wants {
		out[dev] = v.Revision
		if a.sameWant(prev.Wants[dev], want) {
			out[dev] = prev.Since[dev]
		}
	}
	return out
}

// asking compares what is asked of switches, but for what switches learn and what sources
// answer for.
type asking struct {
	of []*model.Definitions
	// numbers are those of all sources of these definitions; nil before a segment differs.
	numbers map[vtep.DatabaseID]bool
	// same has the segments that were compared: most are shared by several switches.
	same map[[2]*vtep.Segment]bool
}

// sources are the numbers of sources.
func (a *asking) sources() map[vtep.DatabaseID]bool {
	if a.numbers == nil {
		a.numbers = map[vtep.DatabaseID]bool{}
		for _, defs := range a.of {
			for set := range defs.Endpoints.All() {
				a.numbers[SourceID(set)] = true
			}
		}
	}
	return a.numbers
}

func (a *asking) sameWant(was, is *vtep.Want) bool {
	if was == nil || is == nil || !slices.EqualFunc(was.Segments, is.Segments, a.sameSegment) {
		return false
	}
	rest := *was
	rest.Segments = is.Segments
	return vtep.SameWant(&rest, is)
}

func (a *asking) sameSegment(was, is *vtep.Segment) bool {
	if was == is {
		return true
	}
	pair := [2]*vtep.Segment{was, is}
	same, compared := a.same[pair]
	if !compared {
		same = was.Name == is.Name && a.asked(was).Equal(a.asked(is))
		a.same[pair] = same
	}
	return same
}

// asked is what the definitions ask of a segment: the far MACs, which have no location, and the
// flood list without the end points of sources.
func (a *asking) asked(seg *vtep.Segment) *vtep.Segment {
	out := &vtep.Segment{Name: seg.Name, Description: seg.Description, TunnelKey: seg.TunnelKey, Incomplete: seg.Incomplete}
	for i := range seg.MACs {
		if seg.MACs[i].Location == 0 {
			out.MACs = append(out.MACs, seg.MACs[i])
		}
	}
	sources := a.sources()
	for _, e := range seg.Flood {
		if !sources[e.Location] {
			out.Flood = append(out.Flood, e)
		}
	}
	return out
}

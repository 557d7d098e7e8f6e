package topology

import (
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// date notes what a device is asked for that was not asked for before. A change of the definitions
// that asks nothing new of a logical switch leaves its connections programmed, and so does what was
// learned or what sources answer for: where MACs are is no part of a connection.
func (in *holder) date(is *holding, was *vtep.Want) {
	var anew []model.Pair[name, uint64]
	ask := func(ls string) {
		if is.want.Segments.Get(ls) != nil {
			anew = append(anew, model.Pair[name, uint64]{Key: name(ls), Value: in.next.Revision})
		}
	}
	for ls, c := range is.want.Segments.Changes(was.Segments) {
		switch {
		case c.Now == nil:
			is.asked = is.asked.Without(name(ls))
		case c.Was == nil || !in.asksTheSameOf(strings.TrimSuffix(ls, vtep.BorderSuffix), c):
			ask(ls)
		}
	}
	for _, c := range is.want.Bindings.Changes(was.Bindings) {
		ask(c.Was)
		ask(c.Now)
	}
	is.asked = is.asked.WithAll(anew)
	rest := *was
	rest.Segments, rest.Bindings, rest.Standby = is.want.Segments, is.want.Bindings, is.want.Standby
	if !vtep.SameWant(&rest, is.want) {
		is.since = in.next.Revision
	}
}

// asksTheSameOf compares two segments of a network: most are shared by several switches.
func (in *holder) asksTheSameOf(network string, c model.Change[*vtep.Segment]) bool {
	same, compared := in.asked[c]
	if !compared {
		sources := in.sourcesOf(network)
		same = sources.asked(c.Was).Equal(sources.asked(c.Now))
		in.asked[c] = same
	}
	return same
}

// sources are the numbers of sources of one network, as they are and as they were.
type sources map[vtep.DatabaseID]bool

func (in *holder) sourcesOf(network string) sources {
	out := sources{}
	for _, sets := range [][]*model.EndpointSet{within(in.prev.endpoints, network), within(in.next.endpoints, network)} {
		for _, set := range sets {
			out[SourceID(set)] = true
		}
	}
	return out
}

// asked is what the definitions ask of a segment: the far MACs, which have no location, and the
// flood list without the end points of sources.
func (s sources) asked(seg *vtep.Segment) *vtep.Segment {
	out := &vtep.Segment{Name: seg.Name, Description: seg.Description, TunnelKey: seg.TunnelKey, Incomplete: seg.Incomplete}
	for i := range seg.MACs {
		if seg.MACs[i].Location == 0 {
			out.MACs = append(out.MACs, seg.MACs[i])
		}
	}
	for _, e := range seg.Flood {
		if !s[e.Location] {
			out.Flood = append(out.Flood, e)
		}
	}
	return out
}

package topology

import (
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// asksTheSame reports whether a device's Want asks for what the one before asked for. A change of
// the definitions that asks nothing new of a switch leaves its connections programmed, and so does
// what was learned or what sources answer for: where MACs are is no part of a connection.
func (in *holder) asksTheSame(was, is *vtep.Want) bool {
	for segment, c := range is.Segments.Changes(was.Segments) {
		network := strings.TrimSuffix(segment, vtep.BorderSuffix)
		if c.Was == nil || c.Now == nil || !in.asksTheSameOf(network, c) {
			return false
		}
	}
	rest := *was
	rest.Segments = is.Segments
	return vtep.SameWant(&rest, is)
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

package topology

import (
	"maps"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// basis is what a View was made from, but for what was learned and from whom.
type basis struct {
	definitions *model.Definitions
	down        map[string]bool
	growOnly    bool
	prune       bool
	places      *model.Places
}

func basisOf(in *compilation) basis {
	return basis{definitions: in.Definitions, down: in.Down, growOnly: in.GrowOnly, prune: in.Prune, places: in.places()}
}

func (b *basis) holds(in *compilation) bool {
	return b.definitions == in.Definitions && b.growOnly == in.GrowOnly && b.prune == in.Prune &&
		maps.Equal(b.down, in.Down)
}

// relearn makes the View that follows from prev where nothing differs but where
// MACs are: then no more than the segments of their networks are new. It is nil
// where more differs.
func relearn(in *compilation, prev *View) *View {
	if prev == nil || !prev.basis.holds(in) {
		return nil
	}
	in.found = prev.basis.places // answers for these definitions
	next := *prev
	next.Contested = maps.Clone(prev.Contested)
	next.groups, next.Wants, next.shares = maps.Clone(prev.groups), maps.Clone(prev.Wants), maps.Clone(prev.shares)
	next.stitched = maps.Clone(prev.stitched) // shareWants writes it
	fresh := map[string]bool{}                // Wants that are not shared with prev
	for key, was := range prev.groups {
		g := was.relearned(in)
		if g == nil {
			continue
		}
		if !was.movesOnly(g) {
			return nil
		}
		gv := g.build(in, was.dependenciesOf(g))
		gv.follow(was)
		next.groups[key] = gv
		for _, p := range gv.nets {
			delete(next.Contested, p.net.ID)
		}
		maps.Copy(next.Contested, gv.contested)
		for dev, share := range gv.shares {
			if !next.replace(dev, share, fresh) {
				return nil
			}
		}
	}
	next.shareWants()
	return &next
}

// relearned is the group with what is known of its MACs now, and of who has
// said nothing of them, nil if that is nothing new.
func (v *groupView) relearned(in *compilation) *group {
	if !slices.ContainsFunc(v.nets, func(p groupNet) bool { return p.learned != in.Learned[p.net.ID] }) && v.unchangedReporting(in) {
		return nil
	}
	g := &group{}
	for _, p := range v.nets {
		g.nets = append(g.nets, &netPart{net: p.net, conns: p.conns, learned: in.Learned[p.net.ID], endpoints: p.endpoints})
	}
	return g
}

// movesOnly reports whether nothing but MACs differs between a group and what
// it was: who wants to be flooded where does not.
func (v *groupView) movesOnly(g *group) bool {
	for i, p := range g.nets {
		was := v.nets[i].learned
		if was == nil || p.learned == nil || !maps.EqualFunc(was.Flood, p.learned.Flood, slices.Equal) {
			return false
		}
	}
	return true
}

// dependenciesOf are those of the group that follows: the same but for what was learned.
func (v *groupView) dependenciesOf(g *group) []dependency {
	out := slices.Clone(v.dependencies)
	learned := map[*model.Network]*mactable.Learned{}
	for _, p := range g.nets {
		learned[p.net] = p.learned
	}
	for i := range out {
		if out[i].net != nil {
			out[i].learned = learned[out[i].net]
		}
	}
	return out
}

// replace puts a device's new segments in the place of those of the same name;
// false if there are others.
func (v *View) replace(dev string, s *share, fresh map[string]bool) bool {
	want := v.Wants[dev]
	if want == nil {
		return true // nothing is driven any more
	}
	if !fresh[dev] {
		copied := *want
		copied.Segments = slices.Clone(want.Segments)
		want, v.Wants[dev], fresh[dev] = &copied, &copied, true
		delete(v.shares, dev) // of before
	}
	for _, seg := range s.segments {
		i, ok := slices.BinarySearchFunc(want.Segments, seg.Name, func(s *vtep.Segment, name string) int { return strings.Compare(s.Name, name) })
		if !ok {
			return false
		}
		want.Segments[i] = seg
	}
	return true
}

package vtep_test

import (
	"math/rand/v2"
	"testing"

	"bordergw/model"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// successor is another Want in which some segments are those of the last.
func successor(t testing.TB, r *rand.Rand, last *vtep.Want) *vtep.Want {
	next := parseWant(t, randomWant(r))
	if r.IntN(4) > 0 {
		same := *last
		next = &same
		rebind(r, next)
	}
	for s := range next.Segments.All() {
		if old := last.Segment(s.Name); old != nil && r.IntN(3) > 0 {
			next.Segments = next.Segments.With(old)
		} else if r.IntN(2) == 0 {
			changed := vtep.Segment{Name: s.Name, Description: s.Description, TunnelKey: s.TunnelKey, MACs: s.MACs, IPs: s.IPs, Flood: s.Flood, Incomplete: s.Incomplete,
				Unreported: s.Unreported, Located: s.Located}
			if len(s.MACs) > 0 {
				changed.MACs = s.MACs[1:]
			}
			if len(s.Flood) > 0 && r.IntN(2) == 0 {
				changed.Flood = s.Flood[1:]
			}
			if r.IntN(4) > 0 {
				changed.LogDelta(s)
			}
			next.Segments = next.Segments.With(&changed)
		} else if old != nil {
			s.LogDelta(old)
		}
	}
	otherFacts(t, r, next)
	return next
}

// rebind changes some bindings of a Want.
func rebind(r *rand.Rand, w *vtep.Want) {
	for range r.IntN(3) {
		b := vtep.Binding{
			Switch: pick(r, "sw1", "sw1", "sw2", "sw3"), Port: pick(r, "eth1", "eth2", "eth9"), VLAN: model.VLAN(10 + r.IntN(3)),
			LogicalSwitch: pick(r, netNames...),
		}
		if w.Bindings = w.Bindings.With(b); r.IntN(2) == 0 {
			w.Bindings = w.Bindings.Without(b.Slot())
		}
	}
}

// otherFacts now and then changes what is known of other switches and of names.
func otherFacts(t testing.TB, r *rand.Rand, w *vtep.Want) {
	for s := range w.Segments.All() {
		if r.IntN(4) == 0 {
			other := unreportedBy(t, s, randomIP(r), randomIP(r))
			other.LogDelta(s)
			w.Segments = w.Segments.With(other)
		}
	}
	for s := range w.Segments.All() {
		if r.IntN(6) == 0 {
			other := unreportedBy(t, s)
			if other.Located = nil; r.IntN(2) == 0 {
				other.Located = unreportedBy(t, s, randomIP(r), randomIP(r)).Unreported
			}
			other.Unreported = s.Unreported
			other.LogDelta(s)
			w.Segments = w.Segments.With(other)
		}
	}
	if r.IntN(10) == 0 {
		w.MACsFull = !w.MACsFull
	}
	if r.IntN(3) == 0 {
		name := pick(r, netNames...)
		if w.Standby = w.Standby.With(name, model.VNI(98+r.IntN(6))); r.IntN(2) == 0 {
			w.Standby = w.Standby.Without(name)
		}
	}
	if r.IntN(3) == 0 {
		owned := owned{}
		for _, name := range netNames {
			owned[name] = vtep.Ownership(r.IntN(3))
		}
		w.Owners = owned
	}
}

// unreportedBy is a segment in which the switches with some addresses are unreported:
// they have not reported their local MACs yet.
func unreportedBy(t testing.TB, s *vtep.Segment, ips ...string) *vtep.Segment {
	out := &vtep.Segment{
		Name: s.Name, Description: s.Description, TunnelKey: s.TunnelKey, MACs: s.MACs, IPs: s.IPs, Flood: s.Flood, Incomplete: s.Incomplete,
		Unreported: map[model.VTEPAddress]bool{}, Located: s.Located,
	}
	for _, ip := range ips {
		a, err := model.ParseVTEPAddress(ip)
		require.NoError(t, err)
		out.Unreported[a] = true
	}
	return out
}

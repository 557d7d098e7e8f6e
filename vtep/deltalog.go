package vtep

import (
	"slices"
	"weak"

	"bordergw/model"
)

// A Segment of many MACs is replaced when one MAC changes. Its delta log lists what
// changed. The log is computed once for all the databases that share the Segment.

const (
	// maxDeltas bounds the length of a Segment's delta log. A switch that is further
	// behind is compared in full.
	maxDeltas = 16
	// maxDeltaMACs bounds the MACs in a delta log.
	maxDeltaMACs = 4096
)

// delta lists the MACs that differ between an earlier Segment and its successor.
type delta struct {
	of   weak.Pointer[Segment]
	macs []model.MAC
}

// LogDelta records what differs from the earlier Segment that s replaces in the same
// databases. It must be called before s is shared.
func (s *Segment) LogDelta(was *Segment) {
	macs := changedMACs(was, s)
	total := len(macs)
	if total > maxDeltaMACs {
		return
	}
	s.deltas = append(s.deltas[:0:0], delta{of: weak.Make(was), macs: macs})
	for _, r := range was.deltas[:min(len(was.deltas), maxDeltas-1)] {
		if total += len(r.macs); total > maxDeltaMACs {
			return
		}
		s.deltas = append(s.deltas, r)
	}
}

// changedSince lists the MACs that may differ from those of an earlier Segment. ok is
// false if the delta log does not reach back to it.
func (s *Segment) changedSince(was *Segment) (macs []model.MAC, ok bool) {
	if s == was {
		return nil, true
	}
	then := weak.Make(was)
	for _, r := range s.deltas {
		macs = append(macs, r.macs...)
		if r.of == then {
			return macs, true
		}
	}
	return nil, false
}

// changedMACs compares two values of a Segment. It returns the MACs that only one of them
// has, and those whose entries or IP addresses differ.
func changedMACs(before, after *Segment) (out []model.MAC) {
	was, now := before.MACs, after.MACs
	for len(was) > 0 && len(now) > 0 {
		switch order := was[0].MAC.Compare(now[0].MAC); {
		case order < 0:
			out, was = append(out, was[0].MAC), was[1:]
		case order > 0:
			out, now = append(out, now[0].MAC), now[1:]
		default:
			if was[0] != now[0] || before.ipOf(now[0].MAC) != after.ipOf(now[0].MAC) {
				out = append(out, now[0].MAC)
			}
			was, now = was[1:], now[1:]
		}
	}
	for _, e := range slices.Concat(was, now) {
		out = append(out, e.MAC)
	}
	return out
}

package vtep

import (
	"slices"
	"weak"

	"bordergw/model"
)

// A Segment of many stations is replaced because of one. What changed is found
// once, for all the databases that share it.

const (
	// maxRevisions bounds how far back a Segment's history goes: a switch that is
	// further behind is looked at as a whole.
	maxDeltas = 16
	// maxRevised bounds the stations in a history.
	maxDeltaMACs = 4096
)

// revision lists the MACs that differ between an earlier Segment and the one
// that followed it.
type delta struct {
	of   weak.Pointer[Segment]
	macs []model.MAC
}

// Follows notes that a Segment, not yet shared, takes the place of an earlier one
// in the same databases.
func (s *Segment) LogDelta(was *Segment) {
	macs := changedMACs(was.MACs, s.MACs)
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

// since lists the MACs that may differ from those of an earlier Segment; ok is
// false if that is not known.
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

// changedMACs lists the MACs that only one of two sorted lists has, or that are
// placed elsewhere.
func changedMACs(was, now []MACEntry) (out []model.MAC) {
	for len(was) > 0 && len(now) > 0 {
		switch order := was[0].MAC.Compare(now[0].MAC); {
		case order < 0:
			out, was = append(out, was[0].MAC), was[1:]
		case order > 0:
			out, now = append(out, now[0].MAC), now[1:]
		default:
			if was[0] != now[0] {
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

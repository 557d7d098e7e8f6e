package reconcile

import (
	"context"
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// holdingKeeper has the store know which logical switches are managed on a device's switch: before one is written
// or taken over, and until it is seen to be gone. It is the worker's own, and looks at what has changed.
type holdingKeeper struct {
	device *device
	// last is what it has followed, begun that it has followed anything in this session.
	last  vtep.Segments
	begun bool
	// open are wanted logical switches that the store may not know of; gone those that are not wanted any more
	// and may still stand.
	open, gone map[string]bool
}

// restart has everything looked at again: a new session may be one with another database.
func (k *holdingKeeper) restart() { *k = holdingKeeper{device: k.device} }

// note has the store know of what a plan is about to write. What the plan refuses to take over is not managed.
func (k *holdingKeeper) note(ctx context.Context, want *vtep.Want, plan *vtep.Plan) error {
	k.follow(want)
	if len(k.open) == 0 {
		return nil
	}
	refused, held := refusedBy(plan), map[string]model.VNI{}
	known := k.device.store.Definitions().Holdings
	for name := range k.open {
		seg := want.Segment(name)
		if seg == nil || refused[name] {
			continue
		}
		if h := known.Of(k.device.id, name); h == nil || h.VNIs[0] != seg.TunnelKey {
			held[name] = seg.TunnelKey
		}
	}
	if len(held) > 0 {
		if err := k.device.store.SetHoldings(ctx, k.device.id, held, nil); err != nil {
			return err
		}
	}
	maps.DeleteFunc(k.open, func(name string, _ bool) bool { return !refused[name] || want.Segment(name) == nil })
	return nil
}

// refusedBy are the logical switches that a plan leaves to an external writer.
func refusedBy(plan *vtep.Plan) map[string]bool {
	out := map[string]bool{}
	for i := range plan.Problems {
		if p := &plan.Problems[i]; p.Binding == nil && p.Reason == vtep.NameTaken {
			out[p.LogicalSwitch] = true
		}
	}
	return out
}

// follow notes what is wanted otherwise than before.
func (k *holdingKeeper) follow(want *vtep.Want) {
	if !k.begun {
		k.begun, k.open, k.gone = true, map[string]bool{}, map[string]bool{}
		for _, id := range k.device.sharingIDs() {
			for h := range k.device.store.Definitions().Holdings.On(id) {
				k.gone[h.Name] = true
			}
		}
	}
	for name, c := range want.Segments.Changes(k.last) {
		switch {
		case c.Now == nil:
			k.gone[name] = true
		case c.Was == nil || c.Was.TunnelKey != c.Now.TunnelKey:
			k.open[name] = true
		}
	}
	k.last = want.Segments
}

// forget has the store forget what is not wanted and does not stand any more.
func (k *holdingKeeper) forget(ctx context.Context, s *vtep.Session, want *vtep.Want) error {
	var gone []string
	for name := range k.gone {
		if want.Segment(name) == nil && !s.Stands(name) {
			gone = append(gone, name)
		}
	}
	if len(gone) > 0 {
		slices.Sort(gone)
		for _, id := range k.device.sharingIDs() {
			if err := k.device.store.SetHoldings(ctx, id, nil, gone); err != nil {
				return err
			}
		}
	}
	maps.DeleteFunc(k.gone, func(name string, _ bool) bool { return want.Segment(name) != nil || slices.Contains(gone, name) })
	return nil
}

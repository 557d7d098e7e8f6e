package reconcile

import (
	"context"
	"maps"
	"slices"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// notesInPass is how often within the time between two passes the store is told at most of what has been written
// with a mark: it is in no hurry, and many changes are one note.
const notesInPass = 6

// holdingKeeper has the store know which logical switches are managed on a device's switch, until they are seen to be
// gone. Where rows can have no mark the store knows before one is written or taken over. Else the mark says it to
// begin with, and the store is told some time after: a change does not wait for the disk a second time. It is the
// worker's own, and looks at what has changed.
type holdingKeeper struct {
	device *device
	// gap is the least time between two notes of what carries a mark, noted when the store was told last.
	gap   time.Duration
	noted time.Time
	// last is what it has followed, begun that it has followed anything in this session.
	last  vtep.Segments
	begun bool
	// open are wanted logical switches that the store may not know of; gone those that are not wanted any more
	// and may still stand.
	open, gone map[string]bool
	// refused are those that the last plan did not write. written are those, with their VNIs, that are not wanted any
	// more before the store knew of them: it has to, as their marks may be lost.
	refused map[string]bool
	written map[string]model.VNI
}

// restart has everything looked at again: a new session may be one with another database.
func (k *holdingKeeper) restart() {
	*k = holdingKeeper{device: k.device, gap: k.gap, noted: time.Now()}
}

// before has the store know of what a plan is about to write, where no mark will say it.
func (k *holdingKeeper) before(ctx context.Context, marks bool, want *vtep.Want, plan *vtep.Plan) error {
	k.follow(want)
	k.refused = refusedBy(plan)
	if len(k.written) > 0 {
		if err := k.device.store.SetHoldings(ctx, k.device.id, k.written, nil); err != nil {
			return err
		}
		k.written = nil
	}
	if marks {
		return nil
	}
	return k.note(ctx, want, k.refused)
}

// end has the store know, at the end of a session, of what it does not know yet: nobody sees to the marks now.
func (k *holdingKeeper) end() {
	held := maps.Clone(k.written)
	if held == nil {
		held = map[string]model.VNI{}
	}
	for name := range k.open {
		if seg := k.last.Get(name); seg != nil && !k.refused[name] {
			held[name] = seg.TunnelKey
		}
	}
	if len(held) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeRetry)
	defer cancel()
	if err := k.device.store.SetHoldings(ctx, k.device.id, held, nil); err != nil {
		k.device.logger().WithField("err", err).Warn("remembering what is about to be written")
	}
}

// after has the store know of what has been written. It returns when it is to be asked again, 0 for not at all.
func (k *holdingKeeper) after(ctx context.Context, want *vtep.Want, plan *vtep.Plan) (time.Duration, error) {
	if len(k.open) == 0 {
		return 0, nil
	}
	refused := refusedBy(plan)
	if wait := k.gap - time.Since(k.noted); wait > 0 && len(refused) < len(k.open) {
		return wait, nil
	}
	return 0, k.note(ctx, want, refused)
}

// note has the store know of what is wanted. What the plan refuses to take over is not managed.
func (k *holdingKeeper) note(ctx context.Context, want *vtep.Want, refused map[string]bool) error {
	held, known := map[string]model.VNI{}, k.device.store.Definitions().Holdings
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
		k.noted = time.Now()
	}
	maps.DeleteFunc(k.open, func(name string, _ bool) bool { return !refused[name] || want.Segment(name) == nil })
	return nil
}

// refusedBy are the logical switches that a plan does not write, so that what stands under their names may be an external
// writer's.
func refusedBy(plan *vtep.Plan) map[string]bool {
	out := map[string]bool{}
	for i := range plan.Problems {
		switch p := &plan.Problems[i]; p.Reason {
		case vtep.NameTaken, vtep.VNITaken, vtep.Unsupported:
			out[p.LogicalSwitch] = out[p.LogicalSwitch] || p.Binding == nil
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
			if k.gone[name] = true; k.open[name] && !k.refused[name] {
				if k.written == nil {
					k.written = map[string]model.VNI{}
				}
				k.written[name] = c.Was.TunnelKey
			}
			delete(k.open, name)
		case c.Was == nil || c.Was.TunnelKey != c.Now.TunnelKey:
			k.open[name] = true
		}
	}
	k.last = want.Segments
}

// pending reports whether there is something that the store is to be told.
func (k *holdingKeeper) pending() bool { return len(k.open)+len(k.gone) > 0 }

// forget has the store forget what is not wanted and does not stand any more. A database without any switch is being set
// up again, and may get its rows back.
func (k *holdingKeeper) forget(ctx context.Context, s *vtep.Session, want *vtep.Want) error {
	if len(k.gone) == 0 || len(s.Facts().Switches) == 0 {
		return nil
	}
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

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
// begin with, and the store is told some time after: a change does not wait for the disk a second time. It is the worker's
// own, and looks at what has changed.
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
}

// restart has everything looked at again: a new session may be one with another database.
func (k *holdingKeeper) restart() {
	*k = holdingKeeper{device: k.device, gap: k.gap, noted: time.Now()}
}

// before has the store know of what a plan is about to write, where no mark will say it.
func (k *holdingKeeper) before(ctx context.Context, marks bool, want *vtep.Want, plan *vtep.Plan) error {
	k.follow(want)
	if marks {
		return nil
	}
	return k.note(ctx, want, refusedBy(plan))
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

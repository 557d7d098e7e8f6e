package reconcile

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// When a worker tells which stations its switch has: those that change, and all of
// them when there is a network of which not all have been told.

// tell passes on what the switch has learned in networks of ours.
func (w *worker) tell(s *vtep.Session, full bool) {
	defs, view := w.loop.store.Definitions(), w.loop.view.Load()
	if _, registered := defs.Devices.Get(w.id); !registered {
		return // it is in no network
	}
	if full {
		w.heard = map[string]*model.Network{}
	}
	s.Remember(rememberedAddresses(defs, w.id, len(s.Facts().Switches) == 0))
	told := s.Locals(full, func(name string) bool {
		n, ok := defs.Networks.Get(name)
		ok = ok && view.Believes(w.id, name)
		if full && ok {
			w.heard[name] = n
		}
		return ok
	})
	if !told.Full && len(told.MACs) == 0 {
		return
	}
	w.loop.metrics.disbelieved.WithLabelValues(w.id).Add(float64(told.Quarantined))
	w.loop.learn(w.id, told, defs)
}

// networksChanged reports, once, whether there are networks of which not all
// stations have been told.
func (w *worker) networksChanged() bool {
	defs := w.loop.store.Definitions()
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := w.left || slices.ContainsFunc(w.joined, func(name string) bool {
		n, ok := defs.Networks.Get(name)
		return !ok || w.heard[name] != n
	})
	w.left, w.joined = false, nil
	return changed
}

// noteNetworks notes which networks come and go with a Want. It is called with mu
// held.
func (w *worker) noteNetworks(want *vtep.Want) {
	switch {
	case sameNetworks(w.want, want):
		return
	case want == nil:
		w.left = true
		return
	case w.want != nil:
		w.left = w.left || slices.ContainsFunc(w.want.Segments, func(s *vtep.Segment) bool { return want.Segment(s.Name) == nil })
	}
	for _, s := range want.Segments {
		if w.want == nil || w.want.Segment(s.Name) == nil {
			w.joined = append(w.joined, s.Name)
		}
	}
}

func sameNetworks(a, b *vtep.Want) bool {
	return a == b && a != nil || a != nil && b != nil && slices.EqualFunc(a.Segments, b.Segments, func(x, y *vtep.Segment) bool {
		return x.Name == y.Name
	})
}

package pathtrace

import (
	"fmt"

	"bordergw/model"
)

const (
	// maxSwitches is how many logical switches a frame may come through before it counts as going round.
	maxSwitches = 8
	// maxLooked bounds how many logical switches a walk looks at, with all copies of a flooded frame.
	maxLooked = 1000
)

// Direction follows a frame of one host to another.
func Direction(f Fabric, from, to *Host) model.TraceDirection {
	w := &walk{fabric: f, from: from, aim: aim{f, to}, causes: causes{f}, path: map[place]bool{}, looked: map[arrival]bool{}}
	arrives := w.start()
	out := model.TraceDirection{From: w.end(from), To: w.end(to), Verdict: w.verdict(arrives), Hops: w.hops}
	if !arrives {
		out.BreaksAt = w.fault()
	}
	return out
}

// walk follows one frame.
type walk struct {
	aim
	causes
	fabric Fabric
	from   *Host
	hops   []model.TraceHop
	// path are the logical switches that the frame has come through.
	path map[place]bool
	// looked are those that any copy of it came to. One from where no copy arrived is not looked at again.
	looked map[arrival]bool
	progress
}

// progress is what the way so far comes to.
type progress struct{ floods, unknown, loops bool }

// place is a logical switch of a device.
type place struct{ device, ls string }

// arrival is a frame that comes to a logical switch.
type arrival struct {
	place
	by entrance
}

// entrance is how a frame comes into a logical switch.
type entrance uint8

const (
	byPort    entrance = iota
	byCable            // from the other side of a border
	fromSite           // through a tunnel from the border's own site
	fromSites          // through a tunnel from between sites
)

func (w *walk) end(h *Host) model.TraceHost {
	out := model.TraceHost{Name: h.Name}
	if s := w.fabric.Switch(h.device()); s != nil {
		out.Device = &s.Device
	} else if h.Entry != nil {
		out.Device = h.Entry.Device
	}
	return out
}

func (w *walk) verdict(arrives bool) string {
	switch {
	case w.loops:
		return model.TraceLoops
	case w.unknown:
		return model.TraceUnknown
	case !arrives:
		return model.TraceBreaks
	case w.floods:
		return model.TraceFloods
	}
	return model.TraceReaches
}

// fault is the first hop that is not as it should be.
func (w *walk) fault() *int {
	for i := range w.hops {
		if state := w.hops[i].State; state == model.HopMiss || state == model.HopWrong {
			return &w.hops[i].N
		}
	}
	return nil
}

// start follows the frame from its host on. It reports whether it arrives, as all of these do.
func (w *walk) start() bool {
	if !w.from.known() {
		return w.nowhere(w.from, w.to)
	}
	s := w.fabric.Switch(w.from.device())
	if s == nil || w.from.beyond() {
		w.unknown = true
		w.hop(nil, model.CheckFarEnd, model.HopUnknown, "%s is behind %s, which is not ours: what is held there is not known", w.from.Name, w.from.Entry.Endpoint)
		return false
	}
	if !w.read(s) || !w.port(s, w.from) || !w.logical(s, w.from.Network) {
		return false
	}
	if !w.to.known() {
		return w.nowhere(w.to, w.from)
	}
	return w.forward(s, w.from.Network, byPort)
}

// spent reports whether the walk is to end: it has looked at as much as it may, or nobody waits for it.
func (w *walk) spent() bool { return len(w.looked) >= maxLooked || w.fabric.Stopped() }

// goneSoFar is how far a walk has come, to go back to.
type goneSoFar struct {
	hops []model.TraceHop
	progress
}

func (w *walk) soFar() goneSoFar {
	return goneSoFar{append([]model.TraceHop(nil), w.hops...), w.progress}
}

// back goes back to where the walk was.
func (w *walk) back(to goneSoFar) {
	w.hops, w.progress = append([]model.TraceHop(nil), to.hops...), to.progress
}

// hop notes one step of the walk, and returns it to be completed.
func (w *walk) hop(s *Switch, check, state, format string, args ...any) *model.TraceHop {
	h := model.TraceHop{N: len(w.hops) + 1, Check: check, State: state, Message: fmt.Sprintf(format, args...), Row: map[string]string{}}
	if s != nil {
		device := s.Device
		h.Device = &device
	}
	w.hops = append(w.hops, h)
	return &w.hops[len(w.hops)-1]
}

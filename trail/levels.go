package trail

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"bordergw/model"
)

// levelGap is how often an event is made of one level, or of repeats of one kind and
// object, at most.
const levelGap = time.Second

// damper holds back levels and repeats that come faster than levelGap, and levels of which
// nobody knows yet whether they are news. It remembers what was written in the last levelGap and
// what waits. It is the writer's own.
type damper struct {
	settled bool
	// held waits for its time.
	held    map[levelKey]*pendingLevel
	repeats map[repeatKey]*pendingRepeat
	// unsure waits until the process has settled.
	unsure map[levelKey]*pendingLevel
	// wrote is when the last event was made.
	wrote         map[levelKey]time.Time
	wroteRepeated map[repeatKey]time.Time
	// ready are levels that are due, in order.
	ready []*pendingLevel
}

func newDamper() *damper {
	return &damper{
		held: map[levelKey]*pendingLevel{}, repeats: map[repeatKey]*pendingRepeat{}, unsure: map[levelKey]*pendingLevel{},
		wrote: map[levelKey]time.Time{}, wroteRepeated: map[repeatKey]time.Time{},
	}
}

// take takes notes in.
func (d *damper) take(n *notes) {
	for _, key := range n.order {
		p := n.levels[key]
		delete(d.unsure, key)
		if h := d.held[key]; h != nil {
			h.merge(p.Level, p.changes)
			continue
		}
		d.held[key] = p
	}
	for key, p := range n.repeats {
		if h := d.repeats[key]; h != nil {
			p.count += h.count
		}
		d.repeats[key] = p
	}
	if n.settled && !d.settled {
		d.settled = true
		for key, p := range d.unsure {
			d.held[key] = p
		}
		clear(d.unsure)
	}
}

// due moves what may be written now to ready, and returns the events of repeats that are due.
func (d *damper) due(now time.Time) (events []model.Event) {
	for key, at := range d.wrote {
		if now.Sub(at) >= levelGap {
			delete(d.wrote, key)
		}
	}
	for key, at := range d.wroteRepeated {
		if now.Sub(at) >= levelGap {
			delete(d.wroteRepeated, key)
		}
	}
	from := len(d.ready)
	for key, p := range d.held {
		if _, wait := d.wrote[key]; !wait {
			d.ready = append(d.ready, p)
			d.wrote[key] = now
			delete(d.held, key)
		}
	}
	slices.SortFunc(d.ready[from:], func(a, b *pendingLevel) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.Object.ID, b.Object.ID), strings.Compare(a.Aspect, b.Aspect))
	})
	for key, p := range d.repeats {
		if _, wait := d.wroteRepeated[key]; !wait {
			events = append(events, p.event())
			d.wroteRepeated[key] = now
			delete(d.repeats, key)
		}
	}
	slices.SortFunc(events, func(a, b model.Event) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Type, b.Type), strings.Compare(a.Object.ID, b.Object.ID))
	})
	return events
}

// waits reports whether anything is to be written when its time has come.
func (d *damper) waits() bool { return len(d.held)+len(d.repeats)+len(d.ready) > 0 }

// flush lets pass at once what waits, and what comes next.
func (d *damper) flush() {
	clear(d.wrote)
	clear(d.wroteRepeated)
}

func (p *pendingRepeat) event() model.Event {
	e := p.Event
	data := map[string]any{"n": p.count}
	for k, v := range e.Data {
		data[k] = v
	}
	e.Data = data
	return e
}

// known is the value of a level that is remembered.
type known struct {
	value string
	any   bool
}

// become decides what a level that is due means, by the value that is remembered: an
// event, or only another value to remember, or neither.
func (d *damper) become(p *pendingLevel, was known) (e *model.Event, remember bool) {
	key := keyOf(&p.Level)
	switch same := was.any && was.value == p.Value; {
	case same && p.changes < 2:
		return nil, false
	case p.First && was.any && !same && !d.settled:
		d.unsure[key] = p
		delete(d.wrote, key)
		return nil, false
	case p.First && !was.any:
		return nil, true // there was nothing to change
	}
	return p.event(was), true
}

// event is what a level has become.
func (p *pendingLevel) event(was known) *model.Event {
	data := map[string]any{"from": was.value, "to": p.Value}
	if p.Aspect != phaseAspect {
		data["condition"] = p.Aspect
	}
	if p.Reason != "" {
		data["reason"] = p.Reason
	}
	if p.changes > 1 {
		data["flaps"] = p.changes
	}
	return &model.Event{
		Time: p.at, Type: p.Type, Severity: p.Severity, Object: p.Object, Related: p.Related, Message: p.text(was), Data: data,
	}
}

// phaseAspect is the level that needs no name beside its values.
const phaseAspect = "phase"

// text is for example "switch sw2: IN_SYNC -> UNREACHABLE: the peer closed the connection".
func (p *pendingLevel) text(was known) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", calledBy(p.Object))
	if p.Aspect != phaseAspect {
		fmt.Fprintf(&b, "%s ", p.Aspect)
	}
	switch {
	case was.value != "" && was.value != p.Value:
		fmt.Fprintf(&b, "%s -> %s", was.value, p.Value)
	default:
		b.WriteString(p.Value)
	}
	if p.changes > 1 {
		fmt.Fprintf(&b, " (%d changes)", p.changes)
	}
	if why := cmp.Or(p.Message, p.Reason); why != "" {
		b.WriteString(": " + why)
	}
	return b.String()
}

// calledBy is what an object is called in a sentence.
func calledBy(o model.ObjectRef) string {
	kind := o.Kind
	if kind == model.KindDevice {
		kind = "switch"
	}
	return kind + " " + o.Name
}

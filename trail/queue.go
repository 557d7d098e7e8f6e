package trail

import (
	"sync"
	"time"

	"bordergw/model"
)

// maxQueued is how many notes wait at most.
const maxQueued = 20_000

// levelKey is one level of one object.
type levelKey struct{ kind, id, aspect string }

func keyOf(l *model.Level) levelKey { return levelKey{l.Object.Kind, l.Object.ID, l.Aspect} }

// repeatKey is what events that are counted together have in common.
type repeatKey struct{ typ, kind, id string }

// pendingLevel is a level that waits to be written.
type pendingLevel struct {
	model.Level
	at      time.Time // of the first change that is in it
	changes int
}

// pendingRepeat is an event that waits, with how often it happened.
type pendingRepeat struct {
	model.Event
	count int
}

// notes are what has been reported and not been taken yet.
type notes struct {
	events  []model.Event
	repeats map[repeatKey]*pendingRepeat
	levels  map[levelKey]*pendingLevel
	// order has the levels as they came.
	order []levelKey
	// dropped counts what did not fit, by type of event.
	dropped map[string]int
	// lose counts them at once, as they may wait long to be reported.
	lose    func()
	settled bool
}

func newNotes() *notes {
	return &notes{repeats: map[repeatKey]*pendingRepeat{}, levels: map[levelKey]*pendingLevel{}, dropped: map[string]int{}}
}

// queue takes notes. Its lock is held for an assignment, never while anything is encoded or
// written.
type queue struct {
	wake chan struct{}

	mu   sync.Mutex
	open bool // there is somebody to take
	in   *notes
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1), in: newNotes(), open: true} }

func (n *notes) full() bool { return len(n.events)+len(n.repeats)+len(n.levels) >= maxQueued }

// drop counts a note that does not fit, or that comes too late.
func (n *notes) drop(typ string) {
	n.dropped[typ]++
	if n.lose != nil {
		n.lose()
	}
}

// note has f change the notes.
func (q *queue) note(f func(*notes)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open {
		f(q.in)
		model.Hint(q.wake)
	}
}

// take takes all notes.
func (q *queue) take() *notes {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.in
	q.in = newNotes()
	q.in.lose = out.lose
	return out
}

// close lets no more notes in.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = false
}

// event notes an event.
func (n *notes) event(e model.Event) {
	key := repeatKey{e.Type, e.Object.Kind, e.Object.ID}
	switch p := n.repeats[key]; {
	case e.Repeats > 0 && p != nil:
		p.Event, p.count = e, p.count+e.Repeats
	case n.full():
		n.drop(e.Type)
	case e.Repeats > 0:
		n.repeats[key] = &pendingRepeat{e, e.Repeats}
	default:
		n.events = append(n.events, e)
	}
}

// level notes the value of a level.
func (n *notes) level(l model.Level, now time.Time) {
	key := keyOf(&l)
	switch p := n.levels[key]; {
	case p != nil:
		p.merge(l, 1)
	case n.full():
		n.drop(l.Type)
	default:
		n.levels[key] = &pendingLevel{l, now, 1}
		n.order = append(n.order, key)
	}
}

// merge takes a later value.
func (p *pendingLevel) merge(l model.Level, changes int) {
	l.First = l.First && p.First // what changed since is an event
	p.Level, p.changes = l, p.changes+changes
}

// Happened notes an event. A time that is zero is now.
func (t *Trail) Happened(e model.Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	t.queue.note(func(n *notes) { n.event(e) })
}

// Became notes the value of a level.
func (t *Trail) Became(l model.Level) {
	now := time.Now()
	t.queue.note(func(n *notes) { n.level(l, now) })
}

// Settled notes that all is known that can be: what is another value than before the
// restart is an event from now on.
func (t *Trail) Settled() { t.queue.note(func(n *notes) { n.settled = true }) }

// MACs notes where all MACs are now. Of pictures that come fast the last one counts.
func (t *Trail) MACs(p model.MACPicture) {
	t.picture.Store(&p)
	model.Hint(t.queue.wake)
}

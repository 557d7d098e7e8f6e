package reconcile

import (
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/damping"
	"bordergw/vtep"
)

// traceGap is the least time between two log lines about what was put right on one
// device: a script that fights back may undo hundreds of rows a second.
const traceGap = 10 * time.Second

// Repair is drift that was put right: a row that an external writer changed while the
// switch was in sync.
type Repair struct {
	Device *model.GatewayDevice
	// Row is what was written, as a plan prints it, Network the logical switch
	// that it is of, "" for none.
	Row, Network string
	// Was is what the external writer had left there.
	Was string
	At  time.Time
}

// mends are the operations of one plan that put drift right.
type mends struct {
	drift func(*vtep.Op) bool
	first *vtep.Op
	was   string // before it was written
	count int
}

// mending finds, before a plan is sent, what in it only undoes an external writer.
func (u *upkeep) mending(s *vtep.Session, ops []vtep.Op, want *vtep.Want) *mends {
	m := &mends{drift: u.synced.Drift(ops, want)}
	if m.drift == nil {
		return m
	}
	for i := range ops {
		if !m.drift(&ops[i]) {
			continue
		}
		if m.first == nil {
			m.first, m.was = &ops[i], s.Standing(&ops[i])
		}
		m.count++
	}
	return m
}

// undrifted returns the operations that serve what users want. Under the drift policy
// "report" it sets those apart in drifted that only undo an external writer.
func (u *upkeep) undrifted(ops []vtep.Op, want *vtep.Want, policy model.DriftPolicy) (due []vtep.Op) {
	u.drifted = nil
	if policy != model.DriftReport {
		return ops
	}
	due, u.drifted = u.synced.Split(ops, want)
	return due
}

// repairTrace bounds how often it is logged what was put right. It remembers one Repair.
// It is the worker's own, and lasts longer than a session.
type repairTrace struct {
	device  *device
	metrics *metrics
	events  *eventReporter

	last     Repair
	unlogged int // since logged
	logged   time.Time
	total    uint64 // since the process began
}

// mended counts and tells what was put right. What the switch refused was not.
func (t *repairTrace) mended(m *mends, rejected []vtep.Rejection, now time.Time) {
	if m.count == 0 {
		return
	}
	for i := range rejected {
		op := &rejected[i].Op
		if m.drift(op) {
			m.count--
		}
		if m.first != nil && damping.KeyOf(op) == damping.KeyOf(m.first) {
			m.first = nil
		}
	}
	if m.count <= 0 {
		return
	}
	t.metrics.repairs.WithLabelValues(t.device.id).Add(float64(m.count))
	r := Repair{Device: t.device.Load(), Was: model.Clip(m.was, model.MaxItem), At: now}
	if m.first != nil {
		r.Row, r.Network = model.Clip(m.first.String(), model.MaxItem), m.first.LogicalSwitch
	}
	t.events.repaired(r, m.count)
	if t.note(m.count, r) {
		t.write(now)
	}
}

// rest logs what was not logged for its frequency.
func (t *repairTrace) rest(now time.Time) {
	if t.unlogged > 0 && now.Sub(t.logged) >= traceGap {
		t.write(now)
	}
}

// write logs what was put right since it last did.
func (t *repairTrace) write(now time.Time) {
	r, n := t.take(now)
	fields := logrus.Fields{"row": r.Row, "was": r.Was, "count": n, "total": t.total}
	if r.Network != "" {
		for key, value := range networkFields(t.device.store.Definitions(), r.Network) {
			fields[key] = value
		}
	}
	t.device.logger().WithFields(fields).Info("an external writer changed rows, and they were put right")
}

// note counts repairs of which r is one, and reports whether it is time to tell.
func (t *repairTrace) note(n int, r Repair) bool {
	t.unlogged += n
	t.total += uint64(n)
	t.last = r
	return t.logged.IsZero() || r.At.Sub(t.logged) >= traceGap
}

// take gives what is to be logged and begins to count anew.
func (t *repairTrace) take(now time.Time) (Repair, int) {
	n := t.unlogged
	t.unlogged, t.logged = 0, now
	return t.last, n
}

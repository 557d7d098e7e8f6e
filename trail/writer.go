package trail

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"

	"bordergw/model"
)

const (
	// commitGap is the least time between two commits, restShare the least part of the time
	// without one: of that much time that a commit takes, the disk rests that many times.
	commitGap = 50 * time.Millisecond
	restShare = 3
	// retryGap is the time between attempts to write while the disk refuses.
	retryGap = time.Second
	// waitGap is how often it is looked whether what waits is due.
	waitGap = levelGap / 4
	// pruneGap is how often it is looked what is too old while nothing happens.
	pruneGap = time.Hour
	// sweepGap is the least time between two searches for MACs that are gone.
	sweepGap = time.Minute
)

// writer writes what has been noted. It is Run's own.
type writer struct {
	*Trail
	file *file
	ends ends
	// placeSeq is the number of the newest former place.
	placeSeq uint64
	damper   *damper
	follower *follower
	// events have been taken from the queue and are in no batch yet.
	events []model.Event
	// batch is one that could not be written yet.
	batch *batch
	// failed: the last write failed, which was logged.
	failed bool
	// lost counts, by type, what did not fit and has not been reported.
	lost map[string]int
	// notBefore is when the next commit may be.
	notBefore, pruned time.Time
	// auditAgain is when the audit is tried again that could not be read.
	auditAgain time.Time
}

// step writes one batch. It returns when the next is due at the latest.
func (w *writer) step(now time.Time) (next time.Duration) {
	if w.suspect.Swap(false) {
		return w.fail(errDamaged, now)
	}
	kept := w.batch != nil // what came meanwhile waits for it
	if !kept {
		w.takeNotes()
		b, err := w.build(now)
		if err != nil {
			return w.fail(err, now)
		}
		if b.empty() && now.Sub(w.pruned) < pruneGap {
			return w.idle()
		}
		w.batch = b
	}
	if err := w.write(w.batch, now); err != nil {
		return w.fail(err, now)
	}
	full := w.batch.room() == 0
	w.batch = nil
	if kept || full || w.busy() {
		return 0
	}
	return w.idle()
}

// idle is how long there is nothing to do unless something is reported.
func (w *writer) idle() time.Duration {
	switch {
	case w.busy():
		return 0
	case w.damper.waits() || len(w.follower.beyond) > 0 || !w.auditAgain.Before(time.Now()):
		return waitGap
	case w.follower.sweep:
		return sweepGap
	}
	return pruneGap
}

// busy reports whether there is more to write now.
func (w *writer) busy() bool {
	f := w.follower
	return len(w.events)+len(w.damper.ready) > 0 || f.target != nil || f.swept != nil || w.behind()
}

// behind reports whether the audit has anything new that can be read.
func (w *writer) behind() bool {
	return w.ends.audit < w.opts.Audit.LastAudit() && !time.Now().Before(w.auditAgain)
}

// takeNotes takes what has been reported, when all that was taken before has been written: what
// waits here would have no bound.
func (w *writer) takeNotes() {
	if len(w.events) > 0 {
		model.Hint(w.queue.wake) // nobody else may for a long time
		return
	}
	n := w.queue.take()
	w.events = append(w.events, n.events...)
	for typ, count := range n.dropped {
		w.lost[typ] += count
	}
	settled := w.damper.settled
	w.damper.take(n)
	if w.damper.settled && !settled {
		w.events = append(w.events, daemonEvent("settled", "the daemon knows the state of its switches", nil))
	}
}

// build makes the next batch.
func (w *writer) build(now time.Time) (*batch, error) {
	b := &batch{}
	if len(w.lost) > 0 {
		b.add(lostEvent(w.lost, now))
		w.lost = map[string]int{}
	}
	w.buildDefinitions(b)
	n := min(len(w.events), b.room())
	b.add(w.events[:n]...)
	w.events = w.events[n:]
	b.add(w.damper.due(now)...)
	err := w.file.view(func(tx *bolt.Tx) error {
		w.buildLevels(b, tx)
		return w.buildMACs(b, tx, now)
	})
	return b, err
}

// buildDefinitions makes events of what the audit has that is new. What can not be read
// now is read next time.
func (w *writer) buildDefinitions(b *batch) {
	if !w.behind() {
		return
	}
	records, err := w.opts.Audit.AuditAfter(w.ends.audit, maxBatch/2)
	if err != nil {
		w.opts.Log.WithField("err", err).Warn("the history can not read the audit")
		w.auditAgain = time.Now().Add(retryGap)
		return
	}
	if len(records) == 0 {
		b.audit = w.opts.Audit.LastAudit()
		return
	}
	if missing := records[0].Seq - w.ends.audit - 1; missing > 0 {
		b.add(lostEvent(map[string]int{"definition": int(missing)}, records[0].Time))
	}
	defs := w.opts.Audit.Definitions()
	b.add(definitionEvents(defs, records)...)
	b.audit = records[len(records)-1].Seq
	for _, r := range records {
		if r.Action == model.AuditDelete && r.Resource != "remote_mac_entry" { // the device that lost MACs stands
			ref, _ := auditedRef(defs, r)
			w.forgetLevels(b, ref)
		}
	}
}

// forgetLevels drops what is remembered of an object that is gone.
func (w *writer) forgetLevels(b *batch, o model.ObjectRef) {
	prefix := levelPrefix(o)
	_ = w.file.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(levelsBucket).Cursor()
		for k, _ := c.Seek(prefix); k != nil && slices.Equal(k[:min(len(k), len(prefix))], prefix); k, _ = c.Next() {
			b.put(levelsBucket, slices.Clone(k), nil)
		}
		return nil
	})
}

// levelPrefix is what the keys of the levels of an object begin with.
func levelPrefix(o model.ObjectRef) []byte { return []byte(o.Kind + "\x00" + o.ID + "\x00") }

// buildLevels makes events of the levels that are due.
func (w *writer) buildLevels(b *batch, tx *bolt.Tx) {
	levels := tx.Bucket(levelsBucket)
	for b.room() > 1 && len(w.damper.ready) > 0 {
		p := w.damper.ready[0]
		w.damper.ready = w.damper.ready[1:]
		key := append(levelPrefix(p.Object), p.Aspect...)
		value := levels.Get(key)
		e, remember := w.damper.become(p, known{string(value), value != nil})
		if e != nil {
			b.add(*e)
		}
		if remember {
			b.put(levelsBucket, key, []byte(p.Value))
		}
	}
}

var errRefused = errors.New("the disk refuses")

// write writes a batch, and what is too much is removed.
func (w *writer) write(b *batch, now time.Time) error {
	began := time.Now()
	var is ends
	lost := []string{}
	err := w.file.update(func(tx *bolt.Tx) (err error) {
		if w.refuse.Load() {
			return errRefused
		}
		lost = lost[:0]
		is, err = b.write(tx, w.file.epoch, w.ends, func(e *model.Event, err error) { lost = append(lost, e.Type) })
		if err == nil {
			is, err = w.bounds.prune(tx, is, now)
		}
		if err == nil {
			err = writeEnds(tx, is, b.closes)
		}
		return err
	})
	if err != nil {
		return err
	}
	if w.failed {
		w.failed = false
		w.opts.Log.Info("the history can be written again")
	}
	w.metrics.events.Add(float64(is.last - w.ends.last))
	w.metrics.dropped.Add(float64(len(lost)))
	for _, typ := range lost {
		w.lost[typ]++
	}
	w.ends, w.pruned = is, now
	w.publish(w.file, is)
	w.notBefore = time.Now().Add(max(commitGap, restShare*time.Since(began)))
	return nil
}

// fail logs the first failure of a run, and begins a new file if the old one is damaged.
func (w *writer) fail(err error, now time.Time) time.Duration {
	if errors.Is(err, errDamaged) {
		if err = w.renew(err, now); err == nil {
			return 0
		}
	}
	if !w.failed {
		w.failed = true
		w.opts.Log.WithField("err", model.Plain(err)).Error("the history can not be written: what happens until it can is noted as far as it fits")
	}
	w.notBefore = now.Add(retryGap)
	return retryGap
}

// renew begins a new file in the place of one that turned out to be damaged. The definitions
// go on where they were.
func (w *writer) renew(cause error, now time.Time) error {
	damaged := w.file
	go func() { _ = damaged.close() }() // it may wait for ever
	f, o, err := beginAnew(w.opts, cause, now)
	if err != nil {
		return err
	}
	audit := w.ends.audit
	w.file, w.ends, w.placeSeq = f, ends{first: o.first, last: o.last, audit: audit}, o.placeSeq
	w.follower = newFollower(now)
	was := w.batch
	w.batch = &batch{}
	w.batch.add(begunEvent("the file before was damaged"))
	if was != nil {
		w.batch.add(was.events...)
	}
	return nil
}

// lostEvent says that events are missing.
func lostEvent(lost map[string]int, at time.Time) model.Event {
	n, types := 0, map[string]any{}
	for typ, count := range lost {
		n += count
		types[typ] = count
	}
	return model.Event{
		Time: at, Type: "history.dropped", Severity: model.SeverityWarning, Object: daemonRef,
		Message: "the history lacks " + strconv.Itoa(n) + " events: " + model.NamesOf(slices.Sorted(maps.Keys(types))),
		Data:    map[string]any{"n": n, "types": types},
	}
}

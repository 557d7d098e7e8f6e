package trail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"

	"bordergw/boltfile"
	"bordergw/model"
)

const (
	// DefaultEvents is the number of events that are kept, DefaultDays how old they may be.
	DefaultEvents = 100_000
	DefaultDays   = 30
)

// Options of Open. Path and Audit must be set.
type Options struct {
	Path  string
	Audit Audit
	// Events is the number of events that are kept, Age how old events and former places of
	// MACs may be; the defaults when 0.
	Events   int
	Age      time.Duration
	Log      logrus.FieldLogger
	Registry prometheus.Registerer
	// Version of the daemon, for the event of its start.
	Version string
}

// Trail is the history. Its methods may be called from any goroutine; Run must be called once.
type Trail struct {
	opts    Options
	bounds  bounds
	queue   *queue
	metrics *metrics
	picture atomic.Pointer[model.MACPicture]
	// present is what can be read. Only Run replaces it.
	present atomic.Pointer[present]
	// suspect: a reader found the file damaged.
	suspect atomic.Bool
	// refuse has every write fail, in tests.
	refuse atomic.Bool
	opened opened
}

// present is what can be read at one moment. It is immutable.
type present struct {
	file *file
	ends
	// newer is closed when there is something newer.
	newer chan struct{}
}

// Open opens the history, which is made when missing. A file that is damaged is renamed, and
// another one begun.
func Open(opts Options) (*Trail, error) {
	if opts.Events == 0 {
		opts.Events = DefaultEvents
	}
	if opts.Age == 0 {
		opts.Age = DefaultDays * 24 * time.Hour
	}
	if opts.Log == nil {
		silent := logrus.New()
		silent.SetOutput(io.Discard)
		opts.Log = silent
	}
	f, o, err := openFile(opts.Path)
	if errors.Is(err, errDamaged) {
		f, o, err = beginAnew(opts, err, time.Now())
	}
	if err != nil {
		return nil, err
	}
	if last := opts.Audit.LastAudit(); o.begun || o.audit > last { // the store may be an older one
		o.audit = last
	}
	t := &Trail{opts: opts, opened: o, queue: newQueue(), bounds: bounds{opts.Events, opts.Age, maxPlaces, maxBytes}}
	t.metrics = newMetrics(opts.Registry, t)
	t.queue.in.lose = t.metrics.dropped.Inc
	t.publish(f, o.ends)
	return t, nil
}

// beginAnew puts a damaged file aside and begins another one.
func beginAnew(opts Options, cause error, now time.Time) (*file, opened, error) {
	name, err := setAside(opts.Path, now)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, opened{}, errors.Join(cause, err)
	}
	opts.Log.WithFields(logrus.Fields{"err": cause, "file": opts.Path, "renamed": name}).Error("the history is damaged: it is put aside and begun anew")
	return openFile(opts.Path)
}

func (t *Trail) publish(f *file, is ends) {
	was := t.present.Swap(&present{f, is, make(chan struct{})})
	if was != nil {
		close(was.newer)
	}
}

// latest is the newest picture of the MACs, nil if there is none.
func (t *Trail) latest() model.MACPicture {
	if p := t.picture.Load(); p != nil {
		return *p
	}
	return nil
}

// Run writes what is reported until ctx ends. Then it writes what is left, closes the file and lets nobody
// report or read any more.
func (t *Trail) Run(ctx context.Context) error {
	changes, unsubscribe := t.opts.Audit.Changes()
	defer unsubscribe()
	w := newWriter(t)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return w.end()
		case <-t.queue.wake:
		case <-changes:
			if !w.behind() {
				continue
			}
		case <-timer.C:
		}
		if !pause(ctx, time.Until(w.notBefore)) {
			return w.end()
		}
		timer.Reset(w.step(time.Now()))
	}
}

// pause reports whether ctx has not ended before.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func newWriter(t *Trail) *writer {
	now, o := time.Now(), t.opened
	w := &writer{
		Trail: t, file: t.present.Load().file, ends: o.ends, placeSeq: o.placeSeq,
		damper: newDamper(), follower: newFollower(now), lost: map[string]int{}, pruned: now,
	}
	w.batch = &batch{}
	if o.begun {
		w.batch.add(begunEvent("there was none"))
	}
	started := daemonEvent("started", "the daemon has started", map[string]any{"clean": o.clean, "version": t.opts.Version})
	if !o.clean {
		started.Message += "; it had not been stopped before"
	}
	w.batch.add(started)
	return w
}

// end writes what is left, as far as the disk takes it at once.
func (w *writer) end() error {
	w.queue.close()
	defer w.follower.close()
	w.damper.flush()
	w.follower.summed = time.Time{}
	for range lastSteps {
		if w.step(time.Now()); w.failed {
			break
		}
	}
	if !w.failed {
		b := &batch{closes: true}
		b.add(daemonEvent("stopping", "the daemon stops", nil))
		if err := w.write(b, time.Now()); err != nil {
			w.fail(err, time.Now())
		}
	}
	return w.file.close()
}

// lastSteps are enough for all that may wait. One that finds nothing costs nothing.
const lastSteps = 2 + 2*maxQueued/maxBatch

var daemonRef = model.ObjectRef{Kind: model.KindDaemon, ID: model.KindDaemon, Name: "bordergw"}

func daemonEvent(what, message string, data map[string]any) model.Event {
	return model.Event{Time: time.Now(), Type: "daemon." + what, Severity: model.SeverityInfo, Object: daemonRef, Message: message, Data: data}
}

func begunEvent(why string) model.Event {
	return model.Event{Time: time.Now(), Type: "history.begun", Severity: model.SeverityInfo, Object: daemonRef, Message: "a new history begins: " + why}
}

// Range says which events there are. The channel is closed when there are more.
func (t *Trail) Range() (model.EventRange, <-chan struct{}) {
	p := t.present.Load()
	return model.EventRange{Epoch: p.file.epoch, First: p.first, Last: p.last}, p.newer
}

// Page reads a part of the events. It fails if those of another file are asked for than is
// read now.
func (t *Trail) Page(q model.EventQuery) (model.EventPage, error) {
	p := t.present.Load()
	if p.file.epoch != q.Epoch {
		return model.EventPage{}, model.ErrHistoryGone(model.EventID{Epoch: q.Epoch, Seq: q.From}, model.EventID{Epoch: p.file.epoch, Seq: p.first})
	}
	page, err := p.file.page(q, p.last)
	if errors.Is(err, boltfile.ErrDamaged) {
		t.suspect.Store(true)
		model.Hint(t.queue.wake)
	}
	return page, err
}

// CopyTo writes the file of the history as it is at one moment, and returns its size in bytes. w must not wait for
// anybody.
func (t *Trail) CopyTo(w io.Writer) (int64, error) {
	n, err := boltfile.Copy(t.present.Load().file.db, w)
	if err != nil {
		return n, fmt.Errorf("copy history: %w", err)
	}
	return n, nil
}

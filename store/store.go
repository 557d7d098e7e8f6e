package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"bordergw/model"

	"github.com/gofrs/uuid/v5"
)

// Options of Open. The zero value is what a daemon without configuration uses.
type Options struct {
	// VNIRange is where networks get their VNI from; zero is
	// model.DefaultVNIRange. Networks keep theirs when it changes.
	VNIRange model.VNIRange
	// Quota limits what each project may own unless it has limits of its own.
	// The zero value limits nothing.
	Quota model.Limits
	// AuditRecords and AuditBytes bound the audit records that are kept, by their number
	// and by their size; DefaultAuditRecords and DefaultAuditBytes when 0.
	AuditRecords int
	AuditBytes   int
	// VNIQuarantine is how long a VNI, or a VLAN on a cable, that was given up is kept
	// from other networks while a switch may still have it; zero is
	// model.DefaultVNIQuarantine.
	VNIQuarantine time.Duration
	// Now is the wall clock, for CreatedAt, and for ReleasedAt and RetiredAt as it is
	// when the store is opened: jumps after that end no quarantine and no retention.
	Now func() time.Time
	// NewID makes the ids of records; it must never repeat one.
	NewID func() string
}

func (o Options) withDefaults() Options {
	o.VNIRange = cmp.Or(o.VNIRange, model.DefaultVNIRange)
	o.VNIQuarantine = cmp.Or(o.VNIQuarantine, model.DefaultVNIQuarantine)
	o.AuditRecords = cmp.Or(o.AuditRecords, DefaultAuditRecords)
	o.AuditBytes = cmp.Or(o.AuditBytes, DefaultAuditBytes)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = func() string { return uuid.Must(uuid.NewV4()).String() }
	}
	return o
}

// Store holds the definitions. Its methods may be called from any goroutine.
type Store struct {
	published published
	queue     commitQueue
	opts      Options
	opened    opened
	sightings sightings
}

// Open opens the embedded database at path, which is made when missing (its
// directory must exist). A file that another process has open, that is damaged,
// or that a newer version of the program wrote is refused within about a
// second. A damaged file may stay locked until the process ends.
func Open(path string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	b, err := openBolt(path, migrations, opts.NewID)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s, err := newStore(b, opts)
	if err != nil {
		return nil, fmt.Errorf("read store %s: %w", path, closeAfter(b, err))
	}
	return s, nil
}

func newStore(b backend, opts Options) (*Store, error) {
	s := &Store{opts: opts, opened: opened{opts.Now(), time.Now()}}
	s.queue.published, s.queue.backend, s.queue.bounds = &s.published, b, auditBounds{opts.AuditRecords, opts.AuditBytes}
	s.queue.begin = func(base *snapshot) *rules { return begin(s, base) }
	return s, s.queue.reload()
}

// Close waits for the writer and closes the backend. Snapshots stay valid;
// later writes fail.
func (s *Store) Close() error {
	if err := s.queue.close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Definitions returns the latest snapshot. It never blocks.
func (s *Store) Definitions() *model.Definitions { return &s.published.current.Load().Definitions }

// Changes subscribes to a notice that there is a newer snapshot. Notices that
// were not taken yet are merged into one; a subscriber never holds up a writer.
// The function returned ends the subscription. The channel is never closed.
func (s *Store) Changes() (<-chan struct{}, func()) { return s.published.notices.subscribe() }

// write runs one rule and makes its changes durable.
func write[R any](ctx context.Context, s *Store, rule func(*rules) (R, error)) (R, error) {
	var none, made R
	err := s.queue.write(&writer{ctx: ctx, rule: func(r *rules) (err error) {
		made, err = rule(r)
		return err
	}})
	if err != nil {
		return none, err
	}
	return made, nil
}

// do is write for rules without a result.
func (s *Store) do(ctx context.Context, rule func(*rules) error) error {
	return s.queue.write(&writer{ctx: ctx, rule: rule})
}

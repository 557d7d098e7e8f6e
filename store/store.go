package store

import (
	"cmp"
	"fmt"
	"sync"
	"sync/atomic"
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
	// AuditBytes bounds the size of the audit records that are kept;
	// DefaultAuditBytes when 0.
	AuditBytes int
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
	opts    Options
	notices notices
	current atomic.Pointer[snapshot]

	line line

	sightings sightings
	opened    opened

	// mu is held by the one writer; it guards the fields below.
	mu      sync.Mutex
	backend backend
	// unsure is set by a commit that failed: whether it reached the disk is
	// not known, so the next write reads everything anew.
	unsure bool
	// audited is what the audit holds.
	audited auditLog
}

// snapshot is what the store holds, with its index.
type snapshot struct {
	*model.Definitions
	index
}

// opened is when the store was opened: by the wall clock, and by the one that shows
// what time has passed since.
type opened struct{ wall, at time.Time }

// steady is the wall clock as it would be without the jumps since the store was opened.
func (s *Store) steady() time.Time { return wall(s.opened.wall.Add(time.Since(s.opened.at))) }

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
	s := &Store{opts: opts, backend: b, opened: opened{opts.Now(), time.Now()}}
	return s, s.reload()
}

// reload replaces the snapshot by what the backend holds.
func (s *Store) reload() error {
	d, err := loadDefinitions(s.backend)
	if err != nil {
		return err
	}
	if s.audited, err = readAuditLog(s.backend); err != nil {
		return err
	}
	s.current.Store(&snapshot{d, newIndex(d)})
	s.unsure = false
	return nil
}

// Close waits for the writer and closes the backend. Snapshots stay valid;
// later writes fail.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.backend.close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Definitions returns the latest snapshot. It never blocks.
func (s *Store) Definitions() *model.Definitions { return s.current.Load().Definitions }

// Changes subscribes to a notice that there is a newer snapshot. Notices that
// were not taken yet are merged into one; a subscriber never holds up a writer.
// The function returned ends the subscription. The channel is never closed.
func (s *Store) Changes() (<-chan struct{}, func()) { return s.notices.subscribe() }

// reread finds out what a failed commit left behind.
func (s *Store) reread() error {
	if err := s.reload(); err != nil {
		return unavailable("read store after a failed commit: %w", err)
	}
	s.notices.send()
	return nil
}

// unavailable asks the caller to try again and keeps the cause for the log.
func unavailable(format string, args ...any) error {
	return fmt.Errorf("%w: %w", model.ErrUnavailable("The definitions can not be stored now."), fmt.Errorf(format, args...))
}

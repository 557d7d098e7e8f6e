package store

import (
	"time"

	"bordergw/model"
)

// txn is a change in the making. Rules read and grow next; base is what stood
// before. Nothing of it is visible to others until it is committed.
type txn struct {
	base *model.Definitions
	next model.Definitions
	// numbers is the index of next.
	numbers index
	opts    Options
	now     time.Time
	// steady is the time that passes, for the quarantine and for RetiredAt.
	steady time.Time
	// opened is when the store was.
	opened time.Time
	seen   *sightings
	// reports says that it stores what a switch shows.
	reports bool
	// endsQuarantine says that somebody asks for the end of a quarantine.
	endsQuarantine bool
	changes        []change
	// joined is the cache of joins.
	joined []join
}

func begin(s *Store, base *model.Definitions, numbers index) *txn {
	t := &txn{
		base: base, next: *base, numbers: numbers, opts: s.opts,
		now: wall(s.opts.Now()), steady: s.steady(), opened: wall(s.opened.wall), seen: &s.sightings,
	}
	t.next.Revision++
	return t
}

// changed notes a record that will be written.
func (t *txn) changed(c change) {
	t.changes = append(t.changes, c)
	if c.table != networks.bucket { // joins hold none
		t.joined = nil
	}
	if c.table == devices.bucket || c.table == inventories.bucket {
		t.next.PartRegistrations()
	}
}

// newRecord is the common part of a record that is being created. Its sequence
// is the revision that creates it.
func (t *txn) newRecord(project string) model.Record {
	return model.Record{ID: t.opts.NewID(), ProjectID: project}
}

// wall gives a time the form in which it comes back from the file.
func wall(at time.Time) time.Time { return at.UTC().Round(0) }

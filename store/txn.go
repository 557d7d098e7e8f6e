package store

import "time"

// txn is a change in the making: the records that stand, those that shall, and what is
// written for that. Nothing of it is visible to others until it is committed. Records are
// changed by the tables' put, remove and rewrite only, so that next, its index and changes
// always say the same. It belongs to the goroutine that holds the commit queue's lock.
type txn struct {
	// base is what stood before. Rules read and grow next.
	base *snapshot
	next snapshot
	// changes are the records that will be written.
	changes []change
	// now is the wall clock, for CreatedAt.
	now time.Time
	// newID makes the ids of records.
	newID func() string
	// reports says that it stores what a switch shows.
	reports bool
	// endsQuarantine says that somebody asks for the end of a quarantine.
	endsQuarantine bool
}

// changed notes a record that will be written.
func (t *txn) changed(c change) {
	t.changes = append(t.changes, c)
	if c.table == devices.bucket || c.table == inventories.bucket {
		t.next.PartRegistrations()
	}
}

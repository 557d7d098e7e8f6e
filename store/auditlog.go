package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"bordergw/model"
)

const (
	// DefaultAuditRecords is the number of audit records that are kept at most.
	DefaultAuditRecords = 100_000
	// DefaultAuditBytes is the size of the audit records that are kept at most.
	DefaultAuditBytes = 64 << 20
	// auditPage is how much of the audit is read at a time, in bytes.
	auditPage = 1 << 20
)

// auditBounds are the most records that are kept, and the most bytes of them.
type auditBounds struct{ records, bytes int }

// auditLog knows how much the audit holds. It is a value: a copy that a commit
// failed for is dropped. Copies may share what stands, and only one is added to.
type auditLog struct {
	// last is the number of the newest record, 0 when there never was one.
	last uint64
	// sizes are those of the records kept, in bytes, oldest first. Their numbers
	// follow each other.
	sizes []int
	bytes int
}

// readAuditLog looks at every record's size, not into it.
func readAuditLog(b backend) (l auditLog, err error) {
	var bad error
	err = b.newest(auditTable, "", func(id string, record []byte) bool {
		var seq uint64
		if seq, bad = strconv.ParseUint(id, 10, 64); bad != nil {
			return false
		}
		l.last = max(l.last, seq)
		l.sizes = append(l.sizes, len(record))
		l.bytes += len(record)
		return true
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return auditLog{}, fmt.Errorf("table %s: %w", auditTable, err)
	}
	slices.Reverse(l.sizes)
	return l, nil
}

// add takes the next record and returns the numbers of those that have to go for
// it. The newest one stays, whatever its size.
func (l *auditLog) add(size int, bounds auditBounds) (gone []uint64) {
	l.last++
	l.sizes = append(l.sizes, size)
	l.bytes += size
	for len(l.sizes) > bounds.records || l.bytes > bounds.bytes && len(l.sizes) > 1 {
		gone = append(gone, l.last-uint64(len(l.sizes))+1)
		l.bytes -= l.sizes[0]
		l.sizes = l.sizes[1:]
	}
	return gone
}

// skip numbers records that are not kept, as there are more after them than are, and returns the
// numbers of those that have to go for them: all. None skips nothing.
func (l *auditLog) skip(records int) (gone []uint64) {
	if records == 0 {
		return nil
	}
	for i := range l.sizes {
		gone = append(gone, l.last-uint64(len(l.sizes)-1-i))
	}
	*l = auditLog{last: l.last + uint64(records)}
	return gone
}

// readAuditPage reads the records below an id, "" for all, until it has seen a page's
// worth. It returns the id it came to and whether there may be more.
func readAuditPage(b backend, f model.AuditFilter, below string) (page []*model.AuditRecord, before string, more bool, err error) {
	var bad error
	seen := 0
	err = b.newest(auditTable, below, func(id string, value []byte) bool {
		e := &auditEntry{}
		if bad = json.Unmarshal(value, e); bad != nil {
			bad = fmt.Errorf("record %q: %w", id, bad)
			return false
		}
		if f.Matches(&e.AuditRecord) {
			page = append(page, e.record())
		}
		before, seen = id, seen+len(value)
		if f.Past(e.Time) {
			return false
		}
		more = seen >= auditPage || f.Limit > 0 && len(page) >= f.Limit
		return !more
	})
	return page, before, more, cmp.Or(err, bad)
}

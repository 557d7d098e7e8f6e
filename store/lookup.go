package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"bordergw/model"
)

// What readers ask for beside the snapshot. None waits for a writer.

// DefaultLimits are those of projects that have none of their own.
func (s *Store) DefaultLimits() model.Limits { return s.opts.Quota }

// GetRemoteMAC returns an entry of that device. The error for an entry of another
// device differs from that for an entry that does not exist.
func (s *Store) GetRemoteMAC(deviceID, entryID string) (*model.RemoteMACEntry, error) {
	m, err := findRemoteMAC(s.Definitions(), deviceID, entryID)
	if err != nil {
		return nil, err
	}
	return &m.RemoteMACEntry, nil
}

// Called yields the items of a name, in the order of creation. Kind is network, gateway_device or
// l2_gateway. It costs what the items of that name do, however many there are of others.
func (s *Store) Called(kind, name string) iter.Seq[*model.Record] {
	at := s.published.current.Load()
	switch kind {
	case "network":
		return named(at, networks, name)
	case "gateway_device":
		return named(at, devices, name)
	case "l2_gateway":
		return named(at, gateways, name)
	}
	return func(func(*model.Record) bool) {}
}

func named[T any, P model.Recorder[T]](at *snapshot, in table[T, P], name string) iter.Seq[*model.Record] {
	return func(yield func(*model.Record) bool) {
		for r := range having(at, in, claim{kind: isCalled, a: in.bucket, b: name}) {
			if !yield(r.Meta()) {
				return
			}
		}
	}
}

// UsesVNI reports whether a network, a gateway or a connection has a VNI. One in
// quarantine is not in use.
func (s *Store) UsesVNI(v model.VNI) bool { return s.published.current.Load().usesVNI(v) }

// Quarantine lists the numbers that are kept from other networks, the oldest first,
// with the reason.
func (s *Store) Quarantine() []model.Quarantined {
	defs, now, out := s.Definitions(), s.opened.instant().steady, []model.Quarantined{}
	for r := range defs.Released.All() {
		q := model.Quarantined{Released: *r, FreeAt: r.ReleasedAt.Add(s.opts.VNIQuarantine)}
		q.StillSeen = r.VNI != 0 && s.sightings.of(r.VNI, r.NetworkID)
		_, exists := defs.Networks.Get(r.NetworkID)
		q.NetworkDeleted = !exists
		if q.StillSeen || now.Before(q.FreeAt) {
			out = append(out, q)
		}
	}
	return out
}

// Audit gives the records that the filter chooses, newest first. It reads them a
// page at a time, as they are taken; records that are dropped meanwhile are
// missing at the end. It ends at the first error.
func (s *Store) Audit(f model.AuditFilter) iter.Seq2[*model.AuditRecord, error] {
	return func(yield func(*model.AuditRecord, error) bool) {
		before, given := "", 0
		if f.Before != 0 {
			before = auditID(f.Before)
		}
		for more := true; more; {
			var page []*model.AuditRecord
			var err error
			page, before, more, err = readAuditPage(s.queue.backend, f, before)
			for _, r := range page {
				given++
				if !yield(r, nil) || given == f.Limit {
					return
				}
			}
			if err != nil {
				yield(nil, fmt.Errorf("read table %s: %w", auditTable, err))
				return
			}
		}
	}
}

// LastAudit is the number of the newest record of the audit, 0 if there never was one.
func (s *Store) LastAudit() uint64 { return s.published.current.Load().audited }

// AuditAfter gives the records that are newer than the one of a number, oldest first: that
// many at most, and no more than a page's worth beyond the first. Those that were dropped are missing.
func (s *Store) AuditAfter(seq uint64, most int) (out []*model.AuditRecord, err error) {
	var bad error
	read := 0
	err = s.queue.backend.oldest(auditTable, auditID(seq), func(id string, value []byte) bool {
		e := &auditEntry{}
		if bad = json.Unmarshal(value, e); bad != nil {
			bad = fmt.Errorf("record %q: %w", id, bad)
			return false
		}
		out, read = append(out, e.record()), read+len(value)
		return len(out) < most && read < auditPage
	})
	if err = cmp.Or(err, bad); err != nil {
		return nil, fmt.Errorf("read table %s: %w", auditTable, err)
	}
	return out, nil
}

// CopyTo writes the whole store as a file that Open opens, and returns its size in bytes. It has every change that
// was made before the call. Changes go on meanwhile; w must not wait for anybody, as they may have to wait for it.
func (s *Store) CopyTo(w io.Writer) (int64, error) {
	n, err := s.queue.backend.copyTo(w)
	if err != nil {
		return n, fmt.Errorf("copy store: %w", err)
	}
	return n, nil
}

// Revisions gives the revisions that the filter chooses, newest first. It reads them a page at a
// time, as they are taken, and ends at the first error, which is the context's when that ends. Those
// whose first records were dropped are missing.
func (s *Store) Revisions(ctx context.Context, f model.RevisionFilter) iter.Seq2[*model.Revision, error] {
	return revisions(ctx, s.queue.backend, s.published.current.Load(), f)
}

// At gives what definitions were at a revision: what they are now with all later revisions taken
// back, the newest first. What nobody defined is as it is now. Its cost is that of the records
// that are newer.
func (s *Store) At(ctx context.Context, number uint64) (*model.Past, error) {
	return at(ctx, s.queue.backend, s.published.current.Load(), number)
}

// Around gives a revision with what definitions were before it and after. Its cost is that of At.
func (s *Store) Around(ctx context.Context, number uint64) (*model.Turn, error) {
	return around(ctx, s.queue.backend, s.published.current.Load(), number)
}

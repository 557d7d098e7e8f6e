package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"bordergw/model"
)

const (
	auditTable = "audit"
	// auditKept is the number of records that are kept.
	auditKept = 10_000
)

// auditID orders records by their number.
func auditID(seq uint64) string { return fmt.Sprintf("%020d", seq) }

// lastAudited is the number of the newest record, 0 when there is none.
func lastAudited(b backend) (seq uint64, err error) {
	var bad error
	err = b.newest(auditTable, func(id string, _ []byte) bool {
		seq, bad = strconv.ParseUint(id, 10, 64)
		return false
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return 0, fmt.Errorf("table %s: %w", auditTable, err)
	}
	return seq, nil
}

// Audit gives the newest records that the filter chooses, newest first.
func (s *Store) Audit(f model.AuditFilter) ([]model.AuditRecord, error) {
	out := []model.AuditRecord{}
	var bad error
	err := s.backend.newest(auditTable, func(id string, value []byte) bool {
		var r model.AuditRecord
		if bad = json.Unmarshal(value, &r); bad != nil {
			bad = fmt.Errorf("record %q: %w", id, bad)
			return false
		}
		if f.Matches(&r) {
			out = append(out, r)
		}
		return f.Limit == 0 || len(out) < f.Limit
	})
	if err == nil {
		err = bad
	}
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", auditTable, err)
	}
	return out, nil
}

// audit adds to the changes what tells of them, if somebody asked for them, and
// drops the oldest records. It returns the number of the last record.
func (t *txn) audit(ctx context.Context, last uint64) (uint64, error) {
	actor, ok := model.ActorOf(ctx)
	if !ok {
		return last, nil
	}
	list, err := t.audited()
	if err != nil {
		return last, fmt.Errorf("audit: %w", err)
	}
	for _, r := range list {
		last++
		r.Seq, r.Time = last, t.now
		r.User, r.Project, r.RequestID = actor.User, actor.Project, actor.RequestID
		t.changes = append(t.changes, change{table: auditTable, id: auditID(last), record: r})
		if last > auditKept {
			t.changes = append(t.changes, change{table: auditTable, id: auditID(last - auditKept)})
		}
	}
	return last, nil
}

// audited tells every definition that changed, once.
func (t *txn) audited() (out []*model.AuditRecord, err error) {
	type object struct{ table, id string }
	seen := map[object]bool{}
	for _, c := range t.changes {
		o := object{c.table, c.id}
		compare := comparers[c.table]
		if compare == nil || seen[o] {
			continue
		}
		seen[o] = true
		rs, err := compare(t, c.id)
		if err != nil {
			return nil, err
		}
		out = append(out, rs...)
	}
	return out, nil
}

// comparers tell what happened to a record of their table. Tables without one
// hold no definitions.
var comparers = map[string]func(t *txn, id string) ([]*model.AuditRecord, error){
	networks.bucket:    networks.compare("network"),
	devices.bucket:     compareDevices,
	gateways.bucket:    gateways.compare("l2_gateway"),
	connections.bucket: connections.compare("l2_gateway_connection"),
	quotas.bucket:      quotas.compare("quota"),
}

func (k table[T, P]) compare(resource string) func(*txn, string) ([]*model.AuditRecord, error) {
	return func(t *txn, id string) ([]*model.AuditRecord, error) {
		before, after := k.beforeAndAfter(t, id)
		r, err := audited(resource, id, orNil(before), orNil(after))
		return one(r), err
	}
}

func (k table[T, P]) beforeAndAfter(t *txn, id string) (before, after P) {
	before, _ = k.in(t.base).Get(id)
	after, _ = k.in(&t.next).Get(id)
	return before, after
}

// compareDevices tells of remote MACs one by one: a device may have thousands.
func compareDevices(t *txn, id string) ([]*model.AuditRecord, error) {
	before, after := devices.beforeAndAfter(t, id)
	was, is := entriesOf(before), entriesOf(after)
	r, err := audited("gateway_device", id, orNil(withoutEntries(before)), orNil(withoutEntries(after)))
	if err != nil {
		return nil, err
	}
	out := one(r)
	if sameButEntries(before, after) {
		out = nil
	}
	for _, list := range [][]remoteMAC{was.without(is), is.without(was)} {
		for _, e := range list {
			r, err := audited("remote_mac_entry", e.ID, was.find(e.ID), is.find(e.ID))
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// remoteMAC is an entry as the audit shows it.
type remoteMAC struct {
	DeviceID string `json:"gateway_device_id"`
	model.RemoteMACEntry
}

// entries are a device's remote MACs by id, in order.
type entries struct {
	list []remoteMAC
	byID map[string]remoteMAC
}

func entriesOf(gd *model.GatewayDevice) entries {
	out := entries{byID: map[string]remoteMAC{}}
	if gd == nil {
		return out
	}
	for _, e := range gd.RemoteMACs {
		m := remoteMAC{gd.ID, e}
		out.list = append(out.list, m)
		out.byID[e.ID] = m
	}
	return out
}

func (e entries) find(id string) any {
	if m, ok := e.byID[id]; ok {
		return m
	}
	return nil
}

// without gives the entries that o lacks. Entries never change.
func (e entries) without(o entries) (out []remoteMAC) {
	for _, m := range e.list {
		if _, ok := o.byID[m.ID]; !ok {
			out = append(out, m)
		}
	}
	return out
}

func withoutEntries(gd *model.GatewayDevice) *model.GatewayDevice {
	if gd == nil {
		return nil
	}
	c := *gd
	c.RemoteMACs = nil
	return &c
}

// sameButEntries reports whether a change concerned remote MACs only.
func sameButEntries(before, after *model.GatewayDevice) bool {
	if before == nil || after == nil || len(before.RemoteMACs) == len(after.RemoteMACs) {
		return false
	}
	a, b := withoutEntries(before), withoutEntries(after)
	a.Revision = b.Revision
	return sameJSON(a, b)
}

func audited(resource, id string, before, after any) (*model.AuditRecord, error) {
	r := &model.AuditRecord{Action: model.AuditUpdate, Resource: resource, ResourceID: id}
	switch {
	case before == nil:
		r.Action = model.AuditCreate
	case after == nil:
		r.Action = model.AuditDelete
	}
	var err error
	if r.Before, err = json.Marshal(before); err != nil {
		return nil, err
	}
	r.After, err = json.Marshal(after)
	return r, err
}

// orNil keeps a nil pointer from being a value.
func orNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

func one(r *model.AuditRecord) []*model.AuditRecord { return []*model.AuditRecord{r} }

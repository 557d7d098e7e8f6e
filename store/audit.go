package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"bordergw/model"
)

const auditTable = "audit"

// auditID orders records by their number.
func auditID(seq uint64) string { return fmt.Sprintf("%020d", seq) }

// audit adds the records of the changes, if somebody asked for them, and
// drops the oldest records.
func (t *txn) audit(ctx context.Context, log *auditLog, limit int) error {
	actor, ok := model.ActorOf(ctx)
	if !ok {
		return nil
	}
	list, more, err := t.audited()
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	t.dropAudited(log.skip(more))
	for _, r := range list {
		r.Seq, r.Time = log.last+1, t.now
		r.User, r.Project, r.RequestID = actor.User, actor.Project, actor.RequestID
		record, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		t.changes = append(t.changes, change{table: auditTable, id: auditID(r.Seq), record: json.RawMessage(record)})
		t.dropAudited(log.add(len(record), limit))
	}
	return nil
}

func (t *txn) dropAudited(gone []uint64) {
	for _, seq := range gone {
		t.changes = append(t.changes, change{table: auditTable, id: auditID(seq)})
	}
}

// audited lists every definition that changed, once. Of more than are kept it lists the last,
// and tells how many come before: an import may change a hundred thousand.
func (t *txn) audited() (out []*model.AuditRecord, before int, err error) {
	objects := t.changedObjects()
	for i, o := range slices.Backward(objects) {
		if len(out) == auditRecords {
			before = i + 1
			break
		}
		r, err := comparers[o.table](t, o.id)
		if err != nil {
			return nil, 0, err
		}
		if r != nil {
			out = append(out, r)
		}
	}
	slices.Reverse(out)
	return out, before, nil
}

// object is a record of a table that the audit concerns.
type object struct{ table, id string }

// changedObjects are those that changed, in the order in which they first did.
func (t *txn) changedObjects() (out []object) {
	seen := map[object]bool{}
	for _, c := range t.changes {
		o := object{c.table, c.id}
		if comparers[o.table] != nil && !seen[o] {
			seen[o] = true
			out = append(out, o)
		}
	}
	return out
}

// comparers say what happened to a record of their table, nil for what is not recorded. Tables
// without one hold no definitions.
var comparers = map[string]func(t *txn, id string) (*model.AuditRecord, error){
	networks.bucket:    networks.compare("network"),
	devices.bucket:     devices.compare("gateway_device"),
	remoteMACs.name():  compareRemoteMACs,
	gateways.bucket:    gateways.compare("l2_gateway"),
	connections.bucket: connections.compare("l2_gateway_connection"),
	quotas.bucket:      quotas.compare("quota"),
	released.bucket:    compareReleased,
	retired.bucket:     compareRetired,

	endpointSets.bucket: compareEndpoints,
}

// endpointCounts is what the audit shows of a set: a network may change ten thousand MACs a day.
type endpointCounts struct {
	NetworkID string `json:"network_id"`
	Source    string `json:"source"`
	Site      string `json:"site,omitempty"`
	Endpoints int    `json:"endpoints"`
	MACs      int    `json:"macs"`
}

func countsOf(set *model.EndpointSet) any {
	if set == nil {
		return nil
	}
	return endpointCounts{set.NetworkID, set.Source, set.Site, len(set.Addresses), len(set.MACs)}
}

func compareEndpoints(t *txn, id string) (*model.AuditRecord, error) {
	before, after := endpointSets.beforeAndAfter(t, id)
	if before != nil && after != nil && before.Audited == after.Audited {
		return nil, nil // soon after one that has a record
	}
	return audited("endpoints", id, countsOf(before), countsOf(after))
}

// compareRetired records that a deleted device is given up. The record of the device
// itself says that it was deleted.
func compareRetired(t *txn, id string) (*model.AuditRecord, error) {
	before, after := retired.beforeAndAfter(t, id)
	if before == nil || after != nil {
		return nil, nil
	}
	return audited("deleted_device", id, before, nil)
}

func (k table[T, P]) compare(resource string) func(*txn, string) (*model.AuditRecord, error) {
	return func(t *txn, id string) (*model.AuditRecord, error) {
		before, after := k.beforeAndAfter(t, id)
		return audited(resource, id, orNil(before), orNil(after))
	}
}

func (k table[T, P]) beforeAndAfter(t *txn, id string) (before, after P) {
	before, _ = k.in(&t.base.Definitions).Get(id)
	after, _ = k.in(&t.next.Definitions).Get(id)
	return before, after
}

// compareReleased records the numbers whose quarantine somebody ends. The record of a
// definition says what its change puts in quarantine or takes out.
func compareReleased(t *txn, id string) (*model.AuditRecord, error) {
	if !t.endsQuarantine {
		return nil, nil
	}
	return released.compare("quarantine")(t, id)
}

// remoteMAC is an entry as the audit shows it.
type remoteMAC struct {
	DeviceID string `json:"gateway_device_id"`
	model.RemoteMACEntry
}

func compareRemoteMACs(t *txn, record string) (*model.AuditRecord, error) {
	was, before := shownRemoteMAC(&t.base.Definitions, record)
	is, after := shownRemoteMAC(&t.next.Definitions, record)
	return audited("remote_mac_entry", cmp.Or(was.ID, is.ID), before, after)
}

func shownRemoteMAC(d *model.Definitions, record string) (m remoteMAC, shown any) {
	if stored, ok := lookUpRemoteMAC(d, record); ok {
		m = remoteMAC{stored.DeviceID, stored.RemoteMACEntry}
		return m, m
	}
	return m, nil
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
	if r.After, err = json.Marshal(after); err != nil {
		return nil, err
	}
	if r.Action == model.AuditUpdate {
		r.Before, r.After, err = model.Differences(r.Before, r.After)
	}
	return r, err
}

// orNil keeps a nil pointer from being a value.
func orNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

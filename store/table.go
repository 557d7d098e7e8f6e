package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"bordergw/model"
)

// table ties a kind of record to its place in a snapshot and in the backend.
type table[T any, P model.Recorder[T]] struct {
	bucket string
	in     func(*model.Definitions) *model.Table[T, P]
}

// The names are part of the file format.
var (
	networks = table[model.Network, *model.Network]{
		"networks", func(d *model.Definitions) *model.Table[model.Network, *model.Network] { return &d.Networks }}
	devices = table[model.GatewayDevice, *model.GatewayDevice]{
		"gateway_devices", func(d *model.Definitions) *model.Table[model.GatewayDevice, *model.GatewayDevice] { return &d.Devices }}
	gateways = table[model.L2Gateway, *model.L2Gateway]{
		"l2_gateways", func(d *model.Definitions) *model.Table[model.L2Gateway, *model.L2Gateway] { return &d.Gateways }}
	connections = table[model.L2GatewayConnection, *model.L2GatewayConnection]{
		"l2_gateway_connections", func(d *model.Definitions) *model.Table[model.L2GatewayConnection, *model.L2GatewayConnection] {
			return &d.Connections
		}}
	inventories = table[model.Inventory, *model.Inventory]{
		"inventories", func(d *model.Definitions) *model.Table[model.Inventory, *model.Inventory] { return &d.Inventories }}
	tombstones = table[model.Tombstone, *model.Tombstone]{
		"tombstones", func(d *model.Definitions) *model.Table[model.Tombstone, *model.Tombstone] { return &d.Tombstones }}
	retired = table[model.RetiredDevice, *model.RetiredDevice]{
		"retired_devices", func(d *model.Definitions) *model.Table[model.RetiredDevice, *model.RetiredDevice] { return &d.Retired }}
	quotas = table[model.Quota, *model.Quota]{
		"quotas", func(d *model.Definitions) *model.Table[model.Quota, *model.Quota] { return &d.Quotas }}
	released = table[model.Released, *model.Released]{
		"released_numbers", func(d *model.Definitions) *model.Table[model.Released, *model.Released] { return &d.Released }}
	endpointSets = table[model.EndpointSet, *model.EndpointSet]{
		"endpoints", func(d *model.Definitions) *model.Table[model.EndpointSet, *model.EndpointSet] { return &d.Endpoints }}
	// The bucket keeps the name that it has in existing files.
	moves = table[model.MACMove, *model.MACMove]{
		"station_moves", func(d *model.Definitions) *model.Table[model.MACMove, *model.MACMove] { return &d.Moves }}
)

// tables lists them all, for loading.
var tables = []interface {
	name() string
	load(*model.Definitions, map[string][]byte) error
}{networks, devices, remoteMACs, gateways, connections, inventories, tombstones, retired, quotas, moves, released, endpointSets, holdings}

func (k table[T, P]) name() string { return k.bucket }

// load fills the snapshot's table.
func (k table[T, P]) load(d *model.Definitions, values map[string][]byte) error {
	records := make([]P, 0, len(values))
	for id, value := range values {
		p := P(new(T))
		if err := json.Unmarshal(value, p); err != nil {
			return fmt.Errorf("record %q: %w", id, err)
		}
		if p.Meta().ID != id {
			return fmt.Errorf("record %q says that it is %q", id, p.Meta().ID)
		}
		records = append(records, p)
	}
	*k.in(d) = model.NewTable[T, P](records)
	return nil
}

// newRecord is the common part of a record that is being created, with the id and the
// manager that are given, if any. Its sequence is the revision that creates it. An id that
// is in use is refused; noun is what messages call the record.
func (k table[T, P]) newRecord(t *txn, noun string, given model.Record, project string) (model.Record, error) {
	r := model.Record{ID: given.ID, ProjectID: project, ManagedBy: given.ManagedBy}
	if r.ID == "" {
		r.ID = t.newID()
	}
	if len(r.ID) > maxID {
		return r, model.ErrBadRequest("Invalid input for id. Reason: '%s' exceeds maximum length of %d.", r.ID, maxID)
	}
	if _, taken := k.in(&t.next.Definitions).Get(r.ID); taken {
		return r, model.ErrIDInUse(noun, r.ID)
	}
	return r, nil
}

// put adds or replaces a record; the record belongs to the snapshot then.
func (k table[T, P]) put(t *txn, p P) P {
	m := p.Meta()
	if m.Seq == 0 {
		m.Seq, m.CreatedAt = t.next.Revision, t.now
	}
	m.Revision = t.next.Revision
	in := k.in(&t.next.Definitions)
	old, _ := in.Get(m.ID)
	t.next.reindex(orNil(old), p)
	*in = in.With(p)
	t.changed(change{table: k.bucket, id: m.ID, record: p})
	return p
}

// replace puts a changed copy of old, unless nothing differs.
func (k table[T, P]) replace(t *txn, old, p P) P {
	if reflect.DeepEqual(old, p) {
		return old
	}
	return k.put(t, p)
}

// remove removes a record if it is there.
func (k table[T, P]) remove(t *txn, id string) {
	in := k.in(&t.next.Definitions)
	old, ok := in.Get(id)
	if !ok {
		return
	}
	t.next.reindex(old, nil)
	*in = in.Without(id)
	t.changed(change{table: k.bucket, id: id})
}

// rewrite is put and remove for many records at once, at the cost of one: of each
// record edit gives another value, the same one to leave it, nil to remove it.
func (k table[T, P]) rewrite(t *txn, edit func(P) P) {
	in := k.in(&t.next.Definitions)
	kept, changed := make([]P, 0, in.Len()), false
	for old := range in.All() {
		p := edit(old)
		if p != nil {
			kept = append(kept, p)
		}
		if p == old {
			continue
		}
		changed = true
		id := old.Meta().ID
		t.next.reindex(old, orNil(p))
		if p == nil {
			t.changed(change{table: k.bucket, id: id})
			continue
		}
		p.Meta().Revision = t.next.Revision
		t.changed(change{table: k.bucket, id: id, record: p})
	}
	if changed {
		*in = model.NewTable[T, P](kept)
	}
}

// become puts and removes records until the table has these, by id, at the cost of one
// change. Those that it has already are the same pointers.
func (k table[T, P]) become(t *txn, records map[string]P) {
	k.rewrite(t, func(old P) P { return records[old.Meta().ID] })
	in := k.in(&t.next.Definitions)
	all := slices.Collect(in.All())
	for _, id := range slices.Sorted(maps.Keys(records)) {
		p := records[id]
		if _, has := in.Get(id); has {
			continue
		}
		m := p.Meta()
		m.Seq, m.CreatedAt, m.Revision = t.next.Revision, t.now, t.next.Revision
		t.next.reindex(nil, p)
		t.changed(change{table: k.bucket, id: id, record: p})
		all = append(all, p)
	}
	if len(all) > in.Len() {
		*in = model.NewTable[T, P](all)
	}
}

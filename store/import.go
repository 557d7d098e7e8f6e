package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"unicode/utf8"

	"bordergw/model"
)

// maxRevision leaves room for all the changes to come: a device's Seq, which is
// the revision that created it, is identified by 32 bits (vtep.DatabaseID).
const maxRevision = 1 << 31

func (r *rules) importAll(ctx context.Context, e *model.Export) error {
	switch d := &r.tx.next.Definitions; {
	case e.Format != model.ExportFormat:
		return model.ErrBadRequest("Invalid input for format. Reason: version %d is not known, %d is.", e.Format, model.ExportFormat)
	case d.Networks.Len()+d.Devices.Len()+d.Gateways.Len()+d.Connections.Len()+d.Quotas.Len() > 0:
		return model.ErrNotEmpty()
	}
	limits := r.quotas.defaults
	r.quotas.defaults = nil
	err := r.importLists(ctx, e)
	r.quotas.defaults = limits
	return err
}

func (r *rules) importLists(ctx context.Context, e *model.Export) error {
	bare := bareDevices(e)
	if err := checkRecords(e, bare); err != nil {
		return err
	}
	last := r.tx.next.Revision
	for _, step := range []func() (uint64, error){
		func() (uint64, error) { return importList(&r.tx, networks, e.Networks, r.importNetwork) },
		func() (uint64, error) { return importList(&r.tx, devices, bare, r.importDevice(e.GatewayDevices)) },
		func() (uint64, error) { return importList(&r.tx, gateways, e.L2Gateways, r.importGateway) },
		func() (uint64, error) { return importList(&r.tx, connections, e.Connections, r.importConnection) },
		func() (uint64, error) { return importList(&r.tx, quotas, e.Quotas, r.importQuota) },
	} {
		highest, err := step()
		if err != nil {
			return err
		}
		last = max(last, highest)
	}
	if err := r.quarantine.importAll(e.Released); err != nil {
		return err
	}
	// Later records come after these: a record's place is the revision that
	// created it.
	r.tx.next.Revision = last + 1
	if err := r.importEndpoints(ctx, e.Endpoints); err != nil {
		return err
	}
	return errors.Join(kept(&r.tx, networks, e.Networks), kept(&r.tx, devices, bare), kept(&r.tx, gateways, e.L2Gateways),
		kept(&r.tx, connections, e.Connections), kept(&r.tx, quotas, e.Quotas))
}

// checkRecords refuses what no store exports: records without an id or a place
// of their own in the order of creation.
func checkRecords(e *model.Export, bare []*model.GatewayDevice) error {
	seqs := map[uint64]string{}
	return cmp.Or(checkList(seqs, networks, e.Networks), checkList(seqs, devices, bare), checkList(seqs, gateways, e.L2Gateways),
		checkList(seqs, connections, e.Connections), checkList(seqs, quotas, e.Quotas))
}

// checkList is checkRecords for one kind; seqs has the places that are taken.
func checkList[T any, P model.Recorder[T]](seqs map[uint64]string, of table[T, P], list []P) error {
	refuse := func(format string, args ...any) error {
		return model.ErrBadRequest("Invalid input for %s. Reason: %s.", of.bucket, fmt.Sprintf(format, args...))
	}
	for _, r := range list {
		if r == nil || r.Meta().ID == "" || r.Meta().Seq == 0 {
			return refuse("a record has no id or no seq")
		}
		m := r.Meta()
		if utf8.RuneCountInString(m.ID) > maxID {
			return refuse("%.255q… is longer than %d characters", m.ID, maxID)
		}
		if most := max(m.Seq, m.Revision); most > maxRevision {
			return refuse("%.255q: %d is no revision, the highest is %d", m.ID, most, uint64(maxRevision))
		}
		name := fmt.Sprintf("%.255q of %s", m.ID, of.bucket)
		if other, taken := seqs[m.Seq]; taken && other != name { // the same one twice is a conflict
			return refuse("%.255q has the seq %d of %s", m.ID, m.Seq, other)
		}
		seqs[m.Seq] = name
	}
	return nil
}

// kept refuses records that the rules changed.
func kept[T any, P model.Recorder[T]](t *txn, in table[T, P], list []P) error {
	for _, r := range list {
		if stored, _ := in.in(&t.next.Definitions).Get(r.Meta().ID); !sameJSON(stored, r) {
			return model.ErrBadRequest("Invalid input for %s. Reason: %s would not be stored as it is given.", in.bucket, r.Meta().ID)
		}
	}
	return nil
}

// importList stores the records of one kind. A record may need another of its
// kind to be there first, so those that are refused are tried again until
// nothing moves. It returns the highest revision that a record carries.
func importList[T any, P model.Recorder[T]](t *txn, into table[T, P], list []P, create func(P) (P, error)) (highest uint64, err error) {
	for _, r := range list {
		highest = max(highest, r.Meta().Seq, r.Meta().Revision)
	}
	for pending := list; len(pending) > 0; {
		var refused []P
		for _, r := range pending {
			if e := importOne(t, into, r, create); e != nil {
				refused, err = append(refused, r), e
			}
		}
		if len(refused) == len(pending) {
			return 0, err
		}
		pending = refused
	}
	return highest, nil
}

// importOne runs the rule for a new record, with the id, place and time of the
// imported one. A refusal leaves no trace.
func importOne[T any, P model.Recorder[T]](t *txn, into table[T, P], r P, create func(P) (P, error)) error {
	saved, want := *t, r.Meta()
	if _, ok := into.in(&t.next.Definitions).Get(want.ID); ok {
		return model.ErrIDInUse(into.bucket, want.ID)
	}
	t.now, t.next.Revision = want.CreatedAt, want.Seq
	made, err := create(r)
	if err == nil {
		made.Meta().Revision = want.Revision // not published yet
	}
	now, revision := saved.now, saved.next.Revision
	if err != nil {
		*t = saved
	}
	t.now, t.next.Revision, t.newID = now, revision, saved.newID
	return err
}

// give makes the next ids those of the list.
func (r *rules) give(ids ...string) {
	r.tx.newID = func() string {
		if len(ids) == 0 {
			return ""
		}
		id := ids[0]
		ids = ids[1:]
		return id
	}
}

func (r *rules) importNetwork(n *model.Network) (*model.Network, error) { return r.networks.create(*n) }

// bareDevices are the devices without their remote MACs.
func bareDevices(e *model.Export) []*model.GatewayDevice {
	out := make([]*model.GatewayDevice, len(e.GatewayDevices))
	for i, gd := range e.GatewayDevices {
		if gd != nil {
			out[i] = &gd.GatewayDevice
		}
	}
	return out
}

// importDevice imports a device with its remote MACs, which are in the list.
func (r *rules) importDevice(from []*model.ExportedDevice) func(*model.GatewayDevice) (*model.GatewayDevice, error) {
	macs := make(map[*model.GatewayDevice][]model.RemoteMACEntry, len(from))
	for _, gd := range from {
		macs[&gd.GatewayDevice] = gd.RemoteMACs
	}
	return func(gd *model.GatewayDevice) (*model.GatewayDevice, error) {
		in := *gd
		if in.Accepted > in.Revision {
			in.Accepted = 0 // no update has made it; kept refuses it
		}
		made, err := r.devices.create(in)
		if err != nil {
			return nil, err
		}
		if made.Driven() {
			r.inventories.markRead(made, r.tx.now) // by the store that exported it
		}
		ids := make([]string, len(macs[gd]))
		for i, e := range macs[gd] {
			if e.ID == "" || utf8.RuneCountInString(e.ID) > maxID {
				return nil, model.ErrBadRequest("Invalid input for %s. Reason: an entry of %s has no id, or one longer than %d characters.", remoteMACs.name(), gd.ID, maxID)
			}
			ids[i] = e.ID
		}
		r.give(ids...)
		_, err = r.remoteMACs.create(gd.ID, macs[gd])
		return made, err
	}
}

func (r *rules) importGateway(g *model.L2Gateway) (*model.L2Gateway, error) {
	var ids []string
	for _, dev := range g.Devices {
		ids = append(ids, dev.ID)
	}
	if slices.Contains(ids, "") {
		return nil, model.ErrBadRequest("Invalid input for %s. Reason: a device of %s has no id.", gateways.bucket, g.ID)
	}
	r.give(ids...)
	return r.gateways.create(*g)
}

// importConnection does not compare with other connections: what was deleted or
// renamed since may have made two of them clash.
func (r *rules) importConnection(c *model.L2GatewayConnection) (*model.L2GatewayConnection, error) {
	copied := *c
	g, err := r.connections.checkRequest(&copied)
	if err != nil {
		return nil, err
	}
	if copied.Record, err = connections.newRecord(&r.tx, "L2 Gateway Connection", c.Record, g.ProjectID); err != nil {
		return nil, err
	}
	connections.put(&r.tx, &copied)
	if err := r.quarantine.checkBorder(&copied, g); err != nil {
		return nil, err
	}
	if err := r.vnis.fix(&copied, g); err != nil {
		return nil, err
	}
	return r.connections.complete(&copied, g), nil
}

// importEndpoints gives each set a new number: it is known to nobody but this store.
func (r *rules) importEndpoints(ctx context.Context, list []*model.ExportedEndpoints) error {
	for _, e := range list {
		if e == nil || len(e.Endpoints) == 0 {
			return model.ErrBadRequest("Invalid input for %s. Reason: a set is null or empty.", endpointSets.bucket)
		}
		set, err := e.Set()
		if err != nil {
			return err
		}
		if _, twice := r.tx.next.Endpoints.Get(set.ID); twice {
			return model.ErrIDInUse("endpoints of", set.ID)
		}
		r.tx.next.Revision++
		stored, err := r.endpoints.put(ctx, set, model.IfMatch{})
		if err != nil {
			return err
		}
		if !sameJSON(stored.Exported(), e) {
			return model.ErrBadRequest("Invalid input for %s. Reason: %.255q would not be stored as it is given.", endpointSets.bucket, set.ID)
		}
	}
	return nil
}

func (r *rules) importQuota(q *model.Quota) (*model.Quota, error) {
	for resource, limit := range q.Limits {
		if !slices.Contains(model.QuotaResources(), resource) || limit < model.Unlimited {
			return nil, model.ErrBadRequest("Invalid input for %s. Reason: %s: %d is no limit.", quotas.bucket, fmt.Sprintf("%.255q", resource), limit)
		}
	}
	return r.quotas.set(q.ID, q.Limits), nil
}

// sameJSON compares records as they are stored. Records always encode, and equal ones need not.
func sameJSON(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
)

// at is what definitions were at a revision: what they are now with all later revisions taken back,
// the newest first.
func at(ctx context.Context, b backend, now *snapshot, number uint64) (*model.Past, error) {
	way, err := newWayBack(ctx, b, now, number)
	if err != nil {
		return nil, err
	}
	defer way.end()
	then, err := way.to(number)
	if err != nil {
		return nil, err
	}
	return &model.Past{At: number, Last: now.audited, Then: then, Now: way.now, Lost: slices.Sorted(maps.Keys(way.lost))}, nil
}

// around is a revision with what definitions were before it and after, in one pass.
func around(ctx context.Context, b backend, now *snapshot, number uint64) (*model.Turn, error) {
	way, err := newWayBack(ctx, b, now, number)
	if err != nil {
		return nil, err
	}
	defer way.end()
	after, err := way.to(number)
	if err != nil {
		return nil, err
	}
	r, err := way.revision(number)
	if err != nil {
		return nil, err
	}
	before, err := way.to(r.First - 1)
	if err != nil {
		return nil, err
	}
	return &model.Turn{Revision: r, Before: before, After: after}, nil
}

// wayBack goes through the history from its newest record on.
type wayBack struct {
	*past
	next func() (span, error, bool)
	end  func()
	// ahead is a record that was looked at and not taken back, if there is one.
	ahead *span
	// reached is the newest revision that is not taken back.
	reached uint64
}

func newWayBack(ctx context.Context, b backend, now *snapshot, number uint64) (*wayBack, error) {
	if number > now.audited {
		last, err := lastRevision(ctx, b, now.audited)
		if err != nil {
			return nil, err
		}
		return nil, model.ErrNoRevision(number, last)
	}
	p := &past{now: &now.Definitions, objects: map[definition]map[string]any{}, macs: map[macKey]*model.RemoteMACEntry{}, lost: map[string]bool{}}
	next, end := iter.Pull2(history(ctx, b, now.audited, false))
	return &wayBack{past: p, next: next, end: end, reached: now.audited}, nil
}

// lastRevision is the number of the newest revision up to a record, 0 if there is none.
func lastRevision(ctx context.Context, b backend, last uint64) (uint64, error) {
	for one, err := range history(ctx, b, last, true) {
		if err != nil {
			return 0, err
		}
		if one.revision != nil {
			return one.revision.Number, nil
		}
	}
	return 0, nil
}

// look gives the next record without taking it back, nil at the end of the history.
func (w *wayBack) look() (*span, error) {
	if w.ahead == nil {
		one, err, more := w.next()
		if err != nil || !more {
			return nil, err
		}
		w.ahead = &one
	}
	return w.ahead, nil
}

// to takes back what came after a revision.
func (w *wayBack) to(number uint64) (*model.Definitions, error) {
	for w.reached > number {
		one, err := w.look()
		switch {
		case err != nil:
			return nil, err
		case one == nil:
			return nil, model.ErrRevisionGone(number, w.reached)
		case one.revision != nil && one.revision.First <= number:
			return nil, model.ErrInRevision(number, one.revision.First, one.revision.Number)
		}
		if err := w.takeBack(one.auditEntry); err != nil {
			return nil, fmt.Errorf("%w: record %d of the history: %w", model.ErrRevisionGone(number, w.reached), one.Seq, err)
		}
		w.ahead = nil
		if one.revision == nil || one.whole() {
			w.reached = one.Seq - 1
		}
	}
	return w.definitions()
}

// revision is the one of the number that was gone back to. That number may be of a record that changes
// no definition.
func (w *wayBack) revision(number uint64) (*model.Revision, error) {
	one, err := w.look()
	if err != nil {
		return nil, err
	}
	if one != nil && one.revision != nil && one.revision.Number == number {
		return one.revision, nil
	}
	for one != nil && one.revision == nil {
		w.ahead = nil
		if one, err = w.look(); err != nil {
			return nil, err
		}
	}
	if one == nil {
		return nil, model.ErrNotRevision(number, 0)
	}
	return nil, model.ErrNotRevision(number, one.revision.Number)
}

// past goes back from what definitions are, record by record.
type past struct {
	now *model.Definitions
	// objects are those that were other than they are, as JSON; nil for one that was not there.
	objects map[definition]map[string]any
	macs    map[macKey]*model.RemoteMACEntry
	// lost are sets of endpoints that went.
	lost map[string]bool
}

// definition is an object by its kind, as the audit calls it.
type definition struct{ resource, id string }

type macKey struct{ device, entry string }

// takeBack undoes what a record did.
func (p *past) takeBack(e *auditEntry) error {
	at := definition{e.Resource, e.ResourceID}
	switch {
	case e.Resource == "remote_mac_entry":
		return p.takeBackMACs(e)
	case e.Resource == "endpoints" && e.Action == model.AuditDelete:
		p.lost[e.ResourceID] = true
		return nil
	case kinds[e.Resource] == "":
		return nil
	}
	is, err := p.object(at)
	switch {
	case err != nil:
		return err
	case (is == nil) != (e.Action == model.AuditDelete):
		return fmt.Errorf("%s %s does not fit what came after it", at.resource, at.id)
	case e.Action == model.AuditCreate:
		p.objects[at] = nil
		return nil
	case e.Action == model.AuditUpdate:
		p.objects[at], err = model.Undone(is, e.Undo)
		return err
	}
	p.objects[at], err = members(e.Before)
	return err
}

// takeBackMACs undoes what a record did to the remote MACs of a device.
func (p *past) takeBackMACs(e *auditEntry) error {
	came, err := entriesOf(e.After)
	if err != nil {
		return err
	}
	went, err := entriesOf(e.Before)
	if err != nil {
		return err
	}
	for at := range came {
		p.macs[at] = nil
	}
	for at, entry := range went {
		p.macs[at] = &entry
	}
	return nil
}

// entriesOf are the remote MACs in a record: a list, one, or none.
func entriesOf(text json.RawMessage) (map[macKey]model.RemoteMACEntry, error) {
	var list remoteMACList
	var one remoteMAC
	if err := cmp.Or(json.Unmarshal(text, &list), json.Unmarshal(text, &one)); err != nil {
		return nil, err
	}
	if one.ID != "" {
		list.Entries = append(list.Entries, one.RemoteMACEntry)
	}
	out := make(map[macKey]model.RemoteMACEntry, len(list.Entries))
	for _, entry := range list.Entries {
		out[macKey{list.DeviceID, entry.ID}] = entry
	}
	return out, nil
}

// members reads a JSON object.
func members(text json.RawMessage) (out map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&out)
	return out, err
}

// object is one as it is at the point that was reached, nil if it is not there.
func (p *past) object(at definition) (map[string]any, error) {
	if is, known := p.objects[at]; known {
		return is, nil
	}
	record := definitionTables[at.resource].get(p.now, at.id)
	if record == nil {
		return nil, nil
	}
	text, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	return members(text)
}

// definitionTables are the tables of definitions by what the audit calls their kind, but for
// remote MACs.
var definitionTables = map[string]interface {
	get(d *model.Definitions, id string) any
	restore(d *model.Definitions, id string, members map[string]any) error
}{"network": networks, "gateway_device": devices, "l2_gateway": gateways, "l2_gateway_connection": connections, "quota": quotas}

// get is a record, nil if there is none.
func (k table[T, P]) get(d *model.Definitions, id string) any {
	p, _ := k.in(d).Get(id)
	return orNil(p)
}

// restore makes a record of its members, or removes the one of an id.
func (k table[T, P]) restore(d *model.Definitions, id string, members map[string]any) error {
	in := k.in(d)
	*in = in.Without(id)
	if members == nil {
		return nil
	}
	text, err := json.Marshal(members)
	if err != nil {
		return err
	}
	p := P(new(T))
	if err := json.Unmarshal(text, p); err != nil {
		return fmt.Errorf("table %s, record %q: %w", k.bucket, id, err)
	}
	*in = in.With(p)
	return nil
}

// definitions are those of the point that was reached.
func (p *past) definitions() (*model.Definitions, error) {
	d := *p.now
	d.PartRegistrations()
	for at, members := range p.objects {
		if err := definitionTables[at.resource].restore(&d, at.id, members); err != nil {
			return nil, err
		}
	}
	return &d, p.restoreMACs(&d)
}

// restoreMACs puts entries that are gone behind those that stand: their order is not known.
func (p *past) restoreMACs(d *model.Definitions) error {
	back := map[string][]*model.RemoteMAC{}
	for at, e := range p.macs {
		of := d.RemoteMACs.Of(at.device)
		is, stands := of.Get(at.entry)
		if stands && (e == nil || is.RemoteMACEntry != *e) {
			d.RemoteMACs = d.RemoteMACs.Without(is)
		}
		if e != nil && (!stands || is.RemoteMACEntry != *e) {
			back[at.device] = append(back[at.device], &model.RemoteMAC{DeviceID: at.device, RemoteMACEntry: *e})
		}
	}
	for device, list := range back {
		if _, there := d.Devices.Get(device); !there {
			return fmt.Errorf("remote MACs: gateway device %s is missing", device)
		}
		slices.SortFunc(list, func(a, b *model.RemoteMAC) int {
			return cmp.Or(a.MAC.Compare(b.MAC), a.SegmentationID.Compare(b.SegmentationID), strings.Compare(a.ID, b.ID))
		})
		for i, next := 0, d.RemoteMACs.Of(device).NextSeq(); i < len(list); i++ {
			list[i].Seq = next + uint64(i)
		}
		d.RemoteMACs = d.RemoteMACs.With(device, list...)
	}
	return nil
}

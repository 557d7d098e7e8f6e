package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
)

// at is what definitions were at a revision: what they are now with all later revisions taken back,
// the newest first.
func at(b backend, now *snapshot, number uint64) (*model.Past, error) {
	if number > now.audited {
		return nil, model.ErrNoRevision(number, now.audited)
	}
	p := &past{now: &now.Definitions, objects: map[definition]map[string]any{}, macs: map[macKey]*model.RemoteMACEntry{}, lost: map[string]bool{}}
	reached := now.audited
	for one, err := range history(b, now.audited, false) {
		if err != nil {
			return nil, err
		}
		if reached <= number {
			break
		}
		if one.revision != nil && one.revision.First <= number {
			return nil, model.ErrInRevision(number, one.revision.First, one.revision.Number)
		}
		if err := p.takeBack(one.auditEntry); err != nil {
			return nil, fmt.Errorf("%w: record %d of the history: %w", model.ErrRevisionGone(number, reached), one.Seq, err)
		}
		if one.revision == nil || one.whole() {
			reached = one.Seq - 1
		}
	}
	if reached > number {
		return nil, model.ErrRevisionGone(number, reached)
	}
	then, err := p.definitions()
	if err != nil {
		return nil, err
	}
	return &model.Past{At: number, Last: now.audited, Then: then, Now: p.now, Lost: slices.Sorted(maps.Keys(p.lost))}, nil
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

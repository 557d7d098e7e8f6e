package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
)

const auditTable = "audit"

// auditID orders records by their number.
func auditID(seq uint64) string { return fmt.Sprintf("%020d", seq) }

// audit adds the records of the changes, if somebody asked for them, and
// drops the oldest records.
func (t *txn) audit(ctx context.Context, log *auditLog, bounds auditBounds) error {
	actor, ok := model.ActorOf(ctx)
	if !ok {
		return nil
	}
	subjects := t.subjects()
	if len(subjects) == 0 {
		return nil
	}
	first, kept := log.last+1, subjects[max(0, len(subjects)-bounds.records):]
	t.dropAudited(log.skip(len(subjects) - len(kept)))
	for i, s := range kept {
		e, err := s.entry()
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		e.Seq, e.Time = log.last+1, t.now
		e.User, e.Project, e.RequestID = actor.User, actor.Project, actor.RequestID
		if i == len(kept)-1 {
			e.Revision = revisionOf(subjects, first, model.CauseOf(ctx))
		}
		record, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		t.changes = append(t.changes, change{table: auditTable, id: auditID(e.Seq), record: json.RawMessage(record)})
		t.dropAudited(log.add(len(record), bounds))
	}
	t.next.audited = log.last
	return nil
}

func (t *txn) dropAudited(gone []uint64) {
	for _, seq := range gone {
		t.changes = append(t.changes, change{table: auditTable, id: auditID(seq)})
	}
}

// subject is an object that changed, as the audit sees it.
type subject struct {
	// resource is Neutron's name of the kind of object, id that of the object.
	resource, id string
	// ref is what people call it, and is zero for what is no definition.
	ref model.ObjectRef
	// before and after are nil where there is no object.
	before, after any
	// apart: before and after have nothing in common, and are not compared.
	apart bool
	// of is the device whose remote MACs are to be found here, as their records have it.
	of string
}

// subjects are the objects that changed, once each, in the order in which they first did. What
// came and went, or is not recorded, is none. The remote MACs of a device are one.
func (t *txn) subjects() (out []*subject) {
	type object struct{ table, id string }
	seen, macs := map[object]bool{}, map[string][]string{}
	for _, c := range t.changes {
		o := object{c.table, c.id}
		if seen[o] {
			continue
		}
		if c.table == remoteMACs.name() {
			device, _, _ := strings.Cut(c.id, "/")
			if len(macs[device]) == 0 {
				out = append(out, &subject{of: device})
			}
			seen[o], macs[device] = true, append(macs[device], c.id)
		} else if find := finders[c.table]; find != nil {
			seen[o], out = true, append(out, find(t, c.id))
		}
	}
	return slices.Concat(recorded(t, out, macs)...)
}

// recorded leaves out what is not recorded, and puts the remote MACs of a device in their place.
func recorded(t *txn, all []*subject, macs map[string][]string) (out [][]*subject) {
	for i, s := range all {
		switch {
		case s == nil || s.of == "" && s.before == nil && s.after == nil:
		case s.of == "":
			out = append(out, all[i:i+1])
		default:
			out = append(out, findRemoteMACs(t, macs[s.of]))
		}
	}
	return out
}

// finders say what happened to a record of their table, nil for what is not recorded. Tables
// without one hold no definitions.
var finders = map[string]func(t *txn, id string) *subject{
	networks.bucket:    networks.find("network", model.RefNetwork),
	devices.bucket:     devices.find("gateway_device", model.RefDevice),
	gateways.bucket:    gateways.find("l2_gateway", model.RefGateway),
	connections.bucket: connections.find("l2_gateway_connection", refConnection),
	quotas.bucket:      quotas.find("quota", refQuota),
	released.bucket:    findReleased,
	retired.bucket:     findRetired,

	endpointSets.bucket: findEndpoints,
}

func refConnection(d *model.Definitions, id string) model.ObjectRef {
	c, _ := d.Connections.Get(id)
	return model.RefConnection(d, c)
}

func refQuota(_ *model.Definitions, project string) model.ObjectRef {
	return model.ObjectRef{Kind: kindQuota, ID: project, Name: project, Project: project}
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

func findEndpoints(t *txn, id string) *subject {
	before, after := endpointSets.beforeAndAfter(t, id)
	if before != nil && after != nil && before.Audited == after.Audited {
		return nil // soon after one that has a record
	}
	return &subject{resource: "endpoints", id: id, before: countsOf(before), after: countsOf(after)}
}

// findRetired finds deleted devices that are given up. The record of the device
// itself says that it was deleted.
func findRetired(t *txn, id string) *subject {
	before, after := retired.beforeAndAfter(t, id)
	if before == nil || after != nil {
		return nil
	}
	return &subject{resource: "deleted_device", id: id, before: before}
}

func (k table[T, P]) find(resource string, ref func(*model.Definitions, string) model.ObjectRef) func(*txn, string) *subject {
	return func(t *txn, id string) *subject {
		before, after := k.beforeAndAfter(t, id)
		s := &subject{resource: resource, id: id, before: orNil(before), after: orNil(after)}
		switch {
		case ref == nil:
		case after != nil:
			s.ref = ref(&t.next.Definitions, id)
		case before != nil:
			s.ref = ref(&t.base.Definitions, id)
		}
		return s
	}
}

func (k table[T, P]) beforeAndAfter(t *txn, id string) (before, after P) {
	before, _ = k.in(&t.base.Definitions).Get(id)
	after, _ = k.in(&t.next.Definitions).Get(id)
	return before, after
}

// findReleased finds the numbers whose quarantine somebody ends. The record of a
// definition says what its change puts in quarantine or takes out.
func findReleased(t *txn, id string) *subject {
	if !t.endsQuarantine {
		return nil
	}
	return released.find("quarantine", nil)(t, id)
}

// remoteMAC is an entry as the audit shows it, remoteMACList are several.
type remoteMAC struct {
	DeviceID string `json:"gateway_device_id"`
	model.RemoteMACEntry
}

type remoteMACList struct {
	DeviceID string                 `json:"gateway_device_id"`
	Entries  []model.RemoteMACEntry `json:"remote_mac_entries"`
}

// maxMACs is how many remote MACs one record has: the file's pages around a record are written anew
// with each of its neighbours.
const maxMACs = 4_000

// findRemoteMACs finds the entries of a device that came and went, by their records: they are one
// record of the audit, of the device if there are several, and more records if they are very many.
func findRemoteMACs(t *txn, records []string) (out []*subject) {
	var gone, came []*model.RemoteMAC
	for _, id := range records {
		was, stood := lookUpRemoteMAC(&t.base.Definitions, id)
		is, stands := lookUpRemoteMAC(&t.next.Definitions, id)
		if stood && was != is {
			gone = append(gone, was)
		}
		if stands && was != is {
			came = append(came, is)
		}
	}
	if len(gone)+len(came) <= maxMACs {
		return subjectOf(t, gone, came)
	}
	for part := range slices.Chunk(gone, maxMACs) {
		out = append(out, subjectOf(t, part, nil)...)
	}
	for part := range slices.Chunk(came, maxMACs) {
		out = append(out, subjectOf(t, nil, part)...)
	}
	return out
}

// subjectOf is the subject of remote MACs of a device that came and went; there is none of none.
func subjectOf(t *txn, gone, came []*model.RemoteMAC) []*subject {
	all := slices.Concat(gone, came)
	if len(all) == 0 {
		return nil
	}
	device, d := all[0].DeviceID, &t.next.Definitions
	if _, stands := d.Devices.Get(device); !stands {
		d = &t.base.Definitions
	}
	s := &subject{resource: "remote_mac_entry", id: device, ref: model.RefDevice(d, device), apart: true}
	if len(all) == 1 {
		s.id = all[0].ID
	}
	s.before, s.after = shownRemoteMACs(s.id, device, gone), shownRemoteMACs(s.id, device, came)
	return []*subject{s}
}

// shownRemoteMACs are entries in a record of the object with that id.
func shownRemoteMACs(of, device string, list []*model.RemoteMAC) any {
	if len(list) == 0 {
		return nil
	}
	if len(list) == 1 && of == list[0].ID {
		return remoteMAC{device, list[0].RemoteMACEntry}
	}
	slices.SortFunc(list, func(a, b *model.RemoteMAC) int { return cmp.Compare(a.Seq, b.Seq) })
	out := remoteMACList{device, make([]model.RemoteMACEntry, len(list))}
	for i, m := range list {
		out.Entries[i] = m.RemoteMACEntry
	}
	return out
}

// orNil keeps a nil pointer from being a value.
func orNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

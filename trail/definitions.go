package trail

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
)

// Audit is where changes of definitions are recorded.
type Audit interface {
	// AuditAfter reads the records after the one of a number, oldest first.
	AuditAfter(seq uint64, most int) ([]*model.AuditRecord, error)
	LastAudit() uint64
	Definitions() *model.Definitions
	// Changes gives a notice of each change, and a function that ends that.
	Changes() (<-chan struct{}, func())
}

// definitionEvents makes the events of records. Records of one request about MACs of one
// device become one event. The last record of what was done on purpose to many objects has an
// event of that, too.
func definitionEvents(defs *model.Definitions, records []*model.AuditRecord) (out []model.Event) {
	for len(records) > 0 {
		n := together(records)
		out = append(out, definitionEvent(defs, records[:n]))
		if e := revisionEvent(records[n-1]); e != nil {
			out = append(out, *e)
		}
		records = records[n:]
	}
	return out
}

// revisionEvent is the event of a revision that applies a site file or goes back, and that a record
// is the last of; nil for others.
func revisionEvent(last *model.AuditRecord) *model.Event {
	r := last.Ends
	if r == nil {
		return nil
	}
	e := &model.Event{Time: last.Time, Severity: model.SeverityInfo, Message: r.What() + ", by " + cmp.Or(r.User, "an unnamed user")}
	e.Data = map[string]any{"revision": r.Number, "user": r.User, "request_id": r.RequestID, "created": r.Created, "changed": r.Changed, "deleted": r.Deleted}
	switch r.Cause.Kind {
	case model.CauseApply:
		e.Type, e.Object = "site.applied", model.ObjectRef{Kind: "site", ID: r.Cause.Site, Name: r.Cause.Site}
	case model.CauseRollback:
		e.Type, e.Object, e.Data["to"] = "rolled-back", daemonRef, r.Cause.To
	default:
		return nil
	}
	return e
}

// together is how many records at the beginning become one event.
func together(records []*model.AuditRecord) int {
	first := records[0]
	if first.Resource != "remote_mac_entry" || first.RequestID == "" {
		return 1
	}
	device := audited(first).DeviceID
	n := 1
	for n < len(records) && records[n-1].Ends == nil && records[n].RequestID == first.RequestID && records[n].Resource == first.Resource &&
		records[n].Action == first.Action && audited(records[n]).DeviceID == device {
		n++
	}
	return n
}

// auditedObject is what names an object of the audit.
type auditedObject struct {
	Name        string `json:"name"`
	ProjectID   string `json:"project_id"`
	L2GatewayID string `json:"l2_gateway_id"`
	NetworkID   string `json:"network_id"`
	DeviceID    string `json:"gateway_device_id"`
	Source      string `json:"source"`
	MAC         string `json:"mac_address"`
	// Entries are several MACs of one device.
	Entries []struct{} `json:"remote_mac_entries"`
}

// audited reads what a record has of the object: of one that was changed, what changed.
func audited(r *model.AuditRecord) (o auditedObject) {
	_ = json.Unmarshal(r.Before, &o) // what is no object names nothing
	_ = json.Unmarshal(r.After, &o)
	return o
}

// done are the words for actions.
var done = map[string]string{model.AuditCreate: "created", model.AuditUpdate: "updated", model.AuditDelete: "deleted"}

func definitionEvent(defs *model.Definitions, records []*model.AuditRecord) model.Event {
	r := records[len(records)-1]
	data := map[string]any{"revision": r.Seq, "user": r.User, "request_id": r.RequestID, "action": r.Action, "resource": r.Resource}
	object, related := auditedRef(defs, r)
	what := model.KindWords(object.Kind) + " " + object.Name
	if r.Resource == "remote_mac_entry" {
		data["n"] = macsIn(records)
		what += fmt.Sprintf(": %d remote MACs", data["n"])
		if mac := audited(r).MAC; len(records) == 1 && mac != "" {
			what = fmt.Sprintf("%s %s: remote MAC %s", model.KindWords(object.Kind), object.Name, mac)
		}
	}
	verb := cmp.Or(done[r.Action], r.Action)
	if r.Action == model.AuditUpdate && r.Resource != "remote_mac_entry" {
		fields := changedFields(r)
		data["fields"] = fields
		if len(fields) > 0 {
			verb += " (" + strings.Join(fields, ", ") + ")"
		}
	}
	return model.Event{
		Time: r.Time, Type: "definition." + cmp.Or(done[r.Action], r.Action), Severity: model.SeverityInfo, Object: object, Related: related,
		Message: fmt.Sprintf("%s %s by %s", what, verb, cmp.Or(r.User, "an unnamed user")), Data: data,
	}
}

// macsIn counts the remote MACs that came or went.
func macsIn(records []*model.AuditRecord) (n int) {
	for _, r := range records {
		for _, text := range []json.RawMessage{r.Before, r.After} {
			var o auditedObject
			_ = json.Unmarshal(text, &o) // what is null has none
			if n += len(o.Entries); o.MAC != "" {
				n++
			}
		}
	}
	return n
}

// changedFields are the names of what an update changed, but the revision, which always does.
func changedFields(r *model.AuditRecord) []string {
	names := map[string]json.RawMessage{}
	_ = json.Unmarshal(r.Before, &names)
	_ = json.Unmarshal(r.After, &names)
	delete(names, "revision")
	return slices.Sorted(maps.Keys(names))
}

// auditedRef names the object of a record, as the definitions do while it is there.
func auditedRef(defs *model.Definitions, r *model.AuditRecord) (ref model.ObjectRef, related []model.ObjectRef) {
	o := audited(r)
	switch r.Resource {
	case "network":
		ref = model.RefNetwork(defs, r.ResourceID)
	case "gateway_device", "deleted_device":
		ref = model.RefDevice(defs, r.ResourceID)
	case "remote_mac_entry":
		return model.RefDevice(defs, o.DeviceID), nil
	case "l2_gateway":
		ref = model.RefGateway(defs, r.ResourceID)
	case "l2_gateway_connection":
		c := &model.L2GatewayConnection{L2GatewayID: o.L2GatewayID, NetworkID: o.NetworkID}
		if now, ok := defs.Connections.Get(r.ResourceID); ok {
			c = now
		}
		c = &model.L2GatewayConnection{Record: model.Record{ID: r.ResourceID, ProjectID: o.ProjectID}, L2GatewayID: c.L2GatewayID, NetworkID: c.NetworkID}
		return model.RefConnection(defs, c), []model.ObjectRef{model.RefGateway(defs, c.L2GatewayID), model.RefNetwork(defs, c.NetworkID)}
	case "endpoints":
		id := cmp.Or(o.NetworkID, networkOfSet(r.ResourceID))
		return model.ObjectRef{Kind: r.Resource, ID: r.ResourceID, Name: cmp.Or(o.Source, r.ResourceID)}, []model.ObjectRef{model.RefNetwork(defs, id)}
	default:
		ref = model.ObjectRef{Kind: r.Resource, ID: r.ResourceID, Name: r.ResourceID}
	}
	if ref.Name == ref.ID { // it is gone
		ref.Name, ref.Project = cmp.Or(o.Name, ref.ID), cmp.Or(ref.Project, o.ProjectID)
	}
	return ref, nil
}

// networkOfSet is the network in the id of an endpoint set.
func networkOfSet(id string) string {
	network, _, _ := strings.Cut(id, "/")
	return network
}

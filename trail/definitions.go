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
// device become one event.
func definitionEvents(defs *model.Definitions, records []*model.AuditRecord) (out []model.Event) {
	for len(records) > 0 {
		n := together(records)
		out = append(out, definitionEvent(defs, records[:n]))
		records = records[n:]
	}
	return out
}

// together is how many records at the beginning become one event.
func together(records []*model.AuditRecord) int {
	first := records[0]
	if first.Resource != "remote_mac_entry" || first.RequestID == "" {
		return 1
	}
	device := audited(first).DeviceID
	n := 1
	for n < len(records) && records[n].RequestID == first.RequestID && records[n].Resource == first.Resource &&
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
	what := kindWords(object.Kind) + " " + object.Name
	if r.Resource == "remote_mac_entry" {
		data["n"] = len(records)
		what += fmt.Sprintf(": %d remote MACs", len(records))
		if len(records) == 1 {
			what = fmt.Sprintf("%s %s: remote MAC %s", kindWords(object.Kind), object.Name, audited(r).MAC)
		}
	}
	verb := cmp.Or(done[r.Action], r.Action)
	if r.Action == model.AuditUpdate {
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

// kindWords is what people call a kind of object.
func kindWords(kind string) string {
	if kind == model.KindDevice {
		return "switch"
	}
	return strings.ReplaceAll(kind, "_", " ")
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

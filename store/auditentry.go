package store

import (
	"encoding/json"
	"maps"

	"bordergw/model"
)

// auditEntry is an audit record as it is stored: with what going back needs, which the audit
// does not show. An earlier version of the program wrote records without that: the history of
// revisions begins after them.
type auditEntry struct {
	model.AuditRecord
	// Undo makes of a definition what it was before an update. One that was deleted is whole in
	// Before, and so are remote MACs.
	Undo json.RawMessage `json:"undo,omitempty"`
	// Revision is what the last record of a revision says of it.
	Revision *revisionHead `json:"revision,omitempty"`
}

// revisionHead is what is stored of a revision beside its records.
type revisionHead struct {
	First uint64 `json:"first"`
	model.Cause
	Created int `json:"created,omitempty"`
	Changed int `json:"changed,omitempty"`
	Deleted int `json:"deleted,omitempty"`
	// Object and Action are those of the first record.
	Object refOfHead `json:"object"`
	Action string    `json:"action"`
}

// refOfHead is a model.ObjectRef without the project.
type refOfHead struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// kindQuota is what the history calls quotas.
const kindQuota = "quota"

// kinds are what the history calls the kinds of definitions, by resource. What is not
// in it is no definition.
var kinds = map[string]string{
	"network": model.KindNetwork, "gateway_device": model.KindDevice, "remote_mac_entry": model.KindDevice,
	"l2_gateway": model.KindGateway, "l2_gateway_connection": model.KindConnection, "quota": kindQuota,
}

// notUndone are the members of definitions that nobody defines: going back leaves them.
var notUndone = []string{"seq", "revision", "created_at", "active", "accepted", "stitch_vlans"}

// action is what was done to the object.
func (s *subject) action() string {
	switch {
	case s.before == nil:
		return model.AuditCreate
	case s.after == nil:
		return model.AuditDelete
	}
	return model.AuditUpdate
}

// entry is the record of a subject, without its place in the log.
func (s *subject) entry() (e *auditEntry, err error) {
	e = &auditEntry{}
	e.Name = s.ref.Name
	e.Action, e.Resource, e.ResourceID = s.action(), s.resource, s.id
	if e.Before, err = json.Marshal(s.before); err != nil {
		return nil, err
	}
	if e.After, err = json.Marshal(s.after); err != nil || e.Action != model.AuditUpdate || s.apart {
		return e, err
	}
	c, err := model.Compare(e.Before, e.After, notUndone...)
	e.Before, e.After = c.Before, c.After
	if kinds[s.resource] != "" {
		e.Undo = c.Undo
	}
	return e, err
}

// revisionOf says what a revision does that begins with the record of a number, nil if it changes
// no definition. Remote MACs are a part of their device.
func revisionOf(subjects []*subject, first uint64, cause model.Cause) *revisionHead {
	did := map[model.ObjectRef]string{}
	var head *revisionHead
	for _, s := range subjects {
		if s.ref.Kind == "" {
			continue
		}
		action := s.action()
		if s.apart {
			action = model.AuditUpdate
		}
		if _, known := did[s.ref]; !known || !s.apart {
			did[s.ref] = action
		}
		if head == nil {
			head = &revisionHead{First: first, Cause: cause, Object: refOfHead{s.ref.Kind, s.ref.ID, s.ref.Name}, Action: action}
		}
	}
	if head == nil {
		return nil
	}
	for action := range maps.Values(did) {
		switch action {
		case model.AuditCreate:
			head.Created++
		case model.AuditUpdate:
			head.Changed++
		case model.AuditDelete:
			head.Deleted++
		}
	}
	return head
}

// revision is the revision that the record is the last of, nil if there is none.
func (e *auditEntry) revision() *model.Revision {
	h := e.Revision
	if h == nil {
		return nil
	}
	return &model.Revision{
		Number: e.Seq, First: h.First, Time: e.Time, User: e.User, Project: e.Project, RequestID: e.RequestID, Cause: h.Cause,
		Created: h.Created, Changed: h.Changed, Deleted: h.Deleted,
		Object: model.ObjectRef{Kind: h.Object.Kind, ID: h.Object.ID, Name: h.Object.Name}, Action: h.Action,
	}
}

// record is what the audit shows.
func (e *auditEntry) record() *model.AuditRecord {
	e.AuditRecord.Ends = e.revision()
	return &e.AuditRecord
}

// nameBefore is the name that an update took from the object, "" for none.
func (e *auditEntry) nameBefore() string {
	var was struct{ Name string }
	if e.Action == model.AuditUpdate {
		_ = json.Unmarshal(e.Before, &was) // what has no name is called nothing
	}
	return was.Name
}

// ends are the gateways and networks that the record says a connection has joined: none of a record of
// something else, one before and one after of an update that gave it others.
func (e *auditEntry) ends() (out [][2]string) {
	for _, text := range []json.RawMessage{e.After, e.Before} {
		var c struct {
			Gateway string `json:"l2_gateway_id"`
			Network string `json:"network_id"`
		}
		_ = json.Unmarshal(text, &c) // what is null has none
		if c.Gateway != "" || c.Network != "" {
			out = append(out, [2]string{c.Gateway, c.Network})
		}
	}
	return out
}

// ref names the definition that the record is of; it is zero for another one.
func (e *auditEntry) ref() model.ObjectRef {
	ref := model.ObjectRef{Kind: kinds[e.Resource], ID: e.ResourceID, Name: e.Name}
	if e.Resource == "remote_mac_entry" {
		var of remoteMACList
		_ = json.Unmarshal(e.Before, &of) // what is null has none
		_ = json.Unmarshal(e.After, &of)
		ref.ID = of.DeviceID
	}
	return ref
}

package model

import (
	"context"
	"encoding/json"
	"time"
)

// Actor is who asks for a change.
type Actor struct {
	User      string
	Project   string
	RequestID string
}

type actorKey struct{}

// WithActor hands an actor to whom the context is passed.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf gives the actor of a context; there is none behind a change that we
// make ourselves.
func ActorOf(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}

// Actions of an AuditRecord.
const (
	AuditCreate = "create"
	AuditUpdate = "update"
	AuditDelete = "delete"
)

// AuditResources are the kinds of objects that are recorded, as Neutron calls them.
var AuditResources = []string{"network", "gateway_device", "deleted_device", "remote_mac_entry", "l2_gateway", "l2_gateway_connection", "quota", "quarantine", "endpoints"}

// AuditRecord says what one request did to one object.
type AuditRecord struct {
	// Seq numbers the records without a gap.
	Seq       uint64    `json:"seq"`
	Time      time.Time `json:"time"`
	RequestID string    `json:"request_id"`
	User      string    `json:"user"`
	Project   string    `json:"project_id"`
	Action    string    `json:"action"`
	// Resource is Neutron's name of the kind of object, ResourceID the object.
	Resource   string `json:"resource"`
	ResourceID string `json:"resource_id"`
	// Before and After are the object as stored; null where there is none. Of an
	// update they are what differs, see Comparison. Records of earlier versions
	// have the whole object there. Of several remote MACs of a device, they are a list
	// of those that went and of those that came.
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
	// Ends is the revision that this record is the last of, nil if there is none.
	Ends *Revision `json:"-"`
}

// AuditFilter chooses records. Zero values choose all.
type AuditFilter struct {
	Resource   string
	ResourceID string
	// Before is a number that the records are older than.
	Before uint64
	// Limit is the largest number of records.
	Limit int
}

// Matches reports whether the filter chooses r, its limit aside.
func (f AuditFilter) Matches(r *AuditRecord) bool {
	return (f.Resource == "" || f.Resource == r.Resource) && (f.ResourceID == "" || f.ResourceID == r.ResourceID)
}

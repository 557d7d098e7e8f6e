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
	// Name is what people called the object: of remote MACs their device, of a connection GATEWAY/NETWORK.
	// Records of earlier versions, and those of what is no definition, have none.
	Name string `json:"name,omitempty"`
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
	// Name is one that the object had, or the MAC address of a record of one remote MAC.
	Name string
	When
	// Before is a number that the records are older than.
	Before uint64
	// Limit is the largest number of records.
	Limit int
}

// Matches reports whether the filter chooses r, its limit aside.
func (f AuditFilter) Matches(r *AuditRecord) bool {
	return (f.Resource == "" || f.Resource == r.Resource) && (f.ResourceID == "" || f.ResourceID == r.ResourceID) &&
		(f.Name == "" || r.isCalled(f.Name)) && f.Chooses(r.Time, r.User)
}

// isCalled reports whether the object had a name.
func (r *AuditRecord) isCalled(name string) bool {
	if r.Name == name {
		return true
	}
	if r.Resource != "remote_mac_entry" {
		return false
	}
	var was struct {
		MAC string `json:"mac_address"`
	}
	_ = json.Unmarshal(r.Before, &was) // what is null has none
	_ = json.Unmarshal(r.After, &was)
	return was.MAC == name
}

// When chooses by time and user. Zero values choose all.
type When struct {
	// Since and Until are the first time that is chosen, and the first after it that is not.
	Since, Until time.Time
	User         string
}

// clockSlack is how far the clock may have been set back between two records.
const clockSlack = time.Hour

// Chooses reports whether a time and a user are chosen.
func (w When) Chooses(at time.Time, user string) bool {
	return (w.Since.IsZero() || !at.Before(w.Since)) && (w.Until.IsZero() || at.Before(w.Until)) && (w.User == "" || w.User == user)
}

// Past reports whether nothing is chosen of what came before a time, so that who goes back may end there.
func (w When) Past(at time.Time) bool {
	return !w.Since.IsZero() && at.Before(w.Since.Add(-clockSlack))
}

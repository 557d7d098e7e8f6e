package model

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Why a request changes definitions, if it is not for one object's sake.
const (
	CauseApply    = "apply"
	CauseImport   = "import"
	CauseRollback = "rollback"
)

// Cause says why a request changes definitions. The zero value: for the sake of the object that it
// names.
type Cause struct {
	// Kind is one of CauseApply and the others, "" for none.
	Kind string `json:"kind,omitempty"`
	// Site is whose file is applied.
	Site string `json:"site,omitempty"`
	// To is the revision that a rollback goes back to.
	To uint64 `json:"to,omitempty"`
}

type causeKey struct{}

// WithCause says why changes are made that the context is passed to.
func WithCause(ctx context.Context, c Cause) context.Context {
	return context.WithValue(ctx, causeKey{}, c)
}

// CauseOf gives the cause of a context, the zero value for none.
func CauseOf(ctx context.Context) Cause {
	c, _ := ctx.Value(causeKey{}).(Cause)
	return c
}

// Revision is one change of definitions by one request. What nobody asked for, such as the active
// device of a gateway, is none, and neither is what programs say of endpoints.
type Revision struct {
	// Number is that of its last audit record, First that of its first.
	Number    uint64
	First     uint64
	Time      time.Time
	User      string
	Project   string
	RequestID string
	Cause     Cause
	// Created, Changed and Deleted count its objects.
	Created, Changed, Deleted int
	// Object is what its first record is about, and Action what was done to it.
	Object ObjectRef
	Action string
	// Found are the objects, KIND/ID, that a list of the revisions of one object has found up to here
	// and that the definitions do not tell: it had the name, or was connected to what has it. Nil if
	// they are too many to be handed on.
	Found []string
}

// did are the words for actions.
var did = map[string]string{AuditCreate: "created", AuditUpdate: "changed", AuditDelete: "deleted"}

// What says in words what the revision has done.
func (r *Revision) What() string {
	switch r.Cause.Kind {
	case CauseApply:
		return "apply site " + r.Cause.Site + ": " + r.counts()
	case CauseImport:
		return "import: " + r.counts()
	case CauseRollback:
		return fmt.Sprintf("rolled back to %d: %s", r.Cause.To, r.counts())
	}
	text := KindWords(r.Object.Kind) + " " + r.Object.Name + " " + did[r.Action]
	if more := r.Created + r.Changed + r.Deleted - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

func (r *Revision) counts() string {
	var parts []string
	for _, c := range []struct {
		n    int
		word string
	}{{r.Created, AuditCreate}, {r.Changed, AuditUpdate}, {r.Deleted, AuditDelete}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, did[c.word]))
		}
	}
	return strings.Join(parts, ", ")
}

// KindWords is what people call a kind of object.
func KindWords(kind string) string {
	if kind == KindDevice {
		return "switch"
	}
	return strings.ReplaceAll(kind, "_", " ")
}

// RevisionFilter chooses revisions. Zero values choose all.
type RevisionFilter struct {
	// Kind and Name are of an object that they have changed, by its id, a name that it has, or one
	// that it had. To a network belong its connections, and the gateways of these; to a gateway its
	// connections.
	Kind, Name string
	When
	// Before is a number that they are older than.
	Before uint64
	// Found is what the last revision of the page before says (Revision.Found), so that what is newer is
	// not read again; nil if that is not known.
	Found []string
	// Limit is the largest number of revisions.
	Limit int
}

// Turn is a revision with what definitions were before it and after.
type Turn struct {
	Revision      *Revision
	Before, After *Definitions
}

// Past is what definitions were at a revision, beside what they are.
type Past struct {
	// At is the revision; Last is the newest audit record that Now has.
	At, Last uint64
	// Then follows from Now: what has not changed is shared. Only definitions are as they were.
	Then, Now *Definitions
	// Lost are sets of endpoints (EndpointSetID) that were there and that no history has.
	Lost []string
}

// Restoration is what has to become of definitions. Records that are put come with their ids;
// the place in the order of creation, the active device of a gateway, the time a switch was
// replaced and the VLANs on cables are not theirs to give.
type Restoration struct {
	Networks    Restored[*Network]
	Devices     Restored[*GatewayDevice]
	Gateways    Restored[*L2Gateway]
	Connections Restored[*L2GatewayConnection]
	Quotas      Restored[*Quota]
	RemoteMACs  struct{ Put, Delete []*RemoteMAC }
}

// Restored are records of one kind. Those that are put are in the order in which they are created.
type Restored[P any] struct {
	Put []P
	// Delete has ids.
	Delete []string
}

// ErrRevisionGone refuses to go back to before what the history holds.
func ErrRevisionGone(n, oldest uint64) *Error {
	return refuse(Conflict, "HistoryGone", "What the definitions were at revision %d is not known any more: the history goes back to %d.", n, oldest)
}

// ErrNoRevision is for a number that is none.
func ErrNoRevision(n, last uint64) *Error {
	return refuse(NotFound, "RevisionNotFound", "There is no revision %d: the last change of definitions is %d.", n, last)
}

// ErrNotRevision is for the number of a record that changes no definition; before is the revision before
// it, 0 for none.
func ErrNotRevision(n, before uint64) *Error {
	if before == 0 {
		return refuse(NotFound, "RevisionNotFound", "There is no revision %d, and none before it.", n)
	}
	return refuse(NotFound, "RevisionNotFound", "There is no revision %d: the last one before it is %d.", n, before)
}

// ErrInRevision is for a number in the midst of a change.
func ErrInRevision(n, first, last uint64) *Error {
	return refuse(NotFound, "RevisionNotFound", "There is no revision %d: the records %d to %d are one change, revision %d.", n, first, last, last)
}

package model

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Severities of events.
const (
	SeverityInfo    = "info"
	SeverityWarning = "warning"
	SeverityError   = "error"
)

// Severities lists them, the least first.
var Severities = []string{SeverityInfo, SeverityWarning, SeverityError}

// Kinds of objects that events are about.
const (
	KindDevice     = "device"
	KindNetwork    = "network"
	KindGateway    = "gateway"
	KindConnection = "connection"
	KindMAC        = "mac"
	KindDaemon     = "daemon"
)

// ObjectRef names an object for people, with its id beside it.
type ObjectRef struct {
	Kind    string `json:"kind"`
	ID      string `json:"id"`
	Name    string `json:"name"`
	Project string `json:"project_id,omitempty"`
}

// Event is one thing that happened. Its Message stands alone.
type Event struct {
	Time     time.Time      `json:"time"`
	Type     string         `json:"type"`
	Severity string         `json:"severity"`
	Object   ObjectRef      `json:"object"`
	Related  []ObjectRef    `json:"related,omitempty"`
	Message  string         `json:"message"`
	Data     map[string]any `json:"data,omitempty"`
	// Repeats is how often it happened, for events of which those of one type and object
	// within a second become one; 0 for others.
	Repeats int `json:"-"`
}

// Level is an aspect of an object that always has one value, such as the phase of a device. An
// event is made of it when its value is another one than the last that is remembered, also
// from before a restart.
type Level struct {
	Type    string // of the event
	Object  ObjectRef
	Related []ObjectRef
	// Aspect names it among those of the object.
	Aspect, Value string
	Severity      string
	// Reason is a word, Message says why.
	Reason, Message string
	// First: the process has not known the value before. Until it knows all, that is no event.
	First bool
}

// MACPlace is where a MAC is. The zero value is nowhere.
type MACPlace struct {
	// Device is the id of the switch, or of what a source answers for.
	Device   string
	Endpoint VTEPAddress
	Frozen   bool
}

// MACChange is a MAC in a network that is elsewhere than before.
type MACChange struct {
	Network string
	MAC     MAC
	Was, Is MACPlace
}

// MACPicture is where all learned MACs are at one moment. It is immutable.
type MACPicture interface {
	// Definitions has the names.
	Definitions() *Definitions
	// Changes yields what differs from an earlier picture, by network; nil is an empty one.
	Changes(was MACPicture) iter.Seq[MACChange]
	// Place is where a MAC is.
	Place(network string, mac MAC) MACPlace
	// Reported reports whether the switch of a device has reported all its MACs, so that a MAC that
	// is not there is gone.
	Reported(device string) bool
	// Reporters is the number of switches that have.
	Reporters() int
}

// EventID numbers the events of one history file without a gap. Another file has another Epoch.
type EventID struct {
	Epoch uint32
	Seq   uint64
}

func (id EventID) String() string { return fmt.Sprintf("%08x-%d", id.Epoch, id.Seq) }

// ParseEventID reads what String writes, and nothing else.
func ParseEventID(s string) (EventID, error) {
	epoch, seq, _ := strings.Cut(s, "-")
	e, err1 := strconv.ParseUint(epoch, 16, 32)
	n, err2 := strconv.ParseUint(seq, 10, 64)
	id := EventID{uint32(e), n}
	if cmp.Or(err1, err2) != nil || id.String() != s {
		return EventID{}, fmt.Errorf("%q is not the id of an event, such as 7f3a91c2-18233", Clip(s, 64))
	}
	return id, nil
}

// StoredEvent is an event that has an id.
type StoredEvent struct {
	ID   EventID
	Type string
	// JSON is the event with its id, in one line.
	JSON []byte
}

// EventFilter chooses events. Zero values choose all.
type EventFilter struct {
	// Types are those wanted; one that ends with '*' stands for all that begin so.
	Types []string
	// Kind and Object are of an object that the event is about or related to, by id or name.
	Kind, Object string
	// Severity is the least that is wanted.
	Severity string
	Project  string
}

// IsZero reports whether the filter chooses everything.
func (f *EventFilter) IsZero() bool {
	return len(f.Types) == 0 && f.Kind == "" && f.Severity == "" && f.Project == ""
}

// Matches reports whether the filter chooses an event of that type, severity and objects.
func (f *EventFilter) Matches(typ, severity string, objects []ObjectRef) bool {
	if len(f.Types) > 0 && !slices.ContainsFunc(f.Types, func(want string) bool { return matchesType(want, typ) }) {
		return false
	}
	if f.Severity != "" && slices.Index(Severities, severity) < slices.Index(Severities, f.Severity) {
		return false
	}
	if f.Project != "" && !slices.ContainsFunc(objects, func(o ObjectRef) bool { return o.Project == f.Project }) {
		return false
	}
	return f.Kind == "" || slices.ContainsFunc(objects, func(o ObjectRef) bool {
		return o.Kind == f.Kind && (o.ID == f.Object || o.Name == f.Object)
	})
}

func matchesType(want, typ string) bool {
	if prefix, all := strings.CutSuffix(want, "*"); all {
		return strings.HasPrefix(typ, prefix)
	}
	return want == typ
}

// EventQuery asks for a page of events.
type EventQuery struct {
	Filter EventFilter
	// Epoch is that of the file that is to be read.
	Epoch uint32
	// Newest asks for the newest first, below From, 0 for all; else the oldest first, above From.
	Newest bool
	From   uint64
	// Since leaves out what is older.
	Since time.Time
	// Limit is the most events of a page.
	Limit int
}

// EventPage is a part of the events.
type EventPage struct {
	Events []StoredEvent
	// Seen is the number of the last event that was looked at, chosen or not: the next page
	// is from there. It is From if there was none.
	Seen uint64
	// Gap: the oldest event that there is does not follow From.
	Gap bool
	// More reports whether there is, or may be, another page now.
	More bool
}

// EventRange says which events there are: those with First to Last of an epoch.
type EventRange struct {
	Epoch uint32
	// First is the oldest; Last is below it when there is none.
	First, Last uint64
}

// RefDevice, RefNetwork, RefGateway and RefConnection name objects as the definitions do. What
// is not there goes by its id.
func RefDevice(d *Definitions, id string) ObjectRef {
	ref := ObjectRef{Kind: KindDevice, ID: id, Name: id}
	if gd, ok := d.Devices.Get(id); ok {
		ref.Name, ref.Project = gd.DisplayName(), gd.ProjectID
	}
	return ref
}

func RefNetwork(d *Definitions, id string) ObjectRef {
	ref := ObjectRef{Kind: KindNetwork, ID: id, Name: id}
	if n, ok := d.Networks.Get(id); ok {
		ref.Name, ref.Project = cmp.Or(n.Name, id), n.ProjectID
	}
	return ref
}

func RefGateway(d *Definitions, id string) ObjectRef {
	ref := ObjectRef{Kind: KindGateway, ID: id, Name: id}
	if g, ok := d.Gateways.Get(id); ok {
		ref.Name, ref.Project = cmp.Or(g.Name, id), g.ProjectID
	}
	return ref
}

// RefConnection names a connection GATEWAY/NETWORK.
func RefConnection(d *Definitions, c *L2GatewayConnection) ObjectRef {
	name := RefGateway(d, c.L2GatewayID).Name + "/" + RefNetwork(d, c.NetworkID).Name
	return ObjectRef{Kind: KindConnection, ID: c.ID, Name: name, Project: c.ProjectID}
}

// ErrHistoryGone is for events that are no longer kept, or of a history that was begun anew.
func ErrHistoryGone(after, oldest EventID) *Error {
	return &Error{Kind: Gone, Type: "HistoryGone",
		Message: fmt.Sprintf("The events after %s are no longer kept. The oldest one is %s.", after, oldest)}
}

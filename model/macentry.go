package model

import "time"

// Named is an object by its id and its name.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Named is the id and the name of what is referred to.
func (r ObjectRef) Named() Named { return Named{ID: r.ID, Name: r.Name} }

// NamedPlace names what has an id where a MAC may be: a device, or a source of endpoints.
func NamedPlace(d *Definitions, id string) Named {
	if set, ok := d.Endpoints.Get(id); ok {
		return Named{ID: id, Name: set.Source}
	}
	return RefDevice(d, id).Named()
}

// States of a MAC in a network.
const (
	MACOK = "ok"
	// MACHeld: its row has gone, or its switch is away. The others keep their rows for a while.
	MACHeld = "held"
	// MACFrozen: it moved too often, and stays where it is for a while.
	MACFrozen = "frozen"
	// MACStatic: an operator configured where it is.
	MACStatic = "static"
	// MACGone: it is nowhere.
	MACGone = "gone"
)

// MACStates lists them.
var MACStates = []string{MACOK, MACHeld, MACFrozen, MACStatic, MACGone}

// Where an entry of the MAC table comes from.
const (
	MACLocal     = "local"     // a switch has learned it
	MACStaticSrc = "static"    // an operator configured it
	MACEndpoints = "endpoints" // a source outside, such as Neutron, answers for it
)

// MACEntry is one MAC of one network.
type MACEntry struct {
	MAC     MAC   `json:"mac"`
	Network Named `json:"network"`
	// Device is where it is: a switch, or the source that answers for it. It is null for a MAC that is gone.
	Device   *Named      `json:"device"`
	Endpoint VTEPAddress `json:"endpoint"`
	// Ports are those where it may be: the bindings of the network on its switch.
	Ports  []BoundPort `json:"ports"`
	Source string      `json:"source"`
	// Since is when it came there, as far as that is known.
	Since time.Time `json:"since"`
	// Moves is the sequence number of its last move (RFC 7432, section 7.7).
	Moves uint64 `json:"moves"`
	State string `json:"state"`
	// Until is the end of State held or frozen.
	Until *time.Time `json:"until"`
	// Others are switches that show it too.
	Others []OtherPlace `json:"others"`
}

// OtherPlace is where a MAC is shown besides its location.
type OtherPlace struct {
	Device   Named       `json:"device"`
	Endpoint VTEPAddress `json:"endpoint"`
	Since    time.Time   `json:"since"`
	// HeldUntil is set if the row has gone.
	HeldUntil *time.Time `json:"held_until"`
}

// ProgrammedOn says whether a switch that is to hold a row for a MAC does.
type ProgrammedOn struct {
	Device Named `json:"device"`
	Has    bool  `json:"has"`
	// Reason says why it has none, "" if it has.
	Reason string `json:"reason"`
}

// MACQuery chooses entries of the MAC table. Zero values choose all.
type MACQuery struct {
	// First and Last bound the MACs, both included.
	First, Last MAC
	// Network and Device are ids, State is one of MACStates.
	Network, Device, State string
	// Hosts are the only ones wanted if it is not nil: see HostsOf.
	Hosts map[MACKey]bool
	// NewestFirst orders by when they came there, the latest first; else by MAC.
	NewestFirst bool
	// After is the Next of the page before.
	After string
	// Limit is the most entries of a page.
	Limit int
}

// MACKey is one MAC in one network.
type MACKey struct {
	Network string
	MAC     MAC
}

// MACPage is a part of the MAC table.
type MACPage struct {
	Entries []MACEntry
	// Next asks for the page after this one, "" at the end.
	Next string
	// Total counts all that are chosen.
	Total int
}

// FormerPlace is where a MAC was, or is while To is zero.
type FormerPlace struct {
	Network  string
	From, To time.Time
	Device   string
	Endpoint VTEPAddress
	// Moved: it was elsewhere right before, else it was learned.
	Moved bool
}

// PlacesKept says what is kept of where MACs were.
type PlacesKept struct {
	// Since is the time from which on all places are kept that are not crowded out; zero if it is not known.
	Since time.Time
	// Days is how long former places are kept, 0 if it is not bounded by days now: the
	// history is younger.
	Days int
}

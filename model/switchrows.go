package model

// Whose a logical switch is.
const (
	// RowsOurs are of a network that the switch is to carry.
	RowsOurs = "ours"
	// RowsForeign were written by others, and are left alone.
	RowsForeign = "foreign"
	// RowsLeft were written by us and nothing explains them any more: they are removed in time, but not while no
	// connection is defined at all.
	RowsLeft = "left"
)

// ShownRows bounds the bindings and the flood list that LogicalSwitchRows has of one logical switch.
const ShownRows = 1000

// LogicalSwitchRows is what a switch database holds of one logical switch, whoever wrote it.
type LogicalSwitchRows struct {
	Name string `json:"name"`
	// Key is the VNI in Logical_Switch.tunnel_key, 0 for none.
	Key   VNI    `json:"key"`
	Owner string `json:"owner"`
	// Bindings are sorted, ShownRows at most; BindingsTotal counts all.
	Bindings      []BoundPort `json:"bindings"`
	BindingsTotal int         `json:"bindings_total"`
	LocalMACs     int         `json:"local_macs"`
	RemoteMACs    int         `json:"remote_macs"`
	// Flood are the members of the unknown-dst row as ADDRESS or ADDRESS#KEY, sorted, ShownRows
	// at most; FloodTotal counts all.
	Flood      []string `json:"flood"`
	FloodTotal int      `json:"flood_total"`
	// FloodMissing are the members that the list is to have and lacks, sorted, ShownRows at most. Addresses
	// of the switch itself are none.
	FloodMissing []string `json:"flood_missing"`
}

// BoundPort is a VLAN of a port that is bound to a logical switch. VLAN 0 is untagged.
type BoundPort struct {
	Switch string `json:"switch"`
	Port   string `json:"port"`
	VLAN   VLAN   `json:"vlan"`
}

// RowsPage is a part of the logical switches of a database, in the order of their names.
type RowsPage struct {
	LogicalSwitches []LogicalSwitchRows
	// Next asks for the page after this one, "" at the end.
	Next string
}

// ErrNotRead says that the rows of a switch are not known: there is no session with it now.
func ErrNotRead(device, why string) *Error {
	return &Error{Kind: Unavailable, Type: "SwitchNotRead", Message: "Switch " + device + " is not read now: " + why + "."}
}

// ErrBadMarker refuses a marker that no page gave.
func ErrBadMarker() *Error {
	return ErrBadRequest("Invalid input for marker. Reason: it is not the next of a page.")
}

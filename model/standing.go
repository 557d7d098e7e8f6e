package model

import "cmp"

// StandingSwitch is a logical switch as a database holds it: all of its rows, as of one moment. Names
// are as the switch has them.
type StandingSwitch struct {
	Name, Description string
	// Key is the VNI in Logical_Switch.tunnel_key, 0 for none and for what is no VNI.
	Key VNI
	// ReplicationMode is that of the row, "" for none: vtep(5) takes it for service_node.
	ReplicationMode string
	// Owner is RowsOurs, RowsForeign or RowsLeft.
	Owner string
	// Wanted: the database is to hold a logical switch of this name. If its Owner is RowsForeign, the
	// name is taken.
	Wanted bool
	// Marked: another bordergw has marked it as its own.
	Marked bool
	// Bindings are sorted.
	Bindings []BoundPort
	// Remote and Local are the rows of MACs, sorted by MAC, each MAC once.
	Remote, Local []StandingMAC
	// Flood are the members of the unknown-dst row, sorted; Floods says that there is such a row.
	Flood  []StandingLocator
	Floods bool
	// FloodedAt are the addresses at which the switch itself asks to be flooded (Mcast_Macs_Local).
	FloodedAt []VTEPAddress
	// ACLs counts the bindings that have an ACL, Routers are the logical routers that are joined to the
	// logical switch, by name. Neither is ever written.
	ACLs    int
	Routers []string
	// Unusable are rows that nothing that is defined here can ask for, in words, and how many there
	// are of each kind.
	Unusable []UnusableRows
}

// StandingLocator is a tunnel end point in a row. Key is its own VNI, 0 for none.
type StandingLocator struct {
	Addr VTEPAddress
	Key  VNI
}

// StandingMAC is a row of a unicast MAC. At is the zero value for a locator that can not be used, IP
// for a row without the address of a host.
type StandingMAC struct {
	MAC MAC
	At  StandingLocator
	IP  IPv4
}

// UnusableRows are rows of one kind.
type UnusableRows struct {
	What  string
	Count int
}

// Compare orders by switch, port and VLAN.
func (p BoundPort) Compare(o BoundPort) int {
	return cmp.Or(cmp.Compare(p.Switch, o.Switch), cmp.Compare(p.Port, o.Port), cmp.Compare(p.VLAN, o.VLAN))
}

func (l StandingLocator) String() string {
	if l.Key == 0 {
		return l.Addr.String()
	}
	return l.Addr.String() + "#" + l.Key.String()
}

// Standing is what the database of a registered device holds of unmanaged logical switches.
type Standing struct {
	// Device is the first registered of those that reach the database.
	Device   *GatewayDevice
	Switches []StandingSwitch // in the order of their names
}

// RowChange is what kind of change is made to rows of a switch.
type RowChange string

// The kinds. Marks and descriptions of logical switches are none of them.
const (
	MACsAdded    RowChange = "added"
	MACsMoved    RowChange = "moved"
	MACsDeleted  RowChange = "deleted"
	OtherChanges RowChange = "other"
)

// SupposedRows are changes of one kind that would be made to a logical switch of a device.
type SupposedRows struct {
	Device        *GatewayDevice
	LogicalSwitch string
	Change        RowChange
	// At is where the MACs are that are moved or deleted.
	At    StandingLocator
	Count int
	// Steps are the first of them, as a plan shows them.
	Steps []string
}

// ShownSupposed bounds SupposedRows.Steps.
const ShownSupposed = 3

// Supposition is what would follow from other definitions, as far as some networks and devices are
// concerned.
type Supposition struct {
	Rows []SupposedRows
	// Texts say what of the networks could not be realised, or would be otherwise than it seems.
	Texts []string
}

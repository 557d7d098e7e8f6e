package vtep

import (
	"cmp"
	"fmt"
	"strings"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// Plan is what has to be written to make a database hold a Want, in the order
// in which it is written: bindings that go, logical switches that go, logical
// switches that come or change, each segment's MACs and flood list, bindings that
// come last, so that no frame enters before it can leave. The logical switches
// stand before the first of the MACs, so that a transaction of these need not wait
// for the ids that the one before it is given.
type Plan struct {
	Ops []Op
	// Problems are parts of the Want that can not be realised as things stand.
	Problems []Problem

	made *made
}

// Only is the plan with some of its operations. The others are left open.
func (p *Plan) Only(ops []Op) *Plan { return &Plan{Ops: ops, Problems: p.Problems, made: p.made} }

// Empty reports whether there is nothing to write.
func (p *Plan) Empty() bool { return len(p.Ops) == 0 }

// String prints one operation a line.
func (p *Plan) String() string {
	var b strings.Builder
	for i := range p.Ops {
		b.WriteString(p.Ops[i].String())
		b.WriteByte('\n')
	}
	return b.String()
}

// OpKind is what an Op does.
type OpKind uint8

// The kinds of operation.
const (
	AddLogicalSwitch OpKind = iota + 1
	SetLogicalSwitch
	DeleteLogicalSwitch
	AddMAC
	MoveMAC
	DeleteMAC
	ClearMACs
	SetFlood
	DeleteFlood
	Bind
	Rebind
	Unbind
	AddTunnel
	EnableBFD
	DeleteTunnel
)

// Op is one step of a Plan. It names things; the row it acts on stays inside
// the package.
type Op struct {
	Kind          OpKind
	MAC           model.MAC  // AddMAC, MoveMAC, DeleteMAC
	IP            model.IPv4 // AddMAC, MoveMAC: the MAC's, none where it has none
	LogicalSwitch string
	Locator       Locator // AddMAC, MoveMAC: where the MAC is; AddTunnel: the own end
	// Detail is set for the kinds that few operations have.
	Detail *Detail

	row   ovsdb.UUID // the row that is changed or deleted
	setIP bool       // MoveMAC: the row has another IP address
	// ls is the row of LogicalSwitch; zero if the plan adds it. A row of that name
	// that an external writer inserts meanwhile is another one.
	ls ovsdb.UUID
}

// Detail is what the rarer kinds of Op need.
type Detail struct {
	Switch  *LogicalSwitchRow // AddLogicalSwitch, SetLogicalSwitch
	Flood   []Locator         // SetFlood: all members
	Binding Binding           // Bind, Rebind, Unbind
	// From is the logical switch a rebound VLAN leaves.
	From string
	from ovsdb.UUID
	// Tunnel is set for AddTunnel, EnableBFD and DeleteTunnel, Mark for the
	// first.
	Tunnel Tunnel
	Mark   string

	tunnel ovsdb.UUID // the row that DeleteTunnel removes
}

// LogicalSwitchRow holds the columns to write; nil ones stay as they are. A
// TunnelKey of 0 and an empty ReplicationMode are unset.
type LogicalSwitchRow struct {
	Description     *string
	TunnelKey       *model.VNI
	ReplicationMode *string
	Mark            *string
}

// String is what `bordergw plan` shows and what the tests compare.
func (o *Op) String() string {
	switch o.Kind {
	case AddLogicalSwitch:
		return fmt.Sprintf("add logical-switch %s%s", o.LogicalSwitch, o.Detail.Switch)
	case SetLogicalSwitch:
		return fmt.Sprintf("set logical-switch %s%s", o.LogicalSwitch, o.Detail.Switch)
	case DeleteLogicalSwitch:
		return "delete logical-switch " + o.LogicalSwitch
	case AddMAC:
		return fmt.Sprintf("add mac %s %s -> %s%s", o.LogicalSwitch, o.MAC, o.Locator, o.ipString())
	case MoveMAC:
		return fmt.Sprintf("move mac %s %s -> %s%s", o.LogicalSwitch, o.MAC, o.Locator, o.ipString())
	case DeleteMAC:
		if !o.MAC.IsUnicast() {
			return fmt.Sprintf("delete unusable mac row of %s", o.LogicalSwitch)
		}
		return fmt.Sprintf("delete mac %s %s", o.LogicalSwitch, o.MAC)
	case ClearMACs:
		return "clear macs " + o.LogicalSwitch
	case SetFlood:
		return fmt.Sprintf("set flood %s -> %s", o.LogicalSwitch, joinLocators(o.Detail.Flood))
	case DeleteFlood:
		return "delete flood " + o.LogicalSwitch
	case AddTunnel:
		return fmt.Sprintf("add tunnel %s from %s", o.Detail.Tunnel, o.Locator)
	case EnableBFD:
		return fmt.Sprintf("enable bfd %s", o.Detail.Tunnel)
	case DeleteTunnel:
		return fmt.Sprintf("delete tunnel %s", o.Detail.Tunnel)
	}
	return o.bindingString()
}

func (o *Op) ipString() string {
	if o.IP == (model.IPv4{}) {
		return ""
	}
	return " ip " + o.IP.String()
}

// isMAC reports whether the operation is about one remote MAC.
func (o *Op) isMAC() bool { return o.Kind == AddMAC || o.Kind == MoveMAC || o.Kind == DeleteMAC }

// MarksOnly reports whether the operation writes nothing but the mark and the description of a logical
// switch that stands.
func (o *Op) MarksOnly() bool {
	if o.Kind != SetLogicalSwitch {
		return false
	}
	rest := *o.Detail.Switch
	rest.Mark, rest.Description = nil, nil
	return rest == LogicalSwitchRow{}
}

// OfTunnel reports whether the operation is about a Tunnel row, that is about BFD.
func (o *Op) OfTunnel() bool {
	return o.Kind == AddTunnel || o.Kind == EnableBFD || o.Kind == DeleteTunnel
}

// bindsPort reports whether the operation changes the bindings of a port.
func (o *Op) bindsPort() bool { return o.Kind == Bind || o.Kind == Rebind || o.Kind == Unbind }

func (o *Op) bindingString() string {
	b := o.Detail.Binding
	at := fmt.Sprintf("%s %s vlan %s", b.Switch, b.Port, b.VLAN)
	switch o.Kind {
	case Bind:
		return fmt.Sprintf("bind %s -> %s", at, b.LogicalSwitch)
	case Rebind:
		return fmt.Sprintf("rebind %s %s -> %s", at, o.Detail.From, b.LogicalSwitch)
	case Unbind:
		return fmt.Sprintf("unbind %s from %s", at, b.LogicalSwitch)
	}
	return fmt.Sprintf("unknown operation %d", o.Kind)
}

func (r *LogicalSwitchRow) String() string {
	var b strings.Builder
	if r.TunnelKey != nil && *r.TunnelKey == 0 {
		b.WriteString(" key none")
	} else if r.TunnelKey != nil {
		fmt.Fprintf(&b, " key %s", *r.TunnelKey)
	}
	if r.ReplicationMode != nil {
		fmt.Fprintf(&b, " mode %s", cmp.Or(*r.ReplicationMode, "unset"))
	}
	if r.Description != nil {
		fmt.Fprintf(&b, " description %q", *r.Description)
	}
	if r.Mark != nil {
		fmt.Fprintf(&b, " mark %s", *r.Mark)
	}
	return b.String()
}

func joinLocators(ls []Locator) string {
	s := make([]string, len(ls))
	for i, l := range ls {
		s[i] = l.String()
	}
	return strings.Join(s, " ")
}

// Reason classes a Problem.
type Reason string

// Why a part of a Want is not realised.
const (
	PortMissing    Reason = "PortMissing"    // the switch has no such port (yet)
	VLANTaken      Reason = "VLANTaken"      // a foreign binding has the VLAN
	VNITaken       Reason = "VNITaken"       // another logical switch has the VNI
	NameTaken      Reason = "NameTaken"      // a foreign logical switch has the name
	AwaitingSwitch Reason = "AwaitingSwitch" // the switch still holds local MACs
	Unsupported    Reason = "Unsupported"    // the schema can not express it
	TableFull      Reason = "TableFull"      // no room for more MACs
	Rejected       Reason = "Rejected"       // the switch refused the operation
	Conflict       Reason = "Conflict"       // an external writer undoes it again and again
)

// Problem is a part of a Want that can not be realised now.
type Problem struct {
	Reason        Reason
	LogicalSwitch string
	// Binding is set when only that binding is affected, MAC when only the row for that MAC is.
	Binding *Binding
	MAC     model.MAC
	Message string
}

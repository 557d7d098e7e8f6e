package model

// Trace is how frames go between two hosts of a network, in both directions.
type Trace struct {
	Network    Named            `json:"network"`
	Directions []TraceDirection `json:"directions"`
}

// Verdicts of a direction of a Trace.
const (
	// TraceReaches: each step stands as a frame needs it.
	TraceReaches = "reaches"
	// TraceFloods: frames arrive, in copies for everybody: on the way a switch has no row for the MAC.
	TraceFloods = "floods"
	// TraceBreaks: frames do not arrive.
	TraceBreaks = "breaks"
	// TraceLoops: frames go round.
	TraceLoops = "loops"
	// TraceUnknown: something on the way is not known: a switch that is not read, a host that nobody has learned.
	TraceUnknown = "unknown"
)

// TraceVerdicts lists them.
var TraceVerdicts = []string{TraceReaches, TraceFloods, TraceBreaks, TraceLoops, TraceUnknown}

// TraceDirection is the way from one host to another.
type TraceDirection struct {
	From    TraceHost `json:"from"`
	To      TraceHost `json:"to"`
	Verdict string    `json:"verdict"`
	// BreaksAt is the first hop that is not as it should be, null if frames arrive or nothing is wrong.
	BreaksAt *int       `json:"breaks_at"`
	Hops     []TraceHop `json:"hops"`
}

// TraceHost is an end of a way: a MAC, or a port.
type TraceHost struct {
	// Name is as it was asked for: a MAC, or SWITCH:PORT:VLAN.
	Name string `json:"name"`
	// Device is the switch where it is, null if that is not known.
	Device *Named `json:"device"`
}

// What a hop looks at.
const (
	CheckLocation = "location"  // where the host is, by the MAC table
	CheckPort     = "port"      // the VLAN binding of the host's port
	CheckSwitch   = "switch"    // the Logical_Switch and its VNI
	CheckUnicast  = "unicast"   // the row for the MAC
	CheckFlood    = "flood"     // the row for everybody
	CheckTunnel   = "tunnel"    // the tunnel between two switches
	CheckLocal    = "local MAC" // the row by which the host's own switch reports it
	CheckCable    = "cable"     // from one side of a border to the other
	CheckRelay    = "relay"     // from tunnel to tunnel on a border that relays
	CheckFarEnd   = "far end"   // where frames leave for what is not ours
)

// States of a hop.
const (
	HopOK      = "ok"
	HopMiss    = "miss"    // it should be there and is not
	HopWrong   = "wrong"   // it is otherwise than it should be
	HopUnknown = "unknown" // it can not be looked at
	HopNote    = "note"    // it breaks nothing by itself
)

// HopStates lists them.
var HopStates = []string{HopOK, HopMiss, HopWrong, HopUnknown, HopNote}

// Why a hop is not as it should be.
const (
	WhyBeingWritten   = "BeingWritten"
	WhyBlocked        = "Blocked"        // nothing can be written to the switch now
	WhyRefused        = "Refused"        // the switch refused it
	WhyMACsFull       = "MACsFull"       // the switch has no room for more MACs
	WhyDriftReport    = "DriftReport"    // an external writer changed it, and the drift policy leaves it so
	WhyConflict       = "Conflict"       // an external writer undoes it again and again
	WhyForeignBinding = "ForeignBinding" // an external writer's binding has the VLAN
	WhyForeignRow     = "ForeignRow"     // an external writer's row has the VNI or the name
	WhyPortMissing    = "PortMissing"
	WhySwitchAway     = "SwitchAway"
	WhyMACFrozen      = "MACFrozen"    // it moved too often, and counts where it is frozen
	WhyNotDefined     = "NotDefined"   // no connection asks for it
	WhyOtherNetwork   = "OtherNetwork" // the host is in another network, which nothing joins to this one
	WhyWaiting        = "Waiting"      // for what is not known yet
	WhyNotLearned     = "NotLearned"   // no switch has learned the MAC
)

// TraceHop is one thing that a frame depends on.
type TraceHop struct {
	// N counts the hops of a direction from 1.
	N      int    `json:"n"`
	Device *Named `json:"device"`
	Check  string `json:"check"`
	State  string `json:"state"`
	// Table is the one of hardware_vtep that was looked at, "" for none, Row what identifies the row there.
	Table string            `json:"table"`
	Row   map[string]string `json:"row"`
	// Expected is what should be there, Found what is: null for nothing.
	Expected *string `json:"expected"`
	Found    *string `json:"found"`
	// Message says all that in words. Why says what the cause is, and Reason is its class; both are "" if there is none.
	Message string `json:"message"`
	Why     string `json:"why"`
	Reason  string `json:"reason"`
}

// TraceEnd is what a trace is asked for: a MAC, or a port if MAC is zero.
type TraceEnd struct {
	Name string
	MAC  MAC
	// Switch names a switch or a registered device; VLAN is nil for whichever VLAN of the port the network has.
	Switch, Port string
	VLAN         *VLAN
}

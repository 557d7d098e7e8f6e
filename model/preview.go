package model

import "crypto/sha256"

// Preview is what other definitions would have written to switches, as their databases stand now.
type Preview struct {
	// Switches are those that would be written to, or of which that is not known, by name.
	Switches []SwitchPreview
	// Refused are the connections that would become ERROR, by their ids.
	Refused []RefusedConnection
}

// SwitchPreview is what would be written to the database that a registered device reaches, beyond what
// is written to it anyway.
type SwitchPreview struct {
	// DeviceID and Name are those of the first registered of the devices that reach the database.
	DeviceID string `json:"id"`
	Name     string `json:"name"`
	// Status is the phase of the device, or SwitchIsNew.
	Status string `json:"status"`
	// Known is false while the database has not been read: it is written when it has.
	Known bool `json:"known"`
	// Steps are the first ShownSteps of those that are not about MACs and flood lists, in the order in
	// which they would be sent, as `bordergw plan` shows them; StepsTotal counts them all.
	Steps      []string `json:"steps"`
	StepsTotal int      `json:"steps_total"`
	// MACs counts the rows for remote MACs, Floods the flood lists.
	MACs   MACSteps `json:"macs"`
	Floods int      `json:"floods"`
	// Removed are the networks, by id, whose logical switches would go with all their rows.
	Removed []string `json:"-"`
	// Obstacles keep a part of the definitions off the switch.
	Obstacles []Obstacle `json:"-"`
	// Structure stands for what Steps say of logical switches and bindings. MACs, floods and tunnels,
	// which change by themselves, have no part in it.
	Structure [sha256.Size]byte `json:"-"`
}

// SwitchIsNew is the status of a switch that is not registered yet.
const SwitchIsNew = "NEW"

// ShownSteps bounds SwitchPreview.Steps.
const ShownSteps = 200

// MACSteps counts rows for remote MACs, by what would be done to them.
type MACSteps struct {
	Add    int `json:"add"`
	Move   int `json:"move"`
	Delete int `json:"delete"`
}

// Obstacle is why a switch can not hold a part of what it is to hold.
type Obstacle struct {
	Kind ObstacleKind
	Text string
	// Switch and Port are those of NoPort.
	Switch, Port string
}

// ShownObstacles bounds the Obstacles of one kind that SwitchPreview has.
const ShownObstacles = 100

// ObstacleKind classes an Obstacle.
type ObstacleKind string

// The kinds.
const (
	NoPort     ObstacleKind = "port"  // the switch has no such port
	TakenVLAN  ObstacleKind = "VLAN"  // a VLAN of a port is bound otherwise
	TakenVNI   ObstacleKind = "VNI"   // another logical switch has the VNI
	TakenName  ObstacleKind = "name"  // an unmanaged logical switch has the name
	SwitchLack ObstacleKind = "limit" // the schema or a table of the switch does not suffice
)

// RefusedConnection is a connection that would become ERROR, whatever the switches hold.
type RefusedConnection struct {
	Connection *L2GatewayConnection
	// Kind is SwitchLack if a limit of a profile is among the reasons, TakenVLAN where an older connection has
	// what it would bind, else "".
	Kind  ObstacleKind
	Texts []string
}

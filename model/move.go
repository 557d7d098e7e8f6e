package model

import "time"

// MACMove is the record of the last move of a MAC. After a restart it keeps the MAC
// from going back to the location that it left. Record.ID is MoveID.
type MACMove struct {
	Record
	NetworkID string `json:"network_id"`
	MAC       MAC    `json:"mac_address"`
	// DeviceID is the GatewayDevice whose switch has learned it, or the EndpointSet that says
	// where it is.
	DeviceID string `json:"device_id"`
	// VTEPAddress is where the MAC is there; the zero value in records of earlier versions.
	VTEPAddress VTEPAddress `json:"vtep_address,omitzero"`
	// Number counts the moves of the MAC.
	Number  uint64    `json:"number"`
	MovedAt time.Time `json:"moved_at"`
}

// MoveID is the id of the MACMove of a MAC in a network.
func MoveID(network string, mac MAC) string { return network + "/" + mac.String() }

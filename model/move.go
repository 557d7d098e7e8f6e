package model

import "time"

// StationMove remembers where a station moved to last, so that a restart does
// not give it back to the place it left. Record.ID is MoveID.
type MACMove struct {
	Record
	NetworkID string `json:"network_id"`
	MAC       MAC    `json:"mac_address"`
	// DeviceID is the GatewayDevice whose switch has learned it.
	DeviceID string `json:"device_id"`
	// Number counts the station's moves.
	Number  uint64    `json:"number"`
	MovedAt time.Time `json:"moved_at"`
}

// MoveID is the id of the record of a station in a network.
func MoveID(network string, mac MAC) string { return network + "/" + mac.String() }

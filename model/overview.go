package model

import "time"

const (
	// ShownAttention bounds what an Overview names that needs somebody.
	ShownAttention = 100
	// ShownStretches bounds its pairs of sites.
	ShownStretches = 1000
)

// Overview is how all that is defined stands, at a glance.
type Overview struct {
	Revision uint64 `json:"revision"`
	// Ready is "" once every registered device was read or is known to be unreachable, else why not.
	Ready string `json:"ready"`
	// Settled: the caution after a start is over.
	Settled    bool `json:"settled"`
	FrozenMACs int  `json:"frozen_macs"`
	Networks   int  `json:"networks"`
	// Devices and Connections count by phase and by state; every one is there. Devices counts switches
	// that dialled in and that no device stands for as DISCOVERED.
	Devices     map[string]int `json:"devices"`
	Connections map[string]int `json:"connections"`
	// Attention is what needs somebody, the worst first, ShownAttention at most; AttentionTotal counts all.
	Attention      []Attention `json:"attention"`
	AttentionTotal int         `json:"attention_total"`
	// Sites are sorted by name.
	Sites []SiteDevices `json:"sites"`
	// Stretches are sorted by how many networks they carry, the most first, ShownStretches at most;
	// StretchesTotal counts all.
	Stretches      []Stretch `json:"stretches"`
	StretchesTotal int       `json:"stretches_total"`
}

// Attention is an object that is not as it is to be.
type Attention struct {
	// Kind is KindDevice, KindConnection, or KindMAC of the one that stands for all frozen MACs.
	Kind string `json:"kind"`
	// ID is "" of a switch that no device stands for, and of frozen MACs.
	ID string `json:"id"`
	// Name of a connection is GATEWAY/NETWORK; "" of frozen MACs.
	Name    string    `json:"name"`
	Status  string    `json:"status"`
	Since   time.Time `json:"since,omitzero"`
	Message string    `json:"message"`
}

// SiteDevices are the registered devices of a site, sorted by name. The site is "" of those that have none.
type SiteDevices struct {
	Name    string       `json:"name"`
	Devices []SiteDevice `json:"devices"`
}

// SiteDevice is a registered device of a site. Border: a gateway names it as one.
type SiteDevice struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
	Border bool   `json:"border"`
}

// Stretch is a pair of sites between which borders carry networks. Down names the border devices that are not in sync.
type Stretch struct {
	Sites    []string `json:"sites"` // two, in order
	Networks int      `json:"networks"`
	Down     []string `json:"down"`
}

package model

// Network is a tenant network that connections join to ports and sites.
type Network struct {
	Record
	Name string `json:"name"`
	// Description is for people only.
	Description string `json:"description,omitempty"`
	// VNI is the network's VXLAN id; 0 until the first connection fixes it.
	// Once set it never changes.
	VNI          VNI  `json:"vni,omitempty"`
	Shared       bool `json:"shared,omitempty"`
	AdminStateUp bool `json:"admin_state_up"`
}

// BorderSuffix ends the name of the second logical switch of a stitched network. The
// first one's is the network's id.
const BorderSuffix = "-border"

// NetworkUpdate lists what may change after creation; nil leaves it alone.
type NetworkUpdate struct {
	Name         *string
	Description  *string
	Shared       *bool
	AdminStateUp *bool
	// VNI is for a network that has none yet.
	VNI *VNI
}

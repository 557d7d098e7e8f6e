package model

import "slices"

// MaxFarEnds bounds the far ends of one network.
const MaxFarEnds = 4_096

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
	// FarEnds are tunnel end points that nobody registers and that get what is flooded in the
	// network, besides those that remote MACs name. They are as SortedFarEnds gives them.
	FarEnds []VTEPAddress `json:"far_ends,omitempty"`
}

// SortedFarEnds is the form in which far ends are kept: in order, each once, nil for none. It
// fails for more than MaxFarEnds, and for what can not be the address of one host.
func SortedFarEnds(list []VTEPAddress) ([]VTEPAddress, error) {
	out := slices.Compact(slices.SortedFunc(slices.Values(list), VTEPAddress.Compare))
	for _, a := range out {
		if !a.IsUsable() {
			return nil, ErrBadRequest("Invalid input for far_ends. Reason: '%s' can not be the address of a tunnel end point.", a)
		}
	}
	if len(out) > MaxFarEnds {
		return nil, ErrBadRequest("Invalid input for far_ends. Reason: %d far ends are more than %d.", len(out), MaxFarEnds)
	}
	return out, nil
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
	FarEnds      *[]VTEPAddress
	// VNI is for a network that has none yet.
	VNI *VNI
	// ManagedBy is the program that keeps the network from now on, "" for none.
	ManagedBy *string
}

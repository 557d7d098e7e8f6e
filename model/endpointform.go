package model

import "net/netip"

// ShownEndpoints is what a set says, in the form of the API.
type ShownEndpoints struct {
	Endpoints []ShownEndpoint `json:"endpoints"`
	Site      string          `json:"site,omitempty"`
}

// ShownEndpoint is an end point of it.
type ShownEndpoint struct {
	VTEPAddress VTEPAddress        `json:"vtep_address"`
	MACs        []ShownEndpointMAC `json:"macs,omitzero"` // optional in a PUT; an answer has it
}

// ShownEndpointMAC is a MAC behind it; IP is left out if there is none.
type ShownEndpointMAC struct {
	MAC MAC        `json:"mac_address"`
	IP  netip.Addr `json:"ip_address,omitzero"`
}

// ExportedEndpoints is a set with whose it is, as an Export has it.
type ExportedEndpoints struct {
	NetworkID string `json:"network_id"`
	Source    string `json:"source"`
	ShownEndpoints
}

// Shown gives the API's form of a set; that of a set without end points for nil.
func (s *EndpointSet) Shown() ShownEndpoints {
	out := ShownEndpoints{Endpoints: []ShownEndpoint{}}
	if s == nil {
		return out
	}
	out.Site = s.Site
	for _, e := range s.Endpoints() {
		shown := ShownEndpoint{e.VTEPAddress, make([]ShownEndpointMAC, len(e.MACs))}
		for i, m := range e.MACs {
			shown.MACs[i] = ShownEndpointMAC{m.MAC, m.IP}
		}
		out.Endpoints = append(out.Endpoints, shown)
	}
	return out
}

// Exported gives the form of an Export.
func (s *EndpointSet) Exported() *ExportedEndpoints {
	return &ExportedEndpoints{s.NetworkID, s.Source, s.Shown()}
}

// Set is the set as the store keeps it, see NewEndpointSet.
func (e *ExportedEndpoints) Set() (*EndpointSet, error) {
	list := make([]Endpoint, len(e.Endpoints))
	for i, shown := range e.Endpoints {
		list[i] = Endpoint{shown.VTEPAddress, make([]EndpointMAC, len(shown.MACs))}
		for j, m := range shown.MACs {
			list[i].MACs[j] = EndpointMAC{m.MAC, shown.VTEPAddress, m.IP}
		}
	}
	return NewEndpointSet(e.NetworkID, e.Source, e.Site, list)
}

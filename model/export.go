package model

import (
	"iter"
	"slices"
)

// ExportFormat is the version of Export's form.
const ExportFormat = 1

// Export is everything that operators defined, each list in the order of
// creation, and the numbers on the wire that are in quarantine. What was seen of
// switches and what remains to be cleaned is not in it.
type Export struct {
	Format         int                    `json:"format"`
	Networks       []*Network             `json:"networks"`
	GatewayDevices []*ExportedDevice      `json:"gateway_devices"`
	L2Gateways     []*L2Gateway           `json:"l2_gateways"`
	Connections    []*L2GatewayConnection `json:"l2_gateway_connections"`
	Quotas         []*Quota               `json:"quotas"`
	// Released are numbers that a switch may still use for what was deleted.
	Released []*Released `json:"released,omitempty"`
	// Endpoints are what sources answer for, as the API shows it.
	Endpoints []*ExportedEndpoints `json:"endpoints,omitempty"`
}

// ExportedDevice is a gateway device with its remote MACs in the order of
// their creation.
type ExportedDevice struct {
	GatewayDevice
	RemoteMACs []RemoteMACEntry `json:"remote_mac_entries,omitempty"`
}

// Export shares the snapshot's records, those of devices and end points aside.
func (d *Definitions) Export() *Export {
	return &Export{
		Format:         ExportFormat,
		Networks:       slices.Collect(d.Networks.All()),
		GatewayDevices: slices.Collect(d.ExportedDevices()),
		L2Gateways:     slices.Collect(d.Gateways.All()),
		Connections:    slices.Collect(d.Connections.All()),
		Quotas:         slices.Collect(d.Quotas.All()),
		Released:       slices.Collect(d.Released.All()),
		Endpoints:      slices.Collect(d.ExportedEndpoints()),
	}
}

// ExportedDevices makes the devices of an Export, one at a time.
func (d *Definitions) ExportedDevices() iter.Seq[*ExportedDevice] {
	return func(yield func(*ExportedDevice) bool) {
		for gd := range d.Devices.All() {
			e := &ExportedDevice{GatewayDevice: *gd}
			for m := range d.RemoteMACs.Of(gd.ID).All() {
				e.RemoteMACs = append(e.RemoteMACs, m.RemoteMACEntry)
			}
			if !yield(e) {
				return
			}
		}
	}
}

// ExportedEndpoints makes the end points of an Export, one set at a time: there may be a
// million MACs.
func (d *Definitions) ExportedEndpoints() iter.Seq[*ExportedEndpoints] {
	return func(yield func(*ExportedEndpoints) bool) {
		for set := range d.Endpoints.All() {
			if !yield(set.Exported()) {
				return
			}
		}
	}
}

// ErrNotEmpty is the refusal to import over what is there.
func ErrNotEmpty() *Error {
	return refuse(Conflict, "StoreNotEmpty", "Definitions can only be imported into an empty store.")
}

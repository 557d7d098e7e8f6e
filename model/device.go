package model

import (
	"cmp"
	"fmt"
)

// DeviceType is the kind of a gateway device (networking-midonet).
type DeviceType string

const (
	// HWVTEP is a switch database with the hardware_vtep schema.
	HWVTEP DeviceType = "hw_vtep"
	// RouterVTEP and NetworkVLAN are stored, and nothing is driven for them.
	RouterVTEP  DeviceType = "router_vtep"
	NetworkVLAN DeviceType = "network_vlan"
)

// Management protocols of a GatewayDevice.
const (
	ProtocolOVSDB       = "ovsdb"        // we dial, plain TCP
	ProtocolOVSDBTLS    = "ovsdb+ssl"    // we dial, TLS
	ProtocolOVSDBListen = "ovsdb-listen" // the switch dials us
)

// BorderMode says how a border device passes frames between sites.
type BorderMode string

const (
	// BorderDirect gives every member the far end points; needs no relaying.
	BorderDirect BorderMode = "direct"
	// BorderStitch crosses a cable between two ports of the device.
	BorderStitch BorderMode = "stitch"
	// BorderRelay relies on a device that relays between tunnels itself.
	BorderRelay BorderMode = "relay"
)

// ParseBorderMode reads a mode; "" is BorderDirect.
func ParseBorderMode(s string) (BorderMode, error) {
	switch m := BorderMode(s); m {
	case "":
		return BorderDirect, nil
	case BorderDirect, BorderStitch, BorderRelay:
		return m, nil
	}
	return "", fmt.Errorf("%s is not one of direct, stitch, relay", s)
}

// DriftPolicy says what is done about managed rows that an external writer changes
// while the switch is connected.
type DriftPolicy string

const (
	// DriftRepair writes them again.
	DriftRepair DriftPolicy = "repair"
	// DriftReport leaves them and reports them. A new session repairs.
	DriftReport DriftPolicy = "report"
)

// GatewayDevice registers one switch database, or something that is stored
// only (see DeviceType). Its remote MACs are records of their own (RemoteMAC).
type GatewayDevice struct {
	Record
	// Name is the Physical_Switch it stands for when the database holds
	// several.
	Name string     `json:"name"`
	Type DeviceType `json:"type"`
	// ManagementIP and ManagementPort are where the database is dialled; empty
	// and 0 only when it dials us. The pair is unique.
	ManagementIP       string        `json:"management_ip,omitempty"`
	ManagementPort     uint16        `json:"management_port,omitempty"`
	ManagementProtocol string        `json:"management_protocol,omitempty"`
	ResourceID         string        `json:"resource_id,omitempty"`
	TunnelIPs          []VTEPAddress `json:"tunnel_ips,omitempty"`

	Site       string     `json:"site,omitempty"`
	Profile    string     `json:"profile,omitempty"`
	BorderMode BorderMode `json:"border_mode,omitempty"`
	// StitchPorts are the two ports joined by a cable (BorderStitch).
	StitchPorts []string `json:"stitch_ports,omitempty"`
	// TLS names a CA or fingerprint in the daemon's configuration.
	TLS         string      `json:"tls,omitempty"`
	DriftPolicy DriftPolicy `json:"drift_policy,omitempty"`

	// Accepted is the store revision at which an operator said that another unit
	// takes the place of the switches; what was seen before is no evidence.
	Accepted uint64 `json:"accepted,omitempty"`
}

// Driven reports whether a worker drives the device.
func (d *GatewayDevice) Driven() bool { return d.Type == HWVTEP }

// DisplayName is how messages call the device: by its name, or its id if it has none.
func (d *GatewayDevice) DisplayName() string { return cmp.Or(d.Name, d.ID) }

// GatewayDeviceUpdate lists what may change after creation; nil leaves it
// alone.
type GatewayDeviceUpdate struct {
	Name *string
	// The endpoint, of a device that is driven: the switch has moved.
	ManagementIP       *string
	ManagementPort     *uint16
	ManagementProtocol *string

	TunnelIPs   *[]VTEPAddress
	Site        *string
	Profile     *string
	BorderMode  *BorderMode
	StitchPorts *[]string
	TLS         *string
	DriftPolicy *DriftPolicy
	// ManagedBy is the program that keeps the device from now on, "" for none.
	ManagedBy *string
	// Replaced: another unit takes the place of the switches that were last seen.
	Replaced bool
}

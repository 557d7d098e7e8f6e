package site

import (
	"cmp"
	"slices"
	"strings"

	"bordergw/model"
)

const (
	// Form is the version of the form of site files.
	Form = 1
	// All is the site of a file that holds everything, whoever made it. Such a file is
	// not applied.
	All = "all"
	// MaxSize bounds a file, in bytes, and maxObjects what it defines.
	MaxSize    = 64 << 20
	maxObjects = 100_000
	// defaultProject owns the objects of a file that names no project.
	defaultProject = "default"
	// byID begins a key or a reference that is an id instead of a name.
	byID = "id:"
)

// File is a site file. Objects are in the order of their keys.
type File struct {
	// Origin is what messages call the file.
	Origin string
	Site   string
	// SiteLine is where the file names its site, 0 in a file that was not parsed.
	SiteLine int
	// Project owns the objects that name no other.
	Project     string
	Switches    []*Switch
	Networks    []*Network
	Gateways    []*Gateway
	Connections []*Connection
}

// Applicable refuses a file of everything, whose objects would get a manager that nobody meant. The error is a *Problems.
func (f *File) Applicable() error {
	p := Problems{File: f.Origin}
	if f.Site == All {
		line := max(f.SiteLine, 1)
		p.add(line, 1, "a file of everything is not applied: change line %d, `site: %s`, to the site that shall own it", line, All)
	}
	return p.orNil()
}

// Object is what all objects with a name have in common.
type Object struct {
	// Key names the object within the file: its name, or "id:" and its id.
	Key string
	// ID is "" if the file gives none.
	ID          string
	RenamedFrom string
	Project     string
	Name        string
	// Line is where the object begins, 0 in a file that was not parsed.
	Line int
}

// Switch is a model.GatewayDevice.
type Switch struct {
	Object
	Type       model.DeviceType
	ResourceID string
	// Address is IP:PORT; "" while only the switch dials.
	Address string
	Listen  bool
	// Secure: the file has the key tls, which may be empty for a switch that is dialled.
	Secure      bool
	TLS         string
	Location    string
	Profile     string
	BorderMode  model.BorderMode
	StitchPorts []string
	TunnelIPs   []model.VTEPAddress
	Drift       model.DriftPolicy
	RemoteMACs  []RemoteMAC
}

// RemoteMAC is a model.RemoteMACEntry without its id.
type RemoteMAC struct {
	MAC  model.MAC
	VTEP model.VTEPAddress
	VNI  model.VNI
}

// Network is a model.Network. VNI 0 means: as allocated, for ever.
type Network struct {
	Object
	VNI          model.VNI
	Description  string
	Shared       bool
	AdminStateUp bool
	FarEnds      []model.VTEPAddress
}

// Gateway is a model.L2Gateway.
type Gateway struct {
	Object
	HA      model.HAMode
	Preempt bool
	Devices []Device
}

// Device is a gateway's part on one switch. One of Switch and Border is set.
type Device struct {
	// Switch is a Physical_Switch or a registered device, by its name (device_name).
	Switch string
	// Border is the key of a switch in the file, or "id:" and an id (device_id).
	Border string
	VNI    model.VNI
	// Ports are in the order of their names.
	Ports []Port
}

// Port is a model.Interface, with each VLAN once and in order.
type Port struct {
	Name  string
	VLANs []model.VLAN
	Ahead bool
}

// Connection is a model.L2GatewayConnection. Gateway and Network are keys in the file, or
// "id:" and an id.
type Connection struct {
	ID               string
	Gateway, Network string
	Segmentation     model.SegmentationID
	Line             int
}

// named is an object with a name.
type named interface{ object() *Object }

func (o *Object) object() *Object { return o }

// sort gives the file its canonical order.
func (f *File) sort() {
	sortByKey(f.Switches)
	sortByKey(f.Networks)
	sortByKey(f.Gateways)
	slices.SortStableFunc(f.Connections, func(a, b *Connection) int {
		return cmp.Or(strings.Compare(a.Gateway, b.Gateway), strings.Compare(a.Network, b.Network))
	})
}

func sortByKey[T named](list []T) {
	slices.SortStableFunc(list, func(a, b T) int { return strings.Compare(a.object().Key, b.object().Key) })
}

// sort gives a switch's lists their canonical order.
func (s *Switch) sort() {
	slices.Sort(s.StitchPorts)
	slices.SortFunc(s.TunnelIPs, model.VTEPAddress.Compare)
	slices.SortFunc(s.RemoteMACs, RemoteMAC.compare)
}

// sort gives a network's far ends their canonical order, with each once.
func (n *Network) sort() {
	slices.SortFunc(n.FarEnds, model.VTEPAddress.Compare)
	n.FarEnds = slices.Compact(n.FarEnds)
}

func (m RemoteMAC) compare(o RemoteMAC) int {
	return cmp.Or(m.MAC.Compare(o.MAC), m.VNI.Compare(o.VNI), m.VTEP.Compare(o.VTEP))
}

// sort gives the device's ports their canonical order, with each VLAN once.
func (d *Device) sort() {
	slices.SortFunc(d.Ports, func(a, b Port) int { return strings.Compare(a.Name, b.Name) })
	for i := range d.Ports {
		slices.Sort(d.Ports[i].VLANs)
		d.Ports[i].VLANs = slices.Compact(d.Ports[i].VLANs)
	}
}

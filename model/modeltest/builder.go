// Package modeltest builds definitions for tests, without a store and its rules.
package modeltest

import (
	"fmt"
	"slices"

	"bordergw/model"
)

// Builder makes definitions, one by one.
type Builder struct {
	model.Definitions
	LastSeq uint64
}

func New() *Builder {
	return &Builder{Definitions: model.Definitions{StoreID: "store"}}
}

func (t *Builder) Record(id string) model.Record {
	t.LastSeq++
	return model.Record{ID: id, Seq: t.LastSeq}
}

// Device registers a switch with one tunnel address and the ports p1, xa, xb.
func (t *Builder) Device(name string, mode model.BorderMode, change ...func(*model.GatewayDevice)) *model.GatewayDevice {
	gd := &model.GatewayDevice{Record: t.Record(name), Name: name, Type: model.HWVTEP, BorderMode: mode}
	if mode == model.BorderStitch {
		gd.StitchPorts = []string{"xa", "xb"}
	}
	for _, c := range change {
		c(gd)
	}
	t.Devices = t.Devices.With(gd)
	t.Inventories = t.Inventories.With(&model.Inventory{Record: gd.Record, Switches: []model.SwitchInventory{{
		Name: name, TunnelIPs: []model.VTEPAddress{IP(int(gd.Seq))},
		Ports: []model.PortInventory{{Name: "p1"}, {Name: "xa"}, {Name: "xb"}},
	}}})
	return gd
}

// InSite and Profiled are changes for Device, as is Keyed.
func InSite(site string) func(*model.GatewayDevice) {
	return func(gd *model.GatewayDevice) { gd.Site = site }
}

func Profiled(name string) func(*model.GatewayDevice) {
	return func(gd *model.GatewayDevice) { gd.Profile = name }
}

func Keyed(gd *model.GatewayDevice) { gd.Profile = "auto+keyed-locators" }

// Inventory changes what was last seen of a device.
func (t *Builder) Inventory(gd *model.GatewayDevice, change func(*model.SwitchInventory)) {
	old, _ := t.Inventories.Get(gd.ID)
	inv := *old
	inv.Switches = slices.Clone(old.Switches)
	for i := range inv.Switches {
		change(&inv.Switches[i])
	}
	t.Inventories = t.Inventories.With(&inv)
}

func (t *Builder) Network(name string, vni model.VNI) *model.Network {
	n := &model.Network{Record: t.Record(name), Name: name, VNI: vni}
	t.Networks = t.Networks.With(n)
	return n
}

// Access binds a network to port p1 of devices, by the name of their switch.
func (t *Builder) Access(net *model.Network, devices ...*model.GatewayDevice) *model.L2GatewayConnection {
	var list []model.Device
	for _, gd := range devices {
		list = append(list, model.Device{DeviceName: gd.Name, Interfaces: t.Port(net)})
	}
	return t.Connect(net, 0, list...)
}

// Border joins a network to sites by devices without ports.
func (t *Builder) Border(net *model.Network, vni model.VNI, devices ...*model.GatewayDevice) *model.L2GatewayConnection {
	var list []model.Device
	for _, gd := range devices {
		list = append(list, model.Device{DeviceID: gd.ID})
	}
	return t.Connect(net, vni, list...)
}

// Port is p1 with a VLAN of the network's own.
func (t *Builder) Port(net *model.Network) []model.Interface {
	return []model.Interface{{Name: "p1", VLANs: []model.VLAN{model.VLAN(100 + net.Seq)}}}
}

// Connect makes a gateway of its own and joins a network to it. As the store
// does, it gives stitched devices a VLAN on their cable.
func (t *Builder) Connect(net *model.Network, vni model.VNI, devices ...model.Device) *model.L2GatewayConnection {
	g := &model.L2Gateway{Record: t.Record(fmt.Sprint("gw", t.LastSeq)), Devices: devices}
	c := &model.L2GatewayConnection{
		Record: t.Record(fmt.Sprint("conn", t.LastSeq)), L2GatewayID: g.ID, NetworkID: net.ID,
		SegmentationID: model.VXLANID(vni), StitchVLANs: map[string]model.VLAN{},
	}
	for i := range g.Devices {
		g.Devices[i].ID = fmt.Sprint("dev", t.LastSeq, "-", i)
		if place, ok := t.Resolve(&g.Devices[i]); ok && place.Device.BorderMode == model.BorderStitch {
			c.StitchVLANs[place.Device.ID] = model.VLAN(1000 + c.Seq)
		}
	}
	t.Gateways = t.Gateways.With(g)
	t.Connections = t.Connections.With(c)
	return c
}

func MAC(n int) model.MAC { return model.MAC{0x02, 0, 0, 0, byte(n >> 8), byte(n)} }

func IP(n int) model.VTEPAddress { return model.VTEPAddress{10, 0, byte(n >> 8), byte(n)} }

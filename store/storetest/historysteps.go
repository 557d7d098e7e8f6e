package storetest

import (
	"fmt"
	"slices"
	"time"

	"bordergw/model"
)

// steps are the changes that a historian makes, each at random.
func (h *historian) steps() map[string]func() error {
	return map[string]func() error{
		"create network": h.createNetwork, "update network": h.updateNetwork, "delete network": h.deleteNetwork, "manage": h.manage,
		"create switch": h.createSwitch, "update switch": h.updateSwitch, "delete switch": h.deleteSwitch, "read switch": h.readSwitch,
		"create macs": h.createMACs, "delete mac": h.deleteMAC,
		"create gateway": h.createGateway, "update gateway": h.updateGateway, "delete gateway": h.deleteGateway, "failover": h.failOver,
		"connect": h.connectSome, "disconnect": h.disconnect,
		"set quota": h.setQuota, "delete quota": func() error { return h.DeleteQuota(h.ctx, h.word("p", 2)) },
	}
}

// some is a record at random, nil if there is none.
func some[T any, P model.Recorder[T]](h *historian, of model.Table[T, P]) P {
	if all := slices.Collect(of.All()); len(all) > 0 {
		return all[h.IntN(len(all))]
	}
	return nil
}

// removeSome removes a record at random, one time in three: things grow.
func removeSome[T any, P model.Recorder[T]](h *historian, of model.Table[T, P], remove func(id string) error) error {
	if p := some(h, of); p != nil && h.IntN(3) == 0 {
		return remove(p.Meta().ID)
	}
	return nil
}

func (h *historian) word(of string, n int) string { return fmt.Sprint(of, h.IntN(n)) }

func (h *historian) vni() model.VNI   { return model.VNI(7000 + h.IntN(20)) }
func (h *historian) vlan() model.VLAN { return model.VLAN(1 + h.IntN(4000)) }

func (h *historian) createNetwork() error {
	n := model.Network{Record: model.Record{ID: h.word("n", 12), ProjectID: h.word("p", 2)}, Name: h.word("net", 8), AdminStateUp: h.IntN(2) == 0}
	if h.IntN(3) == 0 {
		n.VNI = h.vni()
	}
	_, err := h.CreateNetwork(h.ctx, n)
	return err
}

func (h *historian) updateNetwork() error {
	n := some(h, h.Definitions().Networks)
	if n == nil {
		return nil
	}
	name, text, vni := h.word("net", 8), h.word("text", 3), model.VNI(30000+h.IntN(50))
	u := model.NetworkUpdate{Name: &name, Description: &text}
	if n.VNI == 0 {
		u.VNI = &vni
	}
	_, err := h.UpdateNetwork(h.ctx, n.ID, u)
	return err
}

func (h *historian) deleteNetwork() error {
	return removeSome(h, h.Definitions().Networks, func(id string) error { return h.DeleteNetwork(h.ctx, id) })
}

func (h *historian) manage() error {
	n := some(h, h.Definitions().Networks)
	if n == nil {
		return nil
	}
	return h.Edit(h.ctx, func(e model.Editor) error { return e.ManageNetwork(n.ID, h.word("site:s", 2)) })
}

func (h *historian) createSwitch() error {
	gd := model.GatewayDevice{Record: model.Record{ManagedBy: h.word("site:s", 2)}, Name: h.word("sw", 6), Type: model.HWVTEP, ManagementIP: "10.0.0.1", ManagementPort: uint16(1 + h.IntN(9))}
	if h.IntN(4) == 0 {
		gd.BorderMode, gd.StitchPorts = model.BorderStitch, []string{"xa", "xb"}
	}
	_, err := h.CreateGatewayDevice(h.ctx, gd)
	return err
}

func (h *historian) updateSwitch() error {
	gd := some(h, h.Definitions().Devices)
	if gd == nil {
		return nil
	}
	name, port, location := h.word("sw", 6), uint16(1+h.IntN(9)), h.word("loc", 2)
	tunnel := []model.VTEPAddress{{192, 0, 2, byte(1 + h.IntN(9))}}[:h.IntN(2)]
	u := model.GatewayDeviceUpdate{Name: &name, ManagementPort: &port, Site: &location, TunnelIPs: &tunnel, Replaced: h.IntN(5) == 0}
	_, err := h.UpdateGatewayDevice(h.ctx, gd.ID, u)
	return err
}

// deleteSwitch deletes what names it too, all at once.
func (h *historian) deleteSwitch() error {
	gd := some(h, h.Definitions().Devices)
	if gd == nil {
		return nil
	}
	d := h.Definitions()
	return h.Edit(h.ctx, func(e model.Editor) error {
		for g := range d.Gateways.All() {
			if !slices.ContainsFunc(g.Devices, func(dev model.Device) bool { return dev.DeviceID == gd.ID || dev.DeviceName == gd.Name }) {
				continue
			}
			for c := range d.Connections.All() {
				if c.L2GatewayID != g.ID {
					continue
				}
				if err := e.DeleteConnection(c.ID); err != nil {
					return err
				}
			}
			if err := e.DeleteL2Gateway(g.ID); err != nil {
				return err
			}
		}
		return e.DeleteGatewayDevice(gd.ID)
	})
}

// readSwitch has a switch show what it holds: nothing that was given up.
func (h *historian) readSwitch() error {
	gd := some(h, h.Definitions().Devices)
	if gd == nil || !h.read {
		return nil
	}
	h.confirm(gd.ID)
	var ports []string
	for n := range 12 {
		ports = append(ports, fmt.Sprintf("p%d%d", n/3, n%3))
	}
	return h.SetInventory(h.t.Context(), gd.ID, model.Inventory{SeenAt: time.Now(), Switches: []model.SwitchInventory{physicalSwitch(gd.Name, ports...)}})
}

func (h *historian) createMACs() error {
	gd := some(h, h.Definitions().Devices)
	if gd == nil {
		return nil
	}
	var list []model.RemoteMACEntry
	for range 1 + h.IntN(4) {
		list = append(list, model.RemoteMACEntry{MAC: model.MAC{2, 0, 0, 0, 0, byte(h.IntN(200))}, VTEPAddress: model.VTEPAddress{10, 9, 9, 9}, SegmentationID: 7000})
	}
	_, err := h.CreateRemoteMACs(h.ctx, gd.ID, list)
	return err
}

func (h *historian) deleteMAC() error {
	gd := some(h, h.Definitions().Devices)
	if gd == nil {
		return nil
	}
	for m := range h.Definitions().RemoteMACs.Of(gd.ID).All() {
		return h.DeleteRemoteMAC(h.ctx, gd.ID, m.ID)
	}
	return nil
}

func (h *historian) createGateway() error {
	list := []model.Device{h.device()}
	if h.IntN(2) == 0 {
		list = append(list, h.device())
	}
	_, err := h.CreateL2Gateway(h.ctx, model.L2Gateway{Record: model.Record{ProjectID: "p"}, Name: h.word("gw", 8), HAMode: model.ActivePassive, Devices: list})
	return err
}

func (h *historian) updateGateway() error {
	g := some(h, h.Definitions().Gateways)
	if g == nil {
		return nil
	}
	name := h.word("gw", 8)
	u := model.L2GatewayUpdate{Name: &name}
	if h.IntN(3) > 0 {
		u.Devices, u.ReplaceDevices = h.shuffled(g.Devices), true
	}
	_, err := h.UpdateL2Gateway(h.ctx, g.ID, u)
	return err
}

func (h *historian) deleteGateway() error {
	return removeSome(h, h.Definitions().Gateways, func(id string) error { return h.DeleteL2Gateway(h.ctx, id) })
}

// failOver is what nobody asked for.
func (h *historian) failOver() error {
	g := some(h, h.Definitions().Gateways)
	if g == nil {
		return nil
	}
	return h.SetActiveDevice(h.t.Context(), g.ID, g.Devices[h.IntN(len(g.Devices))].ID)
}

func (h *historian) ports() (out []model.Interface) {
	for n := range h.IntN(4) {
		i := model.Interface{Name: fmt.Sprint("p", n, h.IntN(3))}
		for range h.IntN(4) {
			i.VLANs = append(i.VLANs, h.vlan())
		}
		if len(out) == 0 || (len(i.VLANs) > 0) == (len(out[0].VLANs) > 0) {
			out = append(out, i)
		}
	}
	return out
}

func (h *historian) device() model.Device {
	if gd := some(h, h.Definitions().Devices); gd != nil && h.IntN(3) == 0 {
		return byID(gd.ID, h.vni()*model.VNI(h.IntN(2)))
	}
	return named(h.word("sw", 6), h.ports()...)
}

// shuffled changes the devices of a gateway: other ports in another order, one less, one more.
func (h *historian) shuffled(list []model.Device) []model.Device {
	out := slices.Clone(list)
	for i := range out {
		out[i].Interfaces = h.shuffledPorts(out[i].Interfaces)
	}
	if h.IntN(3) == 0 {
		out = slices.Insert(out, h.IntN(len(out)+1), h.device())
	}
	if h.IntN(3) == 0 {
		h.Shuffle(len(out), func(a, b int) { out[a], out[b] = out[b], out[a] })
	}
	return out
}

func (h *historian) shuffledPorts(list []model.Interface) []model.Interface {
	out := slices.Clone(list)
	h.Shuffle(len(out), func(a, b int) { out[a], out[b] = out[b], out[a] })
	if len(out) > 1 && h.IntN(2) == 0 {
		at := h.IntN(len(out))
		out = slices.Delete(out, at, at+1)
	}
	for i := range out {
		if vlans := out[i].VLANs; len(vlans) > 0 && h.IntN(2) == 0 {
			out[i].VLANs = slices.Insert(slices.Clone(vlans), h.IntN(len(vlans)+1), h.vlan())
		}
	}
	return out
}

func (h *historian) connectSome() error {
	g, n := some(h, h.Definitions().Gateways), some(h, h.Definitions().Networks)
	if g == nil || n == nil {
		return nil
	}
	seg := []model.SegmentationID{{}, model.VLANID(h.vlan()), model.VXLANID(h.vni())}[h.IntN(3)]
	_, err := h.CreateConnection(h.ctx, request(g, n.ID, seg))
	return err
}

func (h *historian) disconnect() error {
	return removeSome(h, h.Definitions().Connections, func(id string) error { return h.DeleteConnection(h.ctx, id) })
}

func (h *historian) setQuota() error {
	_, err := h.SetQuota(h.ctx, h.word("p", 2), model.Limits{model.QuotaNetwork: 3 + h.IntN(9), model.QuotaConnection: -1})
	return err
}

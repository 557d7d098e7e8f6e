package store

import (
	"slices"
	"strings"

	"bordergw/model"
)

// places finds the switches that gateways name, and the ports on them. They are those of
// one moment: it remembers what it found.
type places struct {
	*model.Places
	in *snapshot
}

func newPlaces(s *snapshot) *places { return &places{model.NewPlaces(&s.Definitions), s} }

// otherWay is the first other device that reaches the same database, nil for none.
func (p *places) otherWay(gd *model.GatewayDevice) *model.GatewayDevice {
	for _, o := range p.Registrations().Sharing(gd) {
		if o.ID != gd.ID {
			return o
		}
	}
	return nil
}

// reference is how a gateway names a device: by id or by name.
type reference string

const (
	byID   = "id/"
	byName = "name/"
)

func referenceOf(dev *model.Device) reference {
	if dev.DeviceID != "" {
		return reference(byID + dev.DeviceID)
	}
	return reference(byName + dev.DeviceName)
}

func (r reference) device() *model.Device {
	if id, ok := strings.CutPrefix(string(r), byID); ok {
		return &model.Device{DeviceID: id}
	}
	return &model.Device{DeviceName: strings.TrimPrefix(string(r), byName)}
}

// references are the ways in which a gateway may name the database that a device reaches, or a
// switch of it. Another database may have one of the names as well, and be the one that is meant.
func (p *places) references(gd *model.GatewayDevice) (out []reference) {
	for _, o := range p.Registrations().Sharing(gd) {
		out = append(out, reference(byID+o.ID), reference(byName+o.Name))
		if inv, ok := p.in.Inventories.Get(o.ID); ok {
			for i := range inv.Switches {
				out = append(out, reference(byName+inv.Switches[i].Name))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// find is Find of a reference.
func (p *places) find(r reference) (model.Place, bool) { return p.Find(r.device()) }

// namedBy is the first gateway that means this device, nil if none does. One that
// names a switch which another device reaches as well does not.
func (p *places) namedBy(gd *model.GatewayDevice) (found *model.L2Gateway) {
	for _, ref := range p.references(gd) {
		if !p.means(ref, gd) {
			continue
		}
		if g := first(p.in.gatewaysNaming(ref)); found == nil || g != nil && g.Order().Compare(found.Order()) < 0 {
			found = g
		}
	}
	return found
}

func (p *places) means(ref reference, gd *model.GatewayDevice) bool {
	if dev := ref.device(); dev.DeviceID != "" {
		return dev.DeviceID == gd.ID
	}
	at, ok := p.find(ref)
	return ok && at.Device.ID == gd.ID && !p.heldElsewhere(at, gd)
}

// heldElsewhere reports whether a switch is found without the device.
func (p *places) heldElsewhere(at model.Place, gd *model.GatewayDevice) bool {
	sharing := p.Registrations().Sharing(gd)
	return slices.ContainsFunc(p.Registrations().Holders(at.Switch), func(h model.Holder) bool {
		return h.Device.ID != gd.ID && !h.Switch.Missing && slices.Contains(sharing, h.Device)
	})
}

package api

import (
	"slices"

	"bordergw/model"
)

// reviewer looks at an item that was created or changed, as it stands now, and warns of
// what is most likely a mistake. It is made for one request, whose goroutine uses it.
type reviewer struct {
	who   caller
	index Index
	// defs are those after the change.
	defs     *model.Definitions
	warnings *warnings
}

// name remarks on another item of the same name that the caller may see: a
// command that is given the name does not know which is meant.
func (r reviewer) name(kind, name, id string) {
	if name == "" {
		return
	}
	for o := range r.index.Called(kind, name) {
		if o.ID != id && r.who.may("get_"+kind, o.ProjectID) {
			r.warnings.add(warnNameTaken, kind, o.ID, name)
			return
		}
	}
}

func (r reviewer) network(n *model.Network) { r.name("network", n.Name, n.ID) }

func (r reviewer) device(d deviceView) {
	r.name("gateway_device", d.Name, d.ID)
	if len(d.StitchPorts) > 0 && d.BorderMode != model.BorderStitch {
		r.warnings.add(warnNoStitch)
	}
	r.tunnelIPs(d)
}

// tunnelIPs remarks on a given tunnel address that is not used: what the switch
// itself shows comes first.
func (r reviewer) tunnelIPs(d deviceView) {
	seen, known := r.defs.Inventories.Get(d.ID)
	if !known || len(d.TunnelIPs) == 0 {
		return
	}
	for _, sw := range seen.Switches {
		if len(sw.TunnelIPs) > 0 && !sw.NoTunnelIP && !slices.Equal(sw.TunnelIPs[:1], d.TunnelIPs) {
			r.warnings.add(warnTunnelIP, sw.Name, sw.TunnelIPs[0])
		}
	}
}

func (r reviewer) gateway(g *model.L2Gateway) {
	r.name("l2_gateway", g.Name, g.ID)
	if g.Preempt && g.HAMode != model.ActivePassive {
		r.warnings.add(warnPreempt)
	}
	where := model.NewPlaces(r.defs)
	for i := range g.Devices {
		r.gatewayDevice(where, &g.Devices[i])
	}
}

// gatewayDevice remarks on a switch or ports that nobody has.
func (r reviewer) gatewayDevice(where *model.Places, d *model.Device) {
	at, known := where.Find(d)
	if !known {
		r.warnings.add(warnNoSwitch, d.DeviceName)
		return
	}
	sw := where.Seen(at)
	if sw == nil {
		return
	}
	for _, i := range d.Interfaces {
		if sw.Lacks(i.Name) && !i.ProvisionAhead {
			r.warnings.add(warnNoPort, sw.Name, i.Name)
		}
	}
}

// vni remarks on a remote MAC that nothing makes use of.
func (r reviewer) vni(m macView) {
	if !r.index.UsesVNI(m.SegmentationID) {
		r.warnings.add(warnNoVNI, m.SegmentationID)
	}
}

package model

import "time"

// evidence is what two looks at one database have in common: of a name, a row and a
// tunnel address two. Each alone can be that of several switches: a name that of the
// factory, a row that of an image. And each can change: switches are renamed, get other
// addresses, and some make their rows anew when they start. Looks of different projects
// have nothing in common, as what a switch says of itself can be forged.
type evidence struct {
	project, row string
	address      VTEPAddress
}

// ofName is what a holder has in common with others of its name: the row, or an address.
// A switch that is missing has nothing: what it was may be elsewhere now.
func (h Holder) ofName() (out []evidence) {
	if h.Switch.Missing {
		return nil
	}
	if row := h.Switch.Fingerprint; row != "" { // else it is not known
		out = append(out, evidence{project: h.Device.ProjectID, row: row})
	}
	for _, ip := range h.Switch.TunnelIPs {
		out = append(out, evidence{project: h.Device.ProjectID, address: ip})
	}
	return out
}

// ofRow is what a holder has in common with others of its row: an address.
func (h Holder) ofRow() (out []evidence) {
	for _, ip := range h.Switch.TunnelIPs {
		out = append(out, evidence{h.Device.ProjectID, h.Switch.Fingerprint, ip})
	}
	return out
}

// union puts devices together that have evidence in common, directly or over others.
// From each a way leads to the one that stands for all that are together with it.
type union map[*GatewayDevice]*GatewayDevice

// add puts those holders together that have something in common.
func (u union) add(hs []Holder, evident func(Holder) []evidence) {
	first := map[evidence]*GatewayDevice{}
	for _, h := range hs {
		for _, e := range evident(h) {
			if other := first[e]; other != nil {
				u.join(other, h.Device)
			} else {
				first[e] = h.Device
			}
		}
	}
}

func (u union) join(a, b *GatewayDevice) {
	if a, b = u.root(a), u.root(b); a != b {
		u[b] = a
	}
}

// root is the device that stands for a device and all that are together with it. The way
// to it is halved each time it is gone.
func (u union) root(gd *GatewayDevice) *GatewayDevice {
	for u[gd] != nil {
		if up := u[u[gd]]; up != nil {
			u[gd] = up
		}
		gd = u[gd]
	}
	return gd
}

// look is a name by which a row was seen, and when.
type look struct {
	name string
	seen time.Time
}

// lastLooks are the last look at a row with an address, and the last one by any other
// name.
type lastLooks struct{ last, other look }

func (l lastLooks) with(n look) lastLooks {
	switch {
	case n.name == l.last.name:
		if n.seen.After(l.last.seen) {
			l.last = n
		}
	case n.seen.After(l.last.seen):
		l.last, l.other = n, l.last
	case n.seen.After(l.other.seen):
		l.other = n
	}
	return l
}

// otherThan is the last look by another name; the zero one if there is none.
func (l lastLooks) otherThan(name string) look {
	if l.last.name == name {
		return l.other
	}
	return l.last
}

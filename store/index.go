package store

import (
	"hash/maphash"
	"maps"
	"slices"

	"bordergw/model"
)

// index finds which records use the numbers that identify networks on the wire, and
// which have a name. Like a snapshot it is an immutable value.
type index struct {
	vnis numbers
	// cables are the stitch VLANs, by gateway device id.
	cables map[string]numbers
	// names are the records by the slot of their name (nameSlot).
	names numbers
	// pending counts the devices that all Released records list.
	pending int
}

// claim is a number that a record uses: a VNI, or a VLAN on the cable of a device.
type claim struct {
	cable  string
	named  bool // the number is the slot of a name
	number uint32
}

// nameSlots is how many slots names are divided into, so that one holds few.
const nameSlots = 1 << 16

var nameSeed = maphash.MakeSeed()

// nameSlot is a slot that nobody outside can foretell.
func nameSlot(name string) claim {
	return claim{named: true, number: uint32(maphash.String(nameSeed, name) % nameSlots)}
}

// newIndex reads a whole snapshot.
func newIndex(d *model.Definitions) index {
	var x index
	indexTable(&x, networks, d)
	indexTable(&x, devices, d)
	indexTable(&x, gateways, d)
	indexTable(&x, connections, d)
	indexTable(&x, released, d)
	return x
}

func indexTable[T any, P model.Recorder[T]](x *index, of table[T, P], d *model.Definitions) {
	for r := range of.in(d).All() {
		x.replace(user{of.bucket, r.Meta().ID}, nil, r)
	}
}

// replace takes note that a record has another value; nil is none.
func (x *index) replace(u user, old, new any) {
	if was, is := claimsOf(old), claimsOf(new); !slices.Equal(was, is) {
		for _, c := range was {
			x.put(c, func(s numbers) numbers { return s.without(c.number, u) })
		}
		for _, c := range is {
			x.put(c, func(s numbers) numbers { return s.with(c.number, u) })
		}
	}
	if r, ok := old.(*model.Released); ok {
		x.pending -= len(r.Pending)
	}
	if r, ok := new.(*model.Released); ok {
		x.pending += len(r.Pending)
	}
}

func (x *index) put(c claim, change func(numbers) numbers) {
	switch {
	case c.named:
		x.names = change(x.names)
		return
	case c.cable == "":
		x.vnis = change(x.vnis)
		return
	}
	cables := maps.Clone(x.cables)
	if cables == nil {
		cables = map[string]numbers{}
	}
	if cables[c.cable] = change(cables[c.cable]); cables[c.cable].of.Len() == 0 {
		delete(cables, c.cable)
	}
	x.cables = cables
}

// claimsOf lists the numbers of a record, each once, and the slot of its name. A
// gateway's numbers are kept clear before it has a connection: they would clash later.
func claimsOf(record any) (out []claim) {
	vni := func(v model.VNI) {
		if c := (claim{number: uint32(v)}); v != 0 {
			out = append(out, c)
		}
	}
	name := func(s string) {
		if s != "" {
			out = append(out, nameSlot(s))
		}
	}
	switch r := record.(type) {
	case *model.Network:
		vni(r.VNI)
		name(r.Name)
	case *model.GatewayDevice:
		name(r.Name)
	case *model.L2Gateway:
		name(r.Name)
		seen := map[model.VNI]bool{}
		for i := range r.Devices {
			if v := r.Devices[i].SegmentationID; !seen[v] {
				seen[v] = true
				vni(v)
			}
		}
	case *model.L2GatewayConnection:
		if v, ok := r.SegmentationID.VNI(); ok {
			vni(v)
		}
		for device, v := range r.StitchVLANs {
			out = append(out, claim{cable: device, number: uint32(v)})
		}
	case *model.Released:
		vni(r.VNI)
		for _, p := range r.Pending {
			if r.StitchVLAN != 0 {
				out = append(out, claim{cable: p.DeviceID, number: uint32(r.StitchVLAN)})
			}
		}
	}
	return out
}

// vniOwner is the network that has the VNI, "" when none has, or none is asked
// for.
func (x *index) vniOwner(v model.VNI) string {
	if v == 0 {
		return ""
	}
	for _, u := range x.vnis.users(uint32(v)) {
		if u.table == networks.bucket {
			return u.id
		}
	}
	return ""
}

// isBorderVNI reports whether a gateway or a connection has the VNI.
func (x *index) isBorderVNI(v model.VNI) bool {
	return slices.ContainsFunc(x.vnis.users(uint32(v)), func(u user) bool {
		return u.table == gateways.bucket || u.table == connections.bucket
	})
}

// usesVNI reports whether a network, a gateway or a connection has a VNI.
func (x *index) usesVNI(v model.VNI) bool {
	for _, u := range x.vnis.users(uint32(v)) {
		if u.table != released.bucket {
			return true
		}
	}
	return false
}

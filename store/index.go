package store

import (
	"maps"

	"bordergw/model"
)

// index finds which records use the numbers that tell networks apart on the wire.
// Like a snapshot it is an immutable value.
type index struct {
	vnis numbers
	// cables are the stitch VLANs, by gateway device id.
	cables map[string]numbers
	// pending counts the devices that all Released records list.
	pending int
}

// claim is a number that a record uses: a VNI, or a VLAN on the cable of a device.
type claim struct {
	cable  string
	number uint32
}

// newIndex reads a whole snapshot.
func newIndex(d *model.Definitions) index {
	var x index
	indexTable(&x, networks, d)
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
	for _, c := range claimsOf(old) {
		x.put(c, func(s numbers) numbers { return s.without(c.number, u) })
	}
	for _, c := range claimsOf(new) {
		x.put(c, func(s numbers) numbers { return s.with(c.number, u) })
	}
	if r, ok := old.(*model.Released); ok {
		x.pending -= len(r.Pending)
	}
	if r, ok := new.(*model.Released); ok {
		x.pending += len(r.Pending)
	}
}

func (x *index) put(c claim, change func(numbers) numbers) {
	if c.cable == "" {
		x.vnis = change(x.vnis)
		return
	}
	cables := maps.Clone(x.cables)
	if cables == nil {
		cables = map[string]numbers{}
	}
	if cables[c.cable] = change(cables[c.cable]); cables[c.cable].root == nil {
		delete(cables, c.cable)
	}
	x.cables = cables
}

// claimsOf lists the numbers of a record, each once. A gateway's are kept clear
// before it has a connection: they would clash later.
func claimsOf(record any) (out []claim) {
	vni := func(v model.VNI) {
		if c := (claim{number: uint32(v)}); v != 0 {
			out = append(out, c)
		}
	}
	switch r := record.(type) {
	case *model.Network:
		vni(r.VNI)
	case *model.L2Gateway:
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
			out = append(out, claim{device, uint32(v)})
		}
	case *model.Released:
		vni(r.VNI)
		for _, p := range r.Pending {
			if r.StitchVLAN != 0 {
				out = append(out, claim{p.DeviceID, uint32(r.StitchVLAN)})
			}
		}
	}
	return out
}

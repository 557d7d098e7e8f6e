package store

import (
	"iter"

	"bordergw/model"
)

// Called yields the items of a name, in no order. Kind is network, gateway_device or
// l2_gateway. It costs what the items of that name do, however many there are of others.
func (s *Store) Called(kind, name string) iter.Seq[*model.Record] {
	at := s.current.Load()
	return func(yield func(*model.Record) bool) {
		for _, u := range at.names.users(nameSlot(name).number) {
			r, called := nameOf(at.Definitions, kind, u)
			if r != nil && called == name && !yield(r) {
				return
			}
		}
	}
}

// nameOf gives a record of a kind and its name; nil for one of another kind.
func nameOf(d *model.Definitions, kind string, u user) (*model.Record, string) {
	switch {
	case u.table == networks.bucket && kind == "network":
		n, _ := d.Networks.Get(u.id)
		return &n.Record, n.Name
	case u.table == devices.bucket && kind == "gateway_device":
		gd, _ := d.Devices.Get(u.id)
		return &gd.Record, gd.Name
	case u.table == gateways.bucket && kind == "l2_gateway":
		g, _ := d.Gateways.Get(u.id)
		return &g.Record, g.Name
	}
	return nil, ""
}

// UsesVNI reports whether a network, a gateway or a connection has a VNI. One in
// quarantine is not in use.
func (s *Store) UsesVNI(v model.VNI) bool {
	for _, u := range s.current.Load().vnis.users(uint32(v)) {
		if u.table != released.bucket {
			return true
		}
	}
	return false
}

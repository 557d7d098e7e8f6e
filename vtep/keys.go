package vtep

import (
	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// maxKeyChanges bounds the changes that are kept between two calls of TakeVNIs. With
// more of them, TakeVNIs returns all logical switches.
const maxKeyChanges = 1 << 12

// keyChanges are the names of logical switches that came, went or changed.
type keyChanges struct {
	all   bool
	names map[string]struct{}
}

func (c *keyChanges) note(rows ...*hwvtep.LogicalSwitch) {
	for _, row := range rows {
		switch {
		case row == nil || c.all:
		case len(c.names) >= maxKeyChanges:
			c.all, c.names = true, nil
		default:
			if c.names == nil {
				c.names = map[string]struct{}{}
			}
			c.names[row.Name] = struct{}{}
		}
	}
}

// TakeVNIs returns the VNIs of the logical switches that changed since the last call, by
// name, whoever wrote them. It returns all of them the first time and when much has
// changed. The VNI is 0 if the logical switch has none or is gone.
func (s *Session) TakeVNIs() (all bool, vnis map[string]model.VNI) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes := s.state.keys
	s.state.keys = keyChanges{}
	if !changes.all && len(changes.names) == 0 {
		return false, nil
	}
	vnis = map[string]model.VNI{}
	for name := range changes.names {
		vnis[name] = s.state.vniOf(name)
	}
	if changes.all {
		for name := range s.state.lsByName {
			vnis[name] = s.state.vniOf(name)
		}
	}
	return changes.all, vnis
}

// vniOf is the VNI of the logical switch of that name, 0 for none.
func (s *State) vniOf(name string) model.VNI {
	row := s.logical[s.lsByName[name]]
	if row == nil || row.TunnelKey == nil {
		return 0
	}
	v, err := model.NewVNI(int64(*row.TunnelKey))
	if err != nil {
		return 0
	}
	return v
}

// Use is a number that a network of ours has used on the wire.
type Use struct {
	Network string
	model.WireID
}

// Lingering reports which uses the database still shows: a VNI of one of the network's
// logical switches or of a locator, or a VLAN that is bound to one of them.
func (s *Session) Lingering(uses []Use) []bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	keyed, out := map[model.VNI]bool{}, make([]bool, len(uses))
	for l := range s.state.byLocator {
		keyed[l.Key] = true
	}
	for i, u := range uses {
		if u.VNI != 0 {
			out[i] = keyed[u.VNI] || s.state.vniOf(u.Network) == u.VNI || s.state.vniOf(u.Network+BorderSuffix) == u.VNI
		} else {
			out[i] = s.state.bound(u.StitchVLAN, u.Network) || s.state.bound(u.StitchVLAN, u.Network+BorderSuffix)
		}
	}
	return out
}

// bound reports whether a port has the VLAN bound to the logical switch of that name.
func (s *State) bound(v model.VLAN, name string) bool {
	id, ok := s.lsByName[name]
	if !ok {
		return false
	}
	for _, p := range s.ports {
		if to, err := ovsdb.ParseUUID(p.VLANBindings[int(v)]); err == nil && to == id {
			return true
		}
	}
	return false
}

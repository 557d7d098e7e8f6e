package vtep

import (
	"slices"

	"bordergw/model"
)

// Facts is what a database reports of its switches, as of one moment.
type Facts struct {
	Version string
	Caps    Caps
	// Switches are sorted by name. The slice is shared by all Facts between two
	// changes of switches and ports.
	Switches []model.SwitchInventory
	// Cut says what the switches say of themselves and Switches leaves out.
	Cut    string
	BFD    []BFD // sorted
	Counts Counts
}

// SameStatus reports whether the switches say the same of themselves, their ports and
// their tunnels, as far as status goes. Nothing said anything before nil.
func (f *Facts) SameStatus(was *Facts) bool {
	same := was != nil && len(f.Switches) == len(was.Switches) && f.Cut == was.Cut && slices.Equal(f.BFD, was.BFD)
	return same && (len(f.Switches) == 0 || &f.Switches[0] == &was.Switches[0])
}

// Counts are table sizes.
type Counts struct{ LogicalSwitches, RemoteMACs, LocalMACs int }

func (s *State) facts() *Facts {
	f := &Facts{
		Version: s.caps.Version,
		Caps:    s.caps,
		BFD:     s.tunnels.bfd(s.physical.switches),
		Counts: Counts{
			LogicalSwitches: len(s.logical.rows),
			RemoteMACs:      s.remote.macs.len(),
			LocalMACs:       s.local.macs.len(),
		},
	}
	f.Switches, f.Cut = s.physical.takeInventory()
	return f
}

// Use is a number that a network of ours has used on the wire.
type Use struct {
	Network string
	model.WireID
}

// lingering reports which uses the database shows, see Session.Lingering.
func (s *State) lingering(uses []Use) []bool {
	keyed, out := map[model.VNI]bool{}, make([]bool, len(uses))
	for l := range s.locators.byValue {
		keyed[l.Key] = true
	}
	for i, u := range uses {
		for _, name := range []string{u.Network, u.Network + BorderSuffix} {
			id, stands := s.logical.byName[name]
			if u.VNI != 0 {
				out[i] = out[i] || keyed[u.VNI] || s.logical.vni(name) == u.VNI
			} else {
				out[i] = out[i] || stands && s.physical.binds(u.StitchVLAN, id)
			}
		}
	}
	return out
}

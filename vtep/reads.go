package vtep

import (
	"slices"

	"bordergw/model"
)

// What a session can say of the database as it stands. Any goroutine may ask at any time.

// Facts collects the facts of this moment.
func (s *Session) Facts() *Facts {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.state.facts()
}

// Marks reports whether a logical switch can carry a mark (schema 1.5.1 and later).
func (s *Session) Marks() bool {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.state.caps.OtherConfig
}

// Locals returns what was learned since the last call, for the logical switches that
// wanted accepts, and what stands of those that are to be reported anew. It returns everything if
// much has changed.
func (s *Session) Locals(anew Anew, wanted func(logicalSwitch string) bool) Locals {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.state.local.take(anew, wanted)
}

// Remember names addresses that were the switches' own and are not shown any more,
// for a while as the caller believes: what was learned there stands.
func (s *Session) Remember(addresses []model.VTEPAddress) {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	s.replica.state.local.remember(addresses)
}

// TakeVNIs returns the VNIs of the logical switches that changed since the last call, by
// name, whoever wrote them. It returns all of them the first time and when much has
// changed. The VNI is 0 if the logical switch has none or is gone.
func (s *Session) TakeVNIs() (all bool, vnis map[string]model.VNI) {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.state.logical.takeVNIs()
}

// Lingering reports which uses the database still shows: a VNI of one of the network's
// logical switches or of a locator, or a VLAN that is bound to one of them.
func (s *Session) Lingering(uses []Use) []bool {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.state.lingering(uses)
}

// Standing says what the switch has now where an operation is about to write, for
// people. It changes nothing.
func (s *Session) Standing(op *Op) string {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.state.standing(op)
}

// Occupant names the foreign logical switch that has one of the VLANs of a port, "" if
// none has. If several have, the first VLAN in the list counts.
func (s *Session) Occupant(want *Want, sw, port string, vlans []model.VLAN) string {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return want.occupant(s.replica.state, sw, port, vlans)
}

// Owns reports whether the database has a managed logical switch of that name that
// may be removed.
func (s *Session) Owns(want *Want, name string) bool {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	row := s.replica.state.logical.named(name)
	return row != nil && want.Segment(name) == nil && want.removable(s.replica.state.caps, row)
}

// Bound are the names of the logical switches that VLANs of a port are bound to, whoever bound them, by VLAN.
func (s *Session) Bound(sw, port string) map[model.VLAN]string {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	out, have := map[model.VLAN]string{}, s.replica.state
	id, _ := have.physical.portOf(sw, port)
	for vlan, ref := range have.physical.ports.vlans[id] {
		if ls := have.logical.at(ref); ls != nil {
			out[model.VLAN(vlan)] = ls.Name
		}
	}
	return out
}

// Stands reports whether the database has a logical switch of that name, whoever wrote it.
func (s *Session) Stands(name string) bool {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.state.logical.named(name) != nil
}

// Doubt notes that what is known may not be what stands: what was written does not show.
func (s *Session) Doubt() { s.sender.doubted.Store(true) }

// Doubted reports, once, whether an answer of the switch contradicts the State: a row
// is not there, or is there already. A Survey shows which of the two is right.
func (s *Session) Doubted() bool { return s.sender.doubted.Swap(false) }

// LogicalSwitches are the names of all logical switches, in no order.
func (s *Session) LogicalSwitches() []string {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.state.logical.names()
}

// Rows is what stands of a logical switch, and where some MACs are in it; false if there is none
// of that name. A Want says whose it is.
func (s *Session) Rows(want *Want, name string, macs ...model.MAC) (Rows, bool) {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return rowsNamed(s.replica.state, want, name, macs)
}

// FloodMissing are the members that the flood list of a logical switch is to have and lacks in its rows, sorted. Of
// one that is not wanted there are none, and addresses of the switches themselves are none.
func (s *Session) FloodMissing(want *Want, rows *Rows) []Locator {
	seg := want.Segment(rows.Name)
	if seg == nil || rows.Ownership != RowsWanted {
		return nil
	}
	s.replica.mu.Lock()
	own := s.replica.state.physical.ownAddresses()
	s.replica.mu.Unlock()
	wanted := (&differ{want: want, own: own}).members(seg, nil)
	return slices.DeleteFunc(wanted, func(l Locator) bool {
		_, stands := slices.BinarySearchFunc(rows.Flood, l, Locator.Compare)
		return stands
	})
}

// Keyed are the names of the logical switches that have a VNI.
func (s *Session) Keyed(vni model.VNI) []string {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return slices.Clone(s.replica.state.logical.byKey[int(vni)])
}

// HostsOf are the MACs that the switch reports with an IP address. any says whether it reports an
// IP address of any MAC.
func (s *Session) HostsOf(ip model.IPv4) (hosts []LocalHost, any bool) {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	l := &s.replica.state.local
	return l.hostsOf(ip), l.hosts.size > 0
}

// Foreign are the names of the logical switches that a Want leaves alone, in no order.
func (s *Session) Foreign(want *Want) []string {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return foreignNames(s.replica.state, want)
}

// StandingSwitch copies all that there is of a logical switch; false if there is none of that name.
// A Want says whose it is.
func (s *Session) StandingSwitch(want *Want, name string) (model.StandingSwitch, bool) {
	s.replica.mu.Lock()
	out, found := standingNamed(s.replica.state, want, name)
	s.replica.mu.Unlock()
	slices.SortFunc(out.Remote, standingByMAC) // there may be very many, and nobody waits for it
	slices.SortFunc(out.Local, standingByMAC)
	return out, found
}

// StandingLocals copies what StandingSwitch does of what the switch itself has written.
func (s *Session) StandingLocals(name string) (model.StandingSwitch, bool) {
	s.replica.mu.Lock()
	out, found := localsNamed(s.replica.state, name)
	s.replica.mu.Unlock()
	slices.SortFunc(out.Local, standingByMAC)
	return out, found
}

func standingByMAC(a, b model.StandingMAC) int { return a.MAC.Compare(b.MAC) }

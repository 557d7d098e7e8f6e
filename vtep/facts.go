package vtep

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
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

// Facts collects the facts of this moment.
func (s *Session) Facts() *Facts {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &Facts{
		Version: s.state.caps.Version,
		Caps:    s.state.caps,
		BFD:     s.state.bfd(),
		Counts: Counts{
			LogicalSwitches: len(s.state.logical),
			RemoteMACs:      s.state.ucastRemote.len(),
			LocalMACs:       s.state.ucastLocal.len(),
		},
	}
	if s.state.inventory == nil {
		s.state.inventory, s.state.inventoryCut = model.BoundInventory(s.state.takeInventory())
	}
	f.Switches, f.Cut = s.state.inventory, s.state.inventoryCut
	return f
}

func (s *State) takeInventory() (out []model.SwitchInventory) {
	for _, id := range sortedUUIDs(s.switches) {
		out = append(out, s.inventoryOf(id))
	}
	slices.SortStableFunc(out, func(a, b model.SwitchInventory) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (s *State) inventoryOf(id ovsdb.UUID) model.SwitchInventory {
	ps := s.switches[id]
	out := model.SwitchInventory{
		Name: ps.Name, Fingerprint: fingerprint(id), TunnelIPs: usableAddresses(ps.TunnelIPs), Faults: slices.Clone(ps.SwitchFaultStatus),
	}
	for _, ref := range ps.Ports {
		pid, err := ovsdb.ParseUUID(ref)
		if p := s.ports[pid]; err == nil && p != nil {
			out.Ports = append(out.Ports, model.PortInventory{Name: p.Name, Faults: slices.Clone(p.PortFaultStatus)})
		}
	}
	slices.SortStableFunc(out.Ports, func(a, b model.PortInventory) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// fingerprint lets a row be known again without its UUID, which is of no use outside.
func fingerprint(id ovsdb.UUID) string {
	sum := sha256.Sum256([]byte(id.String()))
	return hex.EncodeToString(sum[:8])
}

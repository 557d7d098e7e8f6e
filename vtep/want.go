package vtep

import (
	"iter"
	"maps"
	"slices"

	"bordergw/model"
)

// DatabaseID distinguishes switch databases inside one process. 0 is none.
type DatabaseID uint32

// Want is what one switch database should hold. It is immutable once handed
// over; its Segments are shared with other databases.
type Want struct {
	// Self is the database this is for.
	Self DatabaseID
	// Mark is the value of Logical_Switch.other_config:bordergw that makes a row
	// managed. It must differ between controllers with different stores.
	Mark     string
	Segments Segments
	Bindings Bindings
	// Tunnels run BFD.
	Tunnels []Tunnel
	// TunnelRows: Tunnel rows are made here, not by the switch.
	TunnelRows bool
	// Standby are the logical switches, with their VNIs, of networks with a connection to this database that it is not
	// to hold now: another device is active, or the connection is refused. One with the mark of another store is
	// taken over, as it would be if it were wanted, and so it goes: that store is lost.
	Standby Keys
	// Cable joins two ports of a switch that stitches; zero for none.
	Cable Cable
	// Owners classes logical switches that are not in Segments; nil knows of none.
	Owners Owners
	// SourceNode: the switch replicates flooded frames; said by replication_mode
	// where the schema has it.
	SourceNode bool
	// MACsFull: the switch has no room for more MACs. None is added; frames for
	// those that are missing are flooded.
	MACsFull bool
	// GrowOnly: no member leaves the flood list of an incomplete Segment, unless
	// it is Known.
	GrowOnly bool
	// Known are the tunnel addresses of all registered switches.
	Known map[model.VTEPAddress]bool
	// Prune: remove what carries our mark and that nothing explains.
	Prune bool
}

// Segment returns the segment of that name, nil when there is none.
func (w *Want) Segment(name string) *Segment { return w.Segments.Get(name) }

// ownership classes a logical switch that is not wanted.
func (w *Want) ownership(name string, key *int) Ownership {
	if w.Owners == nil {
		return Foreign
	}
	return w.Owners.Of(name, key)
}

// reclassed yields the names that may be classed otherwise than by an earlier Want; false for any.
func (w *Want) reclassed(was *Want) (iter.Seq[string], bool) {
	if w.Owners == nil {
		return slices.Values([]string(nil)), was.Owners == nil
	}
	return w.Owners.Since(was.Owners)
}

// SameWant reports whether two Wants of one database are equal. It compares Segments by
// pointer: they are shared as long as nothing in them changes. Nil equals nothing.
func SameWant(a, b *Want) bool {
	return a == b && a != nil || a != nil && b != nil && a.GrowOnly == b.GrowOnly && a.Prune == b.Prune && a.SourceNode == b.SourceNode &&
		a.MACsFull == b.MACsFull && a.Mark == b.Mark && a.Segments.Same(b.Segments) &&
		a.Bindings.Same(b.Bindings) && a.Standby.Same(b.Standby) && a.Cable == b.Cable && slices.Equal(a.Tunnels, b.Tunnels) && a.TunnelRows == b.TunnelRows
}

// Segment is all that one Logical_Switch means on the wire. It is built once
// and shared by every database that carries it; what is only for the others is
// left out while diffing.
type Segment struct {
	Name        string
	Description string
	TunnelKey   model.VNI
	MACs        []MACEntry // sorted by MAC, each once
	IPs         []HostIP   // of MACs that a source answers for and gives one, sorted by MAC; rows of others have none
	Flood       []Endpoint // sorted by Locator, each (Locator, Location) once
	// Incomplete: Flood lacks a member whose address is not known.
	Incomplete bool
	// Unreported are the tunnel addresses of switches that have not reported their local
	// MACs yet, if they or others of their database are in Flood. A MAC behind one of
	// them stays: no switch has withdrawn it.
	Unreported map[model.VTEPAddress]bool
	// Located, unless it is nil: a member whose address is not known, and that has not reported its local MACs
	// yet, may be at any address that is not in it. A MAC behind such an address stays.
	Located map[model.VTEPAddress]bool

	// deltas is the delta log: what changed since earlier values, the latest first.
	deltas []delta
}

// Equal reports whether two Segments say the same, wherever they come from.
func (s *Segment) Equal(o *Segment) bool {
	return s == o || s.Name == o.Name && s.Description == o.Description && s.TunnelKey == o.TunnelKey && s.Incomplete == o.Incomplete &&
		slices.Equal(s.MACs, o.MACs) && slices.Equal(s.IPs, o.IPs) && slices.Equal(s.Flood, o.Flood) && s.KeepsSame(o)
}

// KeepsSame reports whether two Segments keep the same unwanted MACs.
func (s *Segment) KeepsSame(o *Segment) bool {
	return maps.Equal(s.Unreported, o.Unreported) && s.sameLocated(o)
}

func (s *Segment) sameLocated(o *Segment) bool {
	return (s.Located == nil) == (o.Located == nil) && maps.Equal(s.Located, o.Located)
}

// keeps reports whether an unwanted MAC at an address stays, because its switch has not reported and so has
// not withdrawn it.
func (s *Segment) keeps(at model.VTEPAddress) bool {
	return s.Unreported[at] || s.Located != nil && !s.Located[at]
}

// Entry returns the entry of a MAC, the zero one when there is none.
func (s *Segment) Entry(mac model.MAC) MACEntry {
	if e := s.entry(mac); e != nil {
		return *e
	}
	return MACEntry{}
}

func (s *Segment) entry(mac model.MAC) *MACEntry {
	i, ok := slices.BinarySearchFunc(s.MACs, mac, func(e MACEntry, m model.MAC) int { return e.MAC.Compare(m) })
	if !ok {
		return nil
	}
	return &s.MACs[i]
}

// MACEntry says at which locator a MAC is.
type MACEntry struct {
	MAC     model.MAC
	Locator Locator
	// Location is the database of the switch that the MAC is at, which gets no row; 0 for a far end.
	Location DatabaseID
}

// HostIP is the IP address of the host that has a MAC.
type HostIP struct {
	MAC model.MAC
	IP  model.IPv4
}

// ipOf is the IP address of a MAC, none where no source gives it one.
func (s *Segment) ipOf(mac model.MAC) (ip model.IPv4) {
	if i, ok := slices.BinarySearchFunc(s.IPs, mac, func(h HostIP, m model.MAC) int { return h.MAC.Compare(m) }); ok {
		ip = s.IPs[i].IP
	}
	return ip
}

// Endpoint is a member of a flood list.
type Endpoint struct {
	Locator Locator
	// Location is the database of the switch that is the member; 0 for a far end.
	Location DatabaseID
}

// Owners says what is known of logical switches that are not wanted.
type Owners interface {
	// Of classes one, by its name and tunnel key.
	Of(name string, key *int) Ownership
	// Since yields the names that may be classed otherwise than by earlier Owners. It returns
	// false if these may be any.
	Since(was Owners) (iter.Seq[string], bool)
}

// Ownership says what is known of a logical switch that is not wanted.
type Ownership int

const (
	// Foreign: nothing is known of it. It is foreign unless it carries our mark.
	Foreign Ownership = iota
	// Managed: it has the name of a network that is, or was, managed. With our mark it is
	// removed at once.
	Managed
	// Held: it was written or taken over on this switch, with this tunnel key. It is managed also without our
	// mark: where the schema has none, or when an external writer deleted it.
	Held
)

// MarkKey is the key of Logical_Switch.other_config that holds Want.Mark.
const MarkKey = "bordergw"

// BorderSuffix ends the name of the second logical switch of a stitched
// network.
const BorderSuffix = model.BorderSuffix

package topology

import (
	"iter"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// Input is all that Compile looks at.
type Input struct {
	Definitions *model.Definitions
	// Learned is what the switches have learned.
	Learned mactable.Winners
	// Down are the devices, by id, that have been away for longer than the hold or
	// have only just come back: another is to forward in their place.
	Down map[string]bool
	// GrowOnly: facts may still be missing, so that no flood list shrinks for
	// that reason.
	GrowOnly bool
	// Reported is, by device id, of which networks it has reported which MACs it has: of
	// those that stood as of this revision. It counts while GrowOnly, and in networks
	// that are Young.
	Reported map[string]uint64
	// Young are the networks, by id, that have only just come into the View.
	Young map[string]bool
	// Prune: both sides have been read for long enough to remove what carries
	// our mark and that nothing explains.
	Prune bool
}

// View is what follows from an Input: what every switch should hold, and what
// becomes of every connection. It is immutable, and shares with the one before what did not change.
type View struct {
	Revision uint64
	// in is what it was made from.
	in            Input
	defs          model.Definitions
	registrations *model.Registrations
	// known are the tunnel addresses of all switches, bfd the databases whose switches run BFD; nil
	// where nobody asked. While flood lists only grow everybody asks for the first.
	known map[model.VTEPAddress]bool
	bfd   map[vtep.DatabaseID]bool

	// groups are by network id: those of networks that have connections.
	groups   model.Sorted[name, *groupView]
	outcomes model.Sorted[name, *Outcome]
	// contested MACs, by network id.
	contested model.Sorted[name, *Contested]
	// holdings are by gateway device id: the first of those that reach a database.
	holdings model.Sorted[name, *holding]
	// joined is the revision, by gateway device id, from which on a device is known to reach
	// the database that it does.
	joined model.Sorted[name, uint64]

	index
}

// name orders ids.
type name string

func (a name) Compare(b name) int { return strings.Compare(string(a), string(b)) }

// Want is what the switches of a device should hold, nil for one that is not driven.
func (v *View) Want(device string) *vtep.Want {
	h := v.holding(device)
	if h == nil {
		return nil
	}
	want := *h.want
	want.Owners = &owners{v.defs.Networks, v.defs.Tombstones, v.defs.Holdings, v.sharing(device)}
	if want.GrowOnly {
		want.Known = v.known
	}
	return &want
}

// SegmentsOf are what a device is to hold of networks.
func (v *View) SegmentsOf(device string) vtep.Segments {
	if h := v.holding(device); h != nil {
		return h.want.Segments
	}
	return vtep.Segments{}
}

// TunnelsOf are those over which a device is to run BFD.
func (v *View) TunnelsOf(device string) []vtep.Tunnel {
	if h := v.holding(device); h != nil {
		return h.want.Tunnels
	}
	return nil
}

// Version stands for what a device is to hold: it is another one where that is something else.
func (v *View) Version(device string) Version { return Version{v.holding(device)} }

// Version can be compared. The zero one stands for nothing.
type Version struct{ of *holding }

// Since is the revision from which on a device is asked for what it is asked for now of some
// logical switches.
func (v *View) Since(device string, logicalSwitches ...string) uint64 {
	h := v.holding(device)
	if h == nil {
		return 0
	}
	joined, _ := v.joined.Get(name(device))
	since := max(h.since, joined)
	for _, ls := range logicalSwitches {
		asked, _ := h.asked.Get(name(ls))
		since = max(since, asked)
	}
	return since
}

// holding is what stands for the database that a device reaches.
func (v *View) holding(device string) *holding {
	if v == nil {
		return nil
	}
	first := device
	if gd, ok := v.defs.Devices.Get(device); ok {
		first = v.registrations.First(gd).ID
	}
	h, _ := v.holdings.Get(name(first))
	return h
}

// sharing are the devices that reach the database of a device.
func (v *View) sharing(device string) []*model.GatewayDevice {
	if gd, ok := v.defs.Devices.Get(device); ok {
		return v.registrations.Sharing(gd)
	}
	if r, ok := v.defs.Retired.Get(device); ok {
		return v.registrations.Sharing(&r.GatewayDevice)
	}
	return nil
}

// devicesOf are the ids of the devices that reach the database of a device.
func (v *View) devicesOf(device string) (ids []string) {
	for _, gd := range v.sharing(device) {
		ids = append(ids, gd.ID)
	}
	return ids
}

// Outcomes are by connection id.
func (v *View) Outcomes() iter.Seq2[string, *Outcome] {
	return func(yield func(string, *Outcome) bool) {
		for id, o := range v.outcomes.All() {
			if !yield(string(id), o) {
				return
			}
		}
	}
}

// Outcome is what becomes of a connection, by id; nil where it is not known.
func (v *View) Outcome(connection string) *Outcome {
	if v == nil {
		return nil
	}
	o, _ := v.outcomes.Get(name(connection))
	return o
}

// Clashes are the bindings of a connection that an older one has.
func (v *View) Clashes(o *Outcome) (out []vtep.Binding) {
	for i := range o.Parts {
		h := v.holding(o.Parts[i].Device.ID)
		if h == nil {
			continue
		}
		for _, b := range o.Parts[i].Bindings {
			if ls, bound := h.want.Bindings.At(b.Slot()); bound && ls != b.LogicalSwitch {
				out = append(out, b)
			}
		}
	}
	return out
}

// Contested are the MACs of a network that are configured elsewhere than they were learned, nil for none.
func (v *View) Contested(network string) *Contested {
	c, _ := v.contested.Get(name(network))
	return c
}

// Outcome is what becomes of one connection, as far as definitions and
// inventory tell.
type Outcome struct {
	Connection *model.L2GatewayConnection
	// Unsupported names devices of a kind that is not driven.
	Unsupported []string
	// Errors say why the connection can not be realised. Nothing is programmed
	// for it then.
	Errors []string
	// Limited: a limit of a profile is among Errors.
	Limited bool
	// Waiting says what is not known yet.
	Waiting []string
	// readFrom are the devices whose databases would tell what texts of Waiting lack.
	ReadFrom map[string]*model.GatewayDevice
	// Standby names devices that hold nothing until another one fails.
	Standby []string
	// Notes are no reason to call it broken.
	Notes []string
	// Parts are what must stand for it.
	Parts []Part
}

// Part is a connection's share of one switch database.
type Part struct {
	Device          *model.GatewayDevice
	LogicalSwitches []string
	Bindings        []vtep.Binding // sorted by Compare
}

// Has reports whether the part has the port of a switch.
func (p *Part) Has(sw, port string) bool {
	first := vtep.Binding{Switch: sw, Port: port}
	i, _ := slices.BinarySearchFunc(p.Bindings, first, vtep.Binding.Compare)
	return i < len(p.Bindings) && p.Bindings[i].Switch == sw && p.Bindings[i].Port == port
}

// Binds reports whether the part has a binding.
func (p *Part) Binds(b vtep.Binding) bool {
	i, ok := slices.BinarySearchFunc(p.Bindings, b, vtep.Binding.Compare)
	return ok && p.Bindings[i] == b
}

// Compile builds a View. It looks at what differs from the Input of prev, nil for none, and at
// the networks and devices that this concerns; the View shares the rest with prev.
func Compile(input Input, prev *View) *View {
	if prev == nil {
		prev = &View{}
	}
	in := newCompilation(input, prev)
	in.group(search{in}.dirty())
	(&holder{in, map[model.Change[*vtep.Segment]]bool{}}).hold()
	return in.next
}

// Believes reports whether what a device learns in a network counts: not where a cable shows
// it every MAC of the other sites as if it were local.
func (v *View) Believes(device, network string) bool {
	h := v.holding(device)
	if h == nil {
		return true
	}
	stitched, _ := h.stitched.Get(name(network))
	return !stitched
}

// ReachOf gives what end points in a site need in a network, false if there is nothing: no
// switch carries the network there.
func (v *View) ReachOf(network, site string) (Reach, bool) {
	g := v.groupOf(network)
	if g == nil {
		return Reach{}, false
	}
	d := g.part(network).domainOf(site)
	if d == nil {
		return Reach{}, false
	}
	return d.reach(), true
}

// Definitions are those that the View was made from.
func (v *View) Definitions() *model.Definitions { return v.in.Definitions }

// Learned is what the switches have learned, and sources answer for, as the View has it.
func (v *View) Learned() mactable.Winners { return v.in.Learned }

// FarMACs are MACs that the registration of a device places beyond it.
type FarMACs struct {
	Device *model.GatewayDevice
	MACs   model.VNIMACs
}

// FarMACs are those that count in a network, by device.
func (v *View) FarMACs(network string) (out []FarMACs) {
	g := v.groupOf(network)
	if g == nil {
		return nil
	}
	for _, m := range g.part(network).members {
		if far := (FarMACs{m.device, m.farMACs()}); far.MACs != (model.VNIMACs{}) && !slices.Contains(out, far) {
			out = append(out, far)
		}
	}
	return out
}

// Networks yields the networks that have connections.
func (v *View) Networks() iter.Seq[string] {
	return func(yield func(string) bool) {
		for id := range v.groups.All() {
			if !yield(string(id)) {
				return
			}
		}
	}
}

// Carries reports whether a network has a connection.
func (v *View) Carries(network string) bool { return v.groupOf(network) != nil }

// groupOf is the group of a network, nil for none.
func (v *View) groupOf(network string) *groupView {
	if v == nil {
		return nil
	}
	g, _ := v.groups.Get(name(network))
	return g
}

// Shows reports whether the View has the newest of what is defined of a network's connections,
// and of all devices. What was seen of switches may be newer.
func (v *View) Shows(defs *model.Definitions, network string) bool {
	if v == nil {
		return false
	}
	return v.Revision >= defs.Revision || v.defs.Devices.Same(defs.Devices) && slices.Equal(joined(&v.defs, network), joined(defs, network))
}

// ContestedAt is how many contested MACs a device, by id, has learned.
func (v *View) ContestedAt(device string) (n int) {
	if v == nil {
		return 0
	}
	for _, c := range v.contested.All() {
		n += c.byDevice[device]
	}
	return n
}

// ContestedOf counts the contested MACs that each device has learned, by its id.
func (v *View) ContestedOf() map[string]int {
	out := map[string]int{}
	if v == nil {
		return out
	}
	for _, c := range v.contested.All() {
		for id, n := range c.byDevice {
			out[id] += n
		}
	}
	return out
}

// DatabaseID numbers a device's database; the creation order never changes.
func DatabaseID(gd *model.GatewayDevice) vtep.DatabaseID { return vtep.DatabaseID(gd.Seq) }

// SourceID numbers what a source answers for in a network. No database has the number: it
// follows from the creation order of all records.
func SourceID(set *model.EndpointSet) vtep.DatabaseID { return vtep.DatabaseID(set.Seq) }

func profileOf(gd *model.GatewayDevice) model.Profile {
	p, err := model.ParseProfile(gd.Profile)
	if err != nil {
		p, _ = model.ParseProfile(model.DefaultProfile)
	}
	return p
}

// sourceNode reports whether a device's switches replicate flooded frames.
func sourceNode(gd *model.GatewayDevice, switches []model.SwitchInventory) bool {
	return profileOf(gd).Replication == model.SourceNode && !someSwitch(switches, cannotReplicate)
}

func cannotReplicate(s *model.SwitchInventory) bool {
	return s.NoSourceNode || slices.Contains(s.Faults, model.UnsupportedSourceNode)
}

// macsFull reports whether one of the switches has no room for more MACs
// (vtep(5), switch_fault_status).
func macsFull(switches []model.SwitchInventory) bool {
	return someSwitch(switches, func(s *model.SwitchInventory) bool {
		return slices.Contains(s.Faults, "mac_table_exhaustion")
	})
}

func someSwitch(switches []model.SwitchInventory, is func(*model.SwitchInventory) bool) bool {
	return slices.ContainsFunc(switches, func(s model.SwitchInventory) bool { return is(&s) })
}

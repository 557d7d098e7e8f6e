package topology

import (
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// Input is all that Compile looks at.
type Input struct {
	Definitions *model.Definitions
	// Learned is what the switches have learned, by network id.
	Learned map[string]*mactable.Learned
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

// compilation is one run of Compile, with what it looks up more than once.
type compilation struct {
	Input
	found   *model.Places
	reports *reporting
	// sets are those of endpoints, once they were asked for.
	sets map[string][]*model.EndpointSet
}

// endpoints are what sources outside answer for, by network id.
func (in *compilation) endpoints() map[string][]*model.EndpointSet {
	if in.sets == nil {
		in.sets = map[string][]*model.EndpointSet{}
		for set := range in.Definitions.Endpoints.All() {
			in.sets[set.NetworkID] = append(in.sets[set.NetworkID], set)
		}
	}
	return in.sets
}

// places finds switches by the names that gateways use.
func (in *compilation) places() *model.Places {
	if in.found == nil {
		in.found = model.NewPlaces(in.Definitions)
	}
	return in.found
}

// registrations are the ways to the databases.
func (in *compilation) registrations() *model.Registrations { return in.places().Registrations() }

// View is what follows from an Input: what every switch should hold, and what
// becomes of every connection. It is immutable.
type View struct {
	Revision uint64
	// Wants is by gateway device id; it has every driven device.
	Wants map[string]*vtep.Want
	// Outcomes is by connection id.
	Outcomes map[string]*Outcome

	// since is the revision, by gateway device id, from which on its Want says what it
	// says now.
	Since map[string]uint64
	// stitched are the networks, by gateway device id, in which what the device
	// learns is not believed.
	stitched map[string]map[string]bool
	groups   map[string]*groupView
	// clashes are the bindings, by connection id, that an older connection has.
	Clashes map[string][]vtep.Binding
	// shares are what each device's Want was gathered from; none where not known any
	// more, or where there were clashes.
	shares map[string][]*share
	// contested MACs, by network id.
	Contested map[string]*Contested
	// carried are the networks that have a connection, by id.
	carried map[string]*netPart
	basis   basis
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

// Compile builds a View. Parts of prev whose inputs are unchanged are shared.
func Compile(input Input, prev *View) *View {
	in := &compilation{Input: input}
	if v := relearn(in, prev); v != nil {
		return v
	}
	v := &View{
		Revision:  in.Definitions.Revision,
		Wants:     map[string]*vtep.Want{},
		Outcomes:  map[string]*Outcome{},
		stitched:  map[string]map[string]bool{},
		groups:    map[string]*groupView{},
		Clashes:   map[string][]vtep.Binding{},
		shares:    map[string][]*share{},
		carried:   map[string]*netPart{},
		Contested: map[string]*Contested{},
		basis:     basisOf(in),
	}
	for _, g := range groupNetworks(in) {
		on := in.dependencies(g)
		was := prev.group(g.key())
		gv := was
		if was == nil || !slices.Equal(was.dependencies, on) || !was.unchangedReporting(in) {
			gv = g.build(in, on)
			gv.follow(was)
		}
		v.groups[g.key()] = gv
		for _, n := range gv.nets {
			v.carried[n.net.ID] = n.part
		}
		maps.Copy(v.Outcomes, gv.outcomes)
		maps.Copy(v.Contested, gv.contested)
	}
	v.assemble(in, prev)
	v.Since = v.unchangedSince(in.Definitions, prev)
	return v
}

// Believes reports whether what a device learns in a network counts.
func (v *View) Believes(device, network string) bool {
	return v == nil || !v.stitched[device][network]
}

// ReachOf gives what end points in a site need in a network, false if there is nothing: no
// switch carries the network there.
func (v *View) ReachOf(network, site string) (Reach, bool) {
	if v == nil || v.carried[network] == nil {
		return Reach{}, false
	}
	d := v.carried[network].domainOf(site)
	if d == nil {
		return Reach{}, false
	}
	return d.reach(), true
}

// Carries reports whether a network has a connection.
func (v *View) Carries(network string) bool { return v.carried[network] != nil }

// Shows reports whether the View has the newest of what is defined of a network's connections,
// and of all devices. What was seen of switches may be newer.
func (v *View) Shows(defs *model.Definitions, network string) bool {
	if v == nil {
		return false
	}
	was := v.basis.definitions
	return was.Revision >= defs.Revision || was.Devices.Same(defs.Devices) && slices.Equal(joined(was, network), joined(defs, network))
}

// ContestedOf counts the contested MACs that each device has learned, by its id.
func (v *View) ContestedOf() map[string]int {
	out := map[string]int{}
	if v == nil {
		return out
	}
	for _, c := range v.Contested {
		for id, n := range c.byDevice {
			out[id] += n
		}
	}
	return out
}

func (v *View) group(key string) *groupView {
	if v == nil {
		return nil
	}
	return v.groups[key]
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

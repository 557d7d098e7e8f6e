package topology

import (
	"cmp"
	"maps"
	"slices"
	"strings"

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
	// Heard tells by device id of which networks it has said which MACs it has: of
	// those that stood as of this revision. It counts while GrowOnly, and in networks
	// that are Young.
	Reported map[string]uint64
	// Young are the networks, by id, that have only just come into the View.
	Young map[string]bool
	// Sweep: both sides have been read for long enough to remove what carries
	// our mark and that nothing explains.
	Sweep bool
}

// compilation is one run of Compile, with what it looks up more than once.
type compilation struct {
	Input
	found   *model.Places
	reports *reporting
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
	// carried are the networks that have a connection.
	Carried map[string]bool
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
	// Parts are what must stand for it.
	Parts []Part
}

// Part is a connection's share of one switch database.
type Part struct {
	Device          *model.GatewayDevice
	LogicalSwitches []string
	Bindings        []vtep.Binding // sorted by Compare
}

// has reports whether the part has the port of a switch.
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
		Carried:   map[string]bool{},
		Contested: map[string]*Contested{},
		basis:     basisOf(in),
	}
	for _, g := range groupNetworks(in) {
		on := g.dependencies(in)
		was := prev.group(g.key())
		gv := was
		if was == nil || !slices.Equal(was.dependencies, on) || !was.unchangedReporting(in) {
			gv = g.build(in, on)
			gv.follow(was)
		}
		v.groups[g.key()] = gv
		for _, p := range g.nets {
			v.Carried[p.net.ID] = true
		}
		maps.Copy(v.Outcomes, gv.outcomes)
		maps.Copy(v.Contested, gv.contested)
	}
	v.assemble(in, prev)
	v.Since = v.unchangedSince(prev)
	return v
}

// unchangedSince is since when each device's Want says the same. A change of the
// definitions that asks nothing new of a switch leaves its connections programmed.
func (v *View) unchangedSince(prev *View) map[string]uint64 {
	out := make(map[string]uint64, len(v.Wants))
	for dev, want := range v.Wants {
		out[dev] = v.Revision
		if prev != nil && vtep.SameWant(prev.Wants[dev], want) {
			out[dev] = prev.Since[dev]
		}
	}
	return out
}

// believes reports whether what a device learns in a network counts.
func (v *View) Believes(device, network string) bool {
	return v == nil || !v.stitched[device][network]
}

func (v *View) group(key string) *groupView {
	if v == nil {
		return nil
	}
	return v.groups[key]
}

// assemble gathers each device's share of all networks.
func (v *View) assemble(in *compilation, prev *View) {
	defs := in.Definitions
	known := knownAddresses(defs)
	all := in.registrations()
	drive := func(gd *model.GatewayDevice, sweep bool) {
		switches := all.Switches(gd)
		v.Wants[gd.ID] = &vtep.Want{
			Self: DatabaseID(gd), Mark: defs.StoreID, Claim: claimsOn(defs, all.Sharing(gd)), Known: known,
			SourceNode: sourceNode(gd, switches), MACsFull: macsFull(switches), GrowOnly: in.GrowOnly, Sweep: sweep,
		}
	}
	for gd := range defs.Devices.All() {
		if gd.Driven() && all.First(gd) == gd {
			drive(gd, in.Sweep)
		}
	}
	for r := range defs.Retired.All() {
		drive(&r.GatewayDevice, true) // an operator removed it: all of ours goes
	}
	for _, id := range slices.Sorted(maps.Keys(v.groups)) {
		for dev, share := range v.groups[id].shares {
			v.shares[dev] = append(v.shares[dev], share)
			for _, net := range share.stitched {
				if v.stitched[dev] == nil {
					v.stitched[dev] = map[string]bool{}
				}
				v.stitched[dev][net] = true
			}
		}
	}
	for dev, w := range v.Wants {
		if !v.regather(dev, w, prev) {
			v.gather(dev, w)
		}
	}
	v.tunnels(defs, all)
	v.shareWants()
}

// shareWants gives every way to a database the one wish that there is for it.
func (v *View) shareWants() {
	all := v.basis.places.Registrations()
	for gd := range v.basis.definitions.Devices.All() {
		first := all.First(gd)
		if first == gd {
			continue
		}
		v.Wants[gd.ID] = v.Wants[first.ID]
		if s := v.stitched[first.ID]; s != nil {
			v.stitched[gd.ID] = s
		}
	}
}

// gather puts together what a device's networks want of it.
func (v *View) gather(dev string, w *vtep.Want) {
	for _, s := range v.shares[dev] {
		w.Segments = append(w.Segments, s.segments...)
		w.Bindings = append(w.Bindings, s.bindings...)
	}
	slices.SortFunc(w.Segments, func(a, b *vtep.Segment) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(w.Bindings, vtep.Binding.Compare)
	if v.divideVLANs(dev, w) {
		delete(v.shares, dev)
	}
}

// regather takes over what a device's networks wanted of it before, if that is the same:
// what stands on a large switch is not to cost others anything. It reports whether it is.
func (v *View) regather(dev string, w *vtep.Want, prev *View) bool {
	if prev == nil || prev.Wants[dev] == nil || len(prev.shares[dev]) == 0 || !slices.Equal(prev.shares[dev], v.shares[dev]) {
		return false
	}
	w.Segments, w.Bindings = prev.Wants[dev].Segments, prev.Wants[dev].Bindings
	return true
}

// tunnels asks for BFD between two switches that both run it: on one end alone
// it stays down for ever.
func (v *View) tunnels(defs *model.Definitions, all *model.Registrations) {
	runs := map[vtep.DatabaseID]bool{}
	for gd := range defs.Devices.All() {
		runs[DatabaseID(gd)] = gd.Driven() && profileOf(gd).BFD
	}
	for gd := range defs.Devices.All() {
		switches := all.Switches(gd)
		w := v.Wants[gd.ID]
		if len(switches) == 0 || w == nil || !runs[w.Self] {
			continue
		}
		w.TunnelRows = profileOf(gd).TunnelRows
		for _, sw := range switches {
			if sw.Missing {
				continue
			}
			for _, seg := range w.Segments {
				for _, e := range seg.Flood {
					if e.Home != w.Self && runs[e.Home] && !slices.Contains(sw.TunnelIPs, e.Locator.Addr) {
						w.Tunnels = append(w.Tunnels, vtep.Tunnel{Switch: sw.Name, Remote: e.Locator.Addr})
					}
				}
			}
		}
		slices.SortFunc(w.Tunnels, vtep.Tunnel.Compare)
		w.Tunnels = slices.Compact(w.Tunnels)
	}
}

// divideVLANs leaves each VLAN of a port to one network. The store refuses
// clashes that it can see; two names that turn out to be one switch it can not.
// The older connection has the VLAN. It reports whether there was a clash.
func (v *View) divideVLANs(dev string, w *vtep.Want) bool {
	w.Bindings = slices.Compact(w.Bindings)
	if !clash(w.Bindings) {
		return false
	}
	owner := map[vtep.Binding]vtep.Binding{}
	for _, o := range v.byAge() {
		for _, p := range o.Parts {
			if p.Device.ID != dev {
				continue
			}
			for _, b := range p.Bindings {
				key := b
				key.LogicalSwitch = ""
				if first, taken := owner[key]; !taken {
					owner[key] = b
				} else if first != b {
					v.Clashes[o.Connection.ID] = append(v.Clashes[o.Connection.ID], b)
				}
			}
		}
	}
	w.Bindings = slices.SortedFunc(maps.Values(owner), vtep.Binding.Compare)
	return true
}

// clash reports whether two of the sorted bindings are of one VLAN of a port.
func clash(bindings []vtep.Binding) bool {
	for i := 1; i < len(bindings); i++ {
		if bindings[i-1].Compare(bindings[i]) == 0 {
			return true
		}
	}
	return false
}

// byAge lists the outcomes, those of the oldest connections first.
func (v *View) byAge() []*Outcome {
	return slices.SortedFunc(maps.Values(v.Outcomes), func(a, b *Outcome) int {
		return cmp.Compare(a.Connection.Seq, b.Connection.Seq)
	})
}

// claimsOn classes the logical switches of a device. One without our mark is
// Buried only with the VNI that was ours: with another one it was never adopted.
// Names of the second logical switch of a stitched network are nobody else's.
func claimsOn(defs *model.Definitions, sharing []*model.GatewayDevice) func(name string, key *int) vtep.Claim {
	return func(name string, key *int) vtep.Claim {
		id, second := strings.CutSuffix(name, vtep.BorderSuffix)
		_, known := defs.Networks.Get(id)
		t, removed := defs.Tombstones.Get(id)
		switch {
		case removed && t.PendingOn(sharing) && (second || key == nil || *key == int(t.VNI)):
			return vtep.Buried
		case known || removed:
			return vtep.Known
		}
		return vtep.Unknown
	}
}

// knownAddresses are the tunnel addresses of all registered switches: one that
// leaves a flood list leaves it for a reason, not for lack of facts.
func knownAddresses(defs *model.Definitions) map[model.VTEPAddress]bool {
	return addressesOf(defs, func(string) bool { return true })
}

// addressesOf are the tunnel addresses of the switches of chosen devices.
func addressesOf(defs *model.Definitions, chosen func(id string) bool) map[model.VTEPAddress]bool {
	out := map[model.VTEPAddress]bool{}
	for inv := range defs.Inventories.All() {
		if !chosen(inv.ID) {
			continue
		}
		for _, s := range inv.Switches {
			for _, ip := range s.TunnelIPs {
				out[ip] = true
			}
		}
	}
	return out
}

// databaseID numbers a device's database; the creation order never changes.
func DatabaseID(gd *model.GatewayDevice) vtep.DatabaseID { return vtep.DatabaseID(gd.Seq) }

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

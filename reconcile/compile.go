package reconcile

import (
	"maps"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// Input is all that Compile looks at.
type Input struct {
	Definitions *model.Definitions
	// GrowOnly: facts may still be missing, so that no flood list shrinks for
	// that reason.
	GrowOnly bool
	// Sweep: both sides have been read for long enough to remove what carries
	// our mark and that nothing explains.
	Sweep bool
}

// View is what follows from an Input: what every switch should hold, and what
// becomes of every connection. It is immutable.
type View struct {
	Revision uint64
	// Wants is by gateway device id; it has every driven device.
	Wants map[string]*vtep.Want
	// Outcomes is by connection id.
	Outcomes map[string]*Outcome

	networks map[string]*networkView
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
	// Parts are what must stand for it.
	Parts []Part
}

// Part is a connection's share of one switch database.
type Part struct {
	Device          *model.GatewayDevice
	LogicalSwitches []string
	Bindings        []vtep.Binding
}

// Compile builds a View. Parts of prev whose inputs are unchanged are shared.
func Compile(in Input, prev *View) *View {
	defs := in.Definitions
	v := &View{
		Revision: defs.Revision,
		Wants:    map[string]*vtep.Want{},
		Outcomes: map[string]*Outcome{},
		networks: map[string]*networkView{},
	}
	byNetwork := map[string][]*model.L2GatewayConnection{}
	for c := range defs.Connections.All() {
		byNetwork[c.NetworkID] = append(byNetwork[c.NetworkID], c)
	}
	for id, conns := range byNetwork {
		net, ok := defs.Networks.Get(id)
		if !ok {
			continue
		}
		b := newBuilder(defs, net, conns)
		if old := prev.network(id); old != nil && slices.Equal(old.inputs, b.inputs) {
			v.networks[id] = old
		} else {
			v.networks[id] = b.build()
		}
		maps.Copy(v.Outcomes, v.networks[id].outcomes)
	}
	v.assemble(in)
	return v
}

func (v *View) network(id string) *networkView {
	if v == nil {
		return nil
	}
	return v.networks[id]
}

// assemble gathers each device's share of all networks.
func (v *View) assemble(in Input) {
	defs := in.Definitions
	claim := func(name string) vtep.Claim { return claimOf(defs, name) }
	known := knownAddresses(defs)
	drive := func(gd *model.GatewayDevice, sweep bool) {
		v.Wants[gd.ID] = &vtep.Want{
			Self: databaseID(gd), Mark: defs.StoreID, Claim: claim, Known: known,
			SourceNode: sourceNode(gd), GrowOnly: in.GrowOnly, Sweep: sweep,
		}
	}
	for gd := range defs.Devices.All() {
		if gd.Driven() {
			drive(gd, in.Sweep)
		}
	}
	for r := range defs.Retired.All() {
		drive(&r.GatewayDevice, true) // an operator removed it: all of ours goes
	}
	for _, id := range slices.Sorted(maps.Keys(v.networks)) {
		for dev, share := range v.networks[id].shares {
			if w := v.Wants[dev]; w != nil {
				w.Segments = append(w.Segments, share.segments...)
				w.Bindings = append(w.Bindings, share.bindings...)
			}
		}
	}
	for _, w := range v.Wants {
		slices.SortFunc(w.Segments, func(a, b *vtep.Segment) int { return strings.Compare(a.Name, b.Name) })
		slices.SortStableFunc(w.Bindings, vtep.Binding.Compare)
		w.Bindings = slices.CompactFunc(w.Bindings, func(a, b vtep.Binding) bool { return a.Compare(b) == 0 })
	}
}

// claimOf classes the name of a logical switch.
func claimOf(defs *model.Definitions, name string) vtep.Claim {
	id := strings.TrimSuffix(name, vtep.BorderSuffix)
	if _, ok := defs.Networks.Get(id); ok {
		return vtep.Known
	}
	if _, ok := defs.Tombstones.Get(id); ok {
		return vtep.Buried
	}
	return vtep.Unknown
}

// knownAddresses are the tunnel addresses of all registered switches: one that
// leaves a flood list leaves it for a reason, not for lack of facts.
func knownAddresses(defs *model.Definitions) map[model.VTEPAddress]bool {
	out := map[model.VTEPAddress]bool{}
	for inv := range defs.Inventories.All() {
		for _, s := range inv.Switches {
			for _, ip := range s.TunnelIPs {
				out[ip] = true
			}
		}
	}
	return out
}

// databaseID numbers a device's database; the creation order never changes.
func databaseID(gd *model.GatewayDevice) vtep.DatabaseID { return vtep.DatabaseID(gd.Seq) }

func profileOf(gd *model.GatewayDevice) model.Profile {
	p, err := model.ParseProfile(gd.Profile)
	if err != nil {
		p, _ = model.ParseProfile(model.DefaultProfile)
	}
	return p
}

func sourceNode(gd *model.GatewayDevice) bool {
	return profileOf(gd).Replication == model.SourceNode
}

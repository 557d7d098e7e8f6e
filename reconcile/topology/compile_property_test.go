package topology

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// wishes prints all that a View asks of the switches, and what it says of the
// connections.
func (v *View) wishes() string {
	var b strings.Builder
	wants := v.Wants()
	for _, id := range slices.Sorted(maps.Keys(wants)) {
		w := wants[id]
		fmt.Fprintln(&b, id, w.Self, w.Mark, w.GrowOnly, len(w.Known), w.Prune, w.SourceNode, w.MACsFull, v.BindingsOf(id), w.Tunnels, w.TunnelRows, standbys(w), w.Cable)
		for s := range w.Segments.All() {
			fmt.Fprintln(&b, " ", s.Name, s.Description, s.TunnelKey, s.Incomplete, s.MACs, s.IPs, s.Flood, s.Unreported, s.Located, v.Believes(id, s.Name))
		}
	}
	for id, o := range v.Outcomes() {
		fmt.Fprintln(&b, id, o.Connection.ID, o.Unsupported, o.Errors, o.Waiting, o.Standby, o.Notes, v.Clashes(o))
		for i := range o.Parts {
			p := &o.Parts[i]
			fmt.Fprintln(&b, " ", p.Device.ID, p.LogicalSwitches, p.Bindings)
		}
	}
	for id, c := range v.AllContested() {
		fmt.Fprintln(&b, id, c)
	}
	return b.String()
}

// standbys are what a device holds when another one fails.
func standbys(w *vtep.Want) (out []string) {
	for name := range w.Standby.Changes(vtep.Keys{}) {
		out = append(out, fmt.Sprint(name, w.Standby.Of(name)))
	}
	return out
}

// changing is a run in which anything changes, mostly a little.
type changing struct {
	*rand.Rand
	top     *topology
	in      Input
	learned map[string]*mactable.Learned
}

func newChanging(seed uint64) *changing {
	r := &changing{Rand: rand.New(rand.NewPCG(seed, 7)), learned: map[string]*mactable.Learned{}}
	r.top = randomTopology(r.Rand, model.BorderDirect, model.BorderRelay, model.BorderStitch)
	for gd := range r.top.Devices.All() {
		r.retune(gd)
		if r.IntN(4) == 0 {
			r.top.Inventory(gd, func(s *model.SwitchInventory) { s.TunnelIPs = nil })
		}
		if seed%2 == 0 && r.IntN(3) == 0 {
			r.top.again(gd)
		}
	}
	for id, w := range r.top.winners {
		r.learned[id] = &mactable.Learned{Winners: w}
	}
	r.in = Input{Down: map[string]bool{}, Young: map[string]bool{}, Reported: map[string]uint64{}}
	for net := range r.top.Networks.All() {
		r.in.Young[net.ID] = seed%3 == 0
	}
	r.take()
	return r
}

// take makes the input of what there is now.
func (r *changing) take() {
	r.top.Revision++
	defs := r.top.Definitions
	r.in.Definitions = &defs
	r.in.Learned = mactable.WinnersOf(r.learned)
}

// step changes the input: at times MACs alone.
func (r *changing) step() {
	if r.IntN(3) == 0 {
		r.relearn()
	} else {
		r.redefine()
	}
	r.take()
}

// relearn moves MACs of some networks.
func (r *changing) relearn() {
	for _, net := range slices.Sorted(maps.Keys(r.learned)) {
		if r.IntN(2) == 0 {
			was := r.learned[net]
			r.learned[net] = &mactable.Learned{Winners: r.moved(was.Winners), Flood: r.flooded(was.Flood)}
		}
	}
}

func some[P any](r *changing, all []P) (one P) {
	if len(all) > 0 {
		one = all[r.IntN(len(all))]
	}
	return one
}

// redefine changes something else.
func (r *changing) redefine() {
	gd, net := some(r, slices.Collect(r.top.Devices.All())), some(r, slices.Collect(r.top.Networks.All()))
	if gd == nil || net == nil {
		r.top.Network(fmt.Sprint("more", r.top.LastSeq), model.VNI(6000+r.top.LastSeq))
		r.top.Device(fmt.Sprint("more", r.top.LastSeq), "")
		return
	}
	changes := []func(){
		func() { r.in.Down = map[string]bool{gd.ID: r.IntN(2) == 0} },
		func() { r.in.GrowOnly = !r.in.GrowOnly },
		func() { r.in.Prune = !r.in.Prune },
		func() { r.report(gd, net) }, func() { r.report(gd, net) },
		func() { r.refar(gd) },
		func() { r.rename(net) }, func() { r.refarEnd(net) }, func() { r.refarEnd(net) },
		func() { r.retune(gd) },
		func() { r.reread(gd) },
		func() { r.top.Devices = r.top.Devices.Without(gd.ID) },
		func() { r.retire(gd) },
		func() { r.again(gd) },
		func() { r.top.Device(fmt.Sprint("more", r.top.LastSeq), "", modeltest.InSite("s1")) },
		func() { r.answer(net) },
		func() { r.connect(net, gd) }, func() { r.connect(net, gd) }, func() { r.connect(net, gd) },
		func() { r.disconnect() }, func() { r.disconnect() },
		func() { r.regateway(gd) }, func() { r.regateway(gd) },
		func() { r.top.Networks = r.top.Networks.Without(net.ID) },
	}
	changes[r.IntN(len(changes))]()
}

// report changes who has reported of which networks.
func (r *changing) report(gd *model.GatewayDevice, net *model.Network) {
	r.in.Reported, r.in.Young = maps.Clone(r.in.Reported), maps.Clone(r.in.Young)
	switch r.IntN(4) {
	case 0:
		r.in.Reported[gd.ID] = uint64(r.IntN(int(r.top.LastSeq) + 1))
	case 1:
		r.in.Reported[gd.ID] = r.top.LastSeq
	case 2:
		r.in.Young[net.ID] = true
	case 3:
		delete(r.in.Young, net.ID)
		delete(r.in.Reported, gd.ID)
	}
}

func (r *changing) rename(net *model.Network) {
	renamed := *net
	renamed.Name += "x"
	r.top.Networks = r.top.Networks.With(&renamed)
}

// refarEnd gives a network a far end more, or one less. It may be a remote MAC's, a hypervisor or a switch as well.
func (r *changing) refarEnd(net *model.Network) {
	a := modeltest.IP(some(r, []int{1, 2, 200, 201, 400, 500, 501}))
	changed := *net
	if i := slices.Index(net.FarEnds, a); i >= 0 {
		changed.FarEnds = slices.Delete(slices.Clone(net.FarEnds), i, i+1)
	} else {
		changed.FarEnds, _ = model.SortedFarEnds(append(slices.Clone(net.FarEnds), a))
	}
	r.top.Networks = r.top.Networks.With(&changed)
}

// retune changes what a device can do.
func (r *changing) retune(gd *model.GatewayDevice) {
	tuned := *gd
	tuned.Profile = some(r, []string{"auto+bfd", "auto+bfd+keyed-locators", "auto"})
	r.top.Devices = r.top.Devices.With(&tuned)
}

// reread changes what was last seen of a device.
func (r *changing) reread(gd *model.GatewayDevice) {
	if _, read := r.top.Inventories.Get(gd.ID); !read {
		return
	}
	n := r.IntN(7)
	r.top.Inventory(gd, func(s *model.SwitchInventory) {
		switch n {
		case 0:
			s.TunnelIPs = nil
		case 1, 2:
			s.TunnelIPs = []model.VTEPAddress{modeltest.IP(300 + r.IntN(9))}
		case 3:
			s.Name += "x"
		case 4:
			s.Missing = !s.Missing
		case 5:
			s.Faults = some(r, [][]string{nil, {"mac_table_exhaustion"}, {model.UnsupportedSourceNode}})
		case 6:
			s.Ports = append(s.Ports, model.PortInventory{Name: "more"})
		}
	})
}

// retire deletes a device that may still hold rows.
func (r *changing) retire(gd *model.GatewayDevice) {
	r.top.Devices = r.top.Devices.Without(gd.ID)
	r.top.Retired = r.top.Retired.With(&model.RetiredDevice{GatewayDevice: *gd})
}

// again registers a device's switch once more; ids of deleted devices are not used again.
func (r *changing) again(gd *model.GatewayDevice) {
	_, deleted := r.top.Retired.Get(gd.ID + "-again")
	if _, stands := r.top.Devices.Get(gd.ID + "-again"); !stands && !deleted {
		r.top.again(gd)
	}
}

// answer has a source answer for a MAC in a network, or no longer.
func (r *changing) answer(net *model.Network) {
	at := modeltest.IP(400 + r.IntN(3))
	set, err := model.NewEndpointSet(net.ID, "neutron", "", []model.Endpoint{{
		VTEPAddress: at, MACs: []model.EndpointMAC{{MAC: model.MAC{2, 9}, VTEPAddress: at}},
	}})
	if err != nil {
		panic(err)
	}
	if _, stands := r.top.Endpoints.Get(set.ID); stands && r.IntN(2) == 0 {
		r.top.Endpoints = r.top.Endpoints.Without(set.ID)
		return
	}
	set.Record = r.top.Record(set.ID)
	r.top.Endpoints = r.top.Endpoints.Without(set.ID).With(set)
}

// connect joins a network to ports of a device, which others may have, and to sites.
func (r *changing) connect(net *model.Network, gd *model.GatewayDevice) {
	port := []model.Interface{{Name: "p1", VLANs: []model.VLAN{model.VLAN(101 + r.IntN(5))}}}
	switch r.IntN(5) {
	case 4: // one switch by two names, with ports in common
		r.top.Connect(net, 0, model.Device{DeviceID: gd.ID, SegmentationID: 9001, Interfaces: port}, model.Device{DeviceName: gd.Name, Interfaces: port})
	case 0:
		r.top.Border(net, some(r, []model.VNI{9001, 9002, net.VNI}), gd)
	case 1:
		r.top.Connect(net, 0, model.Device{DeviceName: fmt.Sprint("more", 20+r.IntN(60)), Interfaces: port})
	default:
		r.top.Connect(net, 0, model.Device{DeviceName: gd.Name, Interfaces: port})
	}
}

func (r *changing) disconnect() {
	if c := some(r, slices.Collect(r.top.Connections.All())); c != nil {
		r.top.Connections = r.top.Connections.Without(c.ID)
	}
}

// regateway changes the VLANs, or the devices, of a gateway.
func (r *changing) regateway(gd *model.GatewayDevice) {
	g := some(r, slices.Collect(r.top.Gateways.All()))
	if g == nil {
		return
	}
	next := *g
	next.Devices = slices.Clone(g.Devices)
	if n := r.IntN(5); n == 0 && len(next.Devices) > 1 {
		next.Devices = next.Devices[r.IntN(2):][:len(next.Devices)-1]
	} else if n < 3 && len(next.Devices) > 0 {
		d := &next.Devices[r.IntN(len(next.Devices))]
		d.Interfaces = []model.Interface{{Name: "p1", VLANs: []model.VLAN{model.VLAN(101 + r.IntN(5)), model.VLAN(101 + r.IntN(5))}}}
	} else {
		next.Devices = append(next.Devices, model.Device{ID: fmt.Sprint("d", r.top.LastSeq), DeviceID: gd.ID, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{110}}}})
	}
	r.top.Gateways = r.top.Gateways.With(&next)
}

// refar changes one remote MAC of a device.
func (r *changing) refar(gd *model.GatewayDevice) {
	of := r.top.RemoteMACs.Of(gd.ID)
	if of.Len() > 0 && r.IntN(2) == 0 {
		r.top.RemoteMACs = r.top.RemoteMACs.Without(slices.Collect(of.All())[r.IntN(of.Len())])
		return
	}
	vnis := []model.VNI{9001, 9002}
	for n := range r.top.Networks.All() {
		vnis = append(vnis, n.VNI)
	}
	r.top.hosts++
	r.top.far(gd, model.RemoteMACEntry{MAC: modeltest.MAC(r.top.hosts), VTEPAddress: modeltest.IP(200 + r.IntN(9)), SegmentationID: vnis[r.IntN(len(vnis))]})
}

// moved has some MACs at other switches, and some gone.
func (r *changing) moved(was []mactable.Candidate) (out []mactable.Candidate) {
	for _, c := range was {
		switch r.IntN(6) {
		case 0:
			continue
		case 1:
			other := was[r.IntN(len(was))]
			c.Database, c.Endpoint = other.Database, other.Endpoint
		}
		out = append(out, c)
	}
	if len(was) > 0 && r.IntN(2) == 0 {
		r.top.hosts++
		came := was[0]
		came.MAC = modeltest.MAC(r.top.hosts)
		out = append(out, came)
	}
	return out
}

func (r *changing) flooded(was map[vtep.DatabaseID][]model.VTEPAddress) map[vtep.DatabaseID][]model.VTEPAddress {
	if r.IntN(6) > 0 {
		return maps.Clone(was)
	}
	return map[vtep.DatabaseID][]model.VTEPAddress{vtep.DatabaseID(1 + r.IntN(9)): {modeltest.IP(200 + r.IntN(9))}}
}

// TestCompileFollows: a View made from the one before is the View made from nothing, whatever
// changed, and the one before stays what it was.
func TestCompileFollows(t *testing.T) {
	built, all := 0, 0
	for seed := range uint64(60) {
		r := newChanging(seed)
		v := Compile(r.in, nil)
		for step := range 25 {
			was, text := v, v.wishes()
			r.step()
			in := newCompilation(r.in, v)
			in.group(search{in}.dirty())
			built, all = built+in.built, all+r.top.Networks.Len()
			v = Compile(r.in, v)
			require.Equal(t, Compile(r.in, nil).wishes(), v.wishes(), "seed %d step %d", seed, step)
			require.Equal(t, text, was.wishes(), "seed %d step %d", seed, step)
		}
	}
	require.Less(t, built, all/2, "most steps concern few networks")
}

// TestCompileCostsWhatChanged: one connection more makes one group anew and one device's Want, and
// allocates the same, however many connections and devices there are.
func TestCompileCostsWhatChanged(t *testing.T) {
	cost := func(networks int) uint64 {
		top := newTopology()
		top.Definitions = *model.NewDefinitions("store", 1)
		a, b := top.Device("a", ""), top.Device("b", "")
		for range networks / 10 {
			top.Device(fmt.Sprint("idle", top.LastSeq), "")
		}
		for i := range networks {
			top.Access(top.Network(fmt.Sprintf("n%05d", i), model.VNI(5000+i)), a, b)
		}
		before := top.Definitions
		was := Compile(Input{Definitions: &before}, nil)
		top.Access(top.Network("more", 4999), a, b)
		top.Revision++
		after := top.Definitions
		in := newCompilation(Input{Definitions: &after}, was)
		in.group(search{in}.dirty())
		require.Equal(t, 1, in.built)
		var start, end runtime.MemStats
		runtime.ReadMemStats(&start)
		now := Compile(Input{Definitions: &after}, was)
		runtime.ReadMemStats(&end)
		var changed []string
		for device, segments := range now.Changed(was) {
			changed = append(changed, device)
			require.Equal(t, networks, segments.Len())
		}
		require.Equal(t, []string{"a", "b"}, changed)
		return end.TotalAlloc - start.TotalAlloc
	}
	few, many := cost(50), cost(2000)
	require.Less(t, many, 4*few, "a tree is a level higher")
}

package topology

import (
	"fmt"
	"maps"
	"math/rand/v2"
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
	for _, id := range slices.Sorted(maps.Keys(v.Wants)) {
		w := v.Wants[id]
		fmt.Fprintln(&b, id, w.Self, w.GrowOnly, w.Prune, w.Bindings, w.Tunnels)
		for _, s := range w.Segments {
			fmt.Fprintln(&b, " ", s.Name, s.Description, s.TunnelKey, s.Incomplete, s.MACs, s.Flood, s.Unreported)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.Outcomes)) {
		o := v.Outcomes[id]
		fmt.Fprintln(&b, id, o.Errors, o.Waiting, o.Standby, len(o.Parts))
	}
	return b.String()
}

// relearning is a run in which mostly MACs change, and at times anything.
type relearning struct {
	*rand.Rand
	top *topology
	in  Input
}

func newRelearning(seed uint64) *relearning {
	r := rand.New(rand.NewPCG(seed, 7))
	top := randomTopology(r, model.BorderDirect, model.BorderRelay, model.BorderStitch)
	for gd := range top.Devices.All() {
		tunnels := *gd
		tunnels.Profile = []string{"auto+bfd", "auto+bfd+keyed-locators"}[r.IntN(2)]
		top.Devices = top.Devices.With(&tunnels)
		if r.IntN(4) == 0 {
			top.Inventory(gd, func(s *model.SwitchInventory) { s.TunnelIPs = nil })
		}
	}
	for gd := range top.Devices.All() {
		if seed%2 == 0 && r.IntN(3) == 0 {
			top.again(gd)
		}
	}
	learned := map[string]*mactable.Learned{}
	for id, w := range top.winners {
		learned[id] = &mactable.Learned{Winners: w}
	}
	return &relearning{Rand: r, top: top, in: Input{Definitions: &top.Definitions, Learned: learned, Down: map[string]bool{}}}
}

// step changes the input: mostly MACs alone.
func (r *relearning) step() {
	nets := slices.Collect(maps.Keys(r.in.Learned))
	slices.Sort(nets)
	if r.IntN(8) == 0 || len(nets) == 0 {
		r.redefine()
		return
	}
	for _, net := range nets[:1+r.IntN(len(nets))] {
		was := r.in.Learned[net]
		r.in.Learned[net] = &mactable.Learned{Winners: r.moved(was.Winners), Flood: r.flooded(was.Flood)}
	}
}

// redefine changes something else.
func (r *relearning) redefine() {
	devices := slices.Collect(r.top.Devices.All())
	gd := devices[r.IntN(len(devices))]
	switch r.IntN(5) {
	case 0:
		r.in.Down = map[string]bool{gd.ID: true}
	case 1:
		r.in.GrowOnly = !r.in.GrowOnly
	case 2:
		r.in.Reported = map[string]uint64{gd.ID: 0}
	case 3:
		defs := r.top.Definitions
		for n := range defs.Networks.All() {
			renamed := *n
			renamed.Name += "x"
			defs.Networks = defs.Networks.With(&renamed)
			break
		}
		r.top.Definitions = defs
		r.in.Definitions = &defs
	case 4:
		r.refar(gd)
		defs := r.top.Definitions
		r.in.Definitions = &defs
	}
}

// refar changes one remote MAC of a device.
func (r *relearning) refar(gd *model.GatewayDevice) {
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
func (r *relearning) moved(was []mactable.Candidate) (out []mactable.Candidate) {
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

func (r *relearning) flooded(was map[vtep.DatabaseID][]model.VTEPAddress) map[vtep.DatabaseID][]model.VTEPAddress {
	if r.IntN(6) > 0 {
		return maps.Clone(was)
	}
	return map[vtep.DatabaseID][]model.VTEPAddress{vtep.DatabaseID(1 + r.IntN(9)): {modeltest.IP(200 + r.IntN(9))}}
}

// A View made from the one before is the View made from nothing, and the one
// before stays what it was.
func TestRelearnIsCompile(t *testing.T) {
	short := 0
	for seed := range uint64(150) {
		r := newRelearning(seed)
		v := Compile(r.in, nil)
		for range 12 {
			was, text := v, v.wishes()
			r.step()
			in := r.in
			if relearn(&compilation{Input: in}, v) != nil {
				short++
			}
			v = Compile(r.in, v)
			require.Equal(t, Compile(r.in, nil).wishes(), v.wishes(), "seed %d", seed)
			require.Equal(t, text, was.wishes(), "seed %d", seed)
		}
	}
	require.Greater(t, short, 500, "most steps are what relearn is for")
}

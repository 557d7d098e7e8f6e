package topology

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/vtep"
)

// reach is who should hear whom, from the definitions alone.
type reach struct {
	roles []role
	// dead devices forward nothing; a domain needs another one.
	dead map[string]bool
	// away devices forward as they did; another one has taken over from each where there is one.
	away        map[string]bool
	far         model.RemoteMACs
	hypervisors []hypervisor
}

// area is where a network's members reach each other without a border: a site
// where borders relay, else the whole network.
func (r reach) area(x role) string {
	for _, o := range r.roles {
		if o.net == x.net && o.relays() {
			return x.net.ID + "/" + x.gd.Site
		}
	}
	return x.net.ID
}

// exits are the VNIs between sites by which an area's frames leave it.
func (r reach) exits(area string) map[model.VNI]bool {
	out := map[model.VNI]bool{}
	for _, o := range r.roles {
		if o.relays() && !r.dead[o.gd.ID] && r.area(o) == area {
			out[o.vni] = true
		}
	}
	return out
}

// hears reports whether frames go from one role's place to another's.
func (r reach) hears(x, y role) bool {
	a, b := r.area(x), r.area(y)
	all := reach{roles: r.roles}
	return a == b || r.joined(a, b) || !all.joined(a, b) && r.directly(x, y)
}

// joined reports whether a VNI between sites leads from one area to another.
func (r reach) joined(a, b string) bool {
	there := r.exits(b)
	for vni := range r.exits(a) {
		if there[vni] {
			return true
		}
	}
	return false
}

// directly: two direct borders of one stretch reach each other, whatever their
// networks.
func (r reach) directly(x, y role) bool {
	for _, a := range r.roles {
		for _, b := range r.roles {
			if a.gd == x.gd && a.net == x.net && b.gd == y.gd && b.net == y.net &&
				a.vni != 0 && a.vni == b.vni && !a.relays() && !b.relays() {
				return true
			}
		}
	}
	return false
}

// hosts are the places that a frame can come from, each once.
func (r reach) hosts() map[string]role {
	out := map[string]role{}
	for _, x := range r.roles {
		if x.bound && !r.dead[x.gd.ID] {
			out[hostAt(x.gd, x.net.ID)] = x
		}
	}
	return out
}

// farOf are the end points beyond borders that a host's frames reach.
func (r reach) farOf(x role) map[string]bool {
	out := map[string]bool{}
	for _, b := range r.roles {
		for e := range r.far.Of(b.gd.ID).All() {
			// Beyond a border's ports is what lies beyond the border, nothing more.
			if e.SegmentationID != cmp.Or(b.vni, b.net.VNI) || b.vni == 0 && cmp.Or(b.gd.BorderMode, model.BorderDirect) != model.BorderDirect {
				continue
			}
			if b.relays() && r.exits(r.area(x))[b.vni] || !b.relays() && r.area(b) == r.area(x) {
				out[fmt.Sprint(e.VTEPAddress)] = true
			}
		}
	}
	if !r.passesOn(x) {
		for _, a := range x.net.FarEnds {
			out[fmt.Sprint(a)] = true
		}
	}
	return out
}

// passesOn reports whether the device of a role passes frames on in its network, from one tunnel or
// domain to another: the border of its VNI that was registered first, or one that always does.
func (r reach) passesOn(x role) bool {
	if x.gd.BorderMode == model.BorderRelay {
		return true
	}
	for _, o := range r.roles {
		if o.gd == x.gd && o.net == x.net && o.relays() && !slices.ContainsFunc(r.roles, func(b role) bool {
			return b.relays() && b.vni == o.vni && !r.dead[b.gd.ID] && !r.away[b.gd.ID] && r.area(b) == r.area(o) && b.gd.Seq < o.gd.Seq
		}) {
			return true
		}
	}
	return false
}

// requireWalks walks every broadcast and every MAC's frames.
func requireWalks(t *testing.T, topo *topology, r reach, p *plane) {
	t.Helper()
	hosts := r.hosts()
	for _, from := range slices.Sorted(maps.Keys(hosts)) {
		x := hosts[from]
		want := copies{}
		for to, y := range hosts {
			if to != from && r.hears(x, y) {
				want[to] = 1
			}
		}
		for far := range r.farOf(x) {
			want[far] = 1
		}
		for _, h := range r.hypervisors {
			if a, ok := r.areaOf(h); ok && (a == r.area(x) || r.joined(a, r.area(x))) {
				want[h.String()] = 1
			}
		}
		n := p.byAddr[modeltest.IP(int(x.gd.Seq))]
		require.Equal(t, want, p.broadcast(n, x.net.ID), "copies of a broadcast from %s", from)
		requireUnicast(t, topo, p, n, x.net.ID, want)
	}
	require.Empty(t, p.faults)
}

func requireUnicast(t *testing.T, topo *topology, p *plane, n *node, network string, want copies) {
	t.Helper()
	for net, ws := range topo.winners {
		for _, c := range ws {
			location := hostAt(topo.deviceOf(c.Database), net)
			end := p.follow(n, network, c.MAC, location)
			switch {
			case end == flooded:
				require.True(t, topo.carries(c.Database, net), "%s from %s %s", c.MAC, n.gd.Name, network)
			case want[location] == 1, location == hostAt(n.gd, network):
				require.Equal(t, location, end, "%s from %s %s", c.MAC, n.gd.Name, network)
			default:
				require.Empty(t, end, "%s from %s %s is at %s", c.MAC, n.gd.Name, network, location)
			}
		}
	}
	for _, h := range p.hypervisors {
		end := p.follow(n, network, h.mac, h.String())
		require.Equal(t, want[h.String()] == 1, end == h.String(), "%s of %s from %s %s ends at %q", h.mac, h, n.gd.Name, network, end)
	}
	for gd := range topo.Devices.All() {
		for e := range topo.RemoteMACs.Of(gd.ID).All() {
			if far := fmt.Sprint(e.VTEPAddress); want[far] == 1 {
				require.Equal(t, far, p.follow(n, network, e.MAC, far), "%s from %s %s", e.MAC, n.gd.Name, network)
			}
		}
	}
}

// holdings gives each switch what a View says.
func holdings(v *View) func(*model.GatewayDevice) *vtep.Want {
	return func(gd *model.GatewayDevice) *vtep.Want { return v.Want(gd.ID) }
}

var mixes = map[string][]model.BorderMode{
	"direct": {model.BorderDirect},
	"relay":  {model.BorderRelay},
	"stitch": {model.BorderStitch},
	"both":   {model.BorderRelay, model.BorderStitch},
	"all":    {model.BorderDirect, model.BorderRelay, model.BorderStitch},
}

const walks = 150

// Two sites that two VNIs join: frames take one of them.
func TestWalkBetweenTwoVNIs(t *testing.T) {
	for _, mode := range []model.BorderMode{model.BorderRelay, model.BorderStitch} {
		for _, away := range []string{"", "b90010", "b90021"} {
			topo := newTopology()
			net := topo.Network("n", 5001)
			for _, site := range []string{"0", "1"} {
				a := topo.Device("a"+site, "", modeltest.InSite(site))
				topo.Access(net, a)
				topo.learn(net, a)
			}
			for _, vni := range []model.VNI{9001, 9002} {
				topo.Border(net, vni, topo.Device(fmt.Sprint("b", vni, 0), mode, modeltest.InSite("0"), modeltest.Keyed),
					topo.Device(fmt.Sprint("b", vni, 1), mode, modeltest.InSite("1"), modeltest.Keyed))
			}
			down := map[string]bool{away: true}
			v := topo.compile(down)
			p := newPlane(topo, holdings(v))
			for _, n := range p.nodes {
				n.dead = down[n.gd.ID]
			}
			requireWalks(t, topo, reach{far: topo.RemoteMACs, roles: topo.roles(v), dead: down}, p)
			require.Equal(t, copies{"a1 n": 1}, p.broadcast(p.nodes[0], "n"), "away: %q", away)
		}
	}
}

// What an access switch has at a far end point is for its site: its relay adds
// no copy.
func TestWalkToFarOfAccess(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	a, b := topo.Device("a", "", modeltest.InSite("0")), topo.Device("b", "", modeltest.InSite("0"))
	topo.far(a, model.RemoteMACEntry{MAC: modeltest.MAC(99), VTEPAddress: model.VTEPAddress{192, 0, 2, 1}, SegmentationID: 5001})
	topo.Access(net, a, b)
	topo.Border(net, 9001, topo.Device("r0", model.BorderRelay, modeltest.InSite("0"), modeltest.Keyed), topo.Device("r1", model.BorderRelay, modeltest.InSite("1"), modeltest.Keyed))
	v := topo.compile(nil)
	p := newPlane(topo, holdings(v))
	requireWalks(t, topo, reach{far: topo.RemoteMACs, roles: topo.roles(v)}, p)
	require.Equal(t, copies{"a n": 1, "192.0.2.1": 1}, p.broadcast(p.nodes[1], "n"))
}

// Every frame ends where it should, once, and none goes round.
func TestWalk(t *testing.T) {
	for name, modes := range mixes {
		for seed := range uint64(walks) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				topo := randomTopology(rand.New(rand.NewPCG(seed, 2)), modes...)
				v := topo.compile(nil)
				requireWalks(t, topo, reach{far: topo.RemoteMACs, roles: topo.roles(v)}, newPlane(topo, holdings(v)))
			})
		}
	}
}

// When forwarders are away others take over. A dead switch forwards nothing.
func TestWalkWithDeadForwarders(t *testing.T) {
	walkAway(t, func(t *testing.T, topo *topology, roles []role, down map[string]bool, held func(*model.GatewayDevice) *vtep.Want) {
		p := newPlane(topo, held)
		for _, n := range p.nodes {
			n.dead = down[n.gd.ID]
		}
		requireWalks(t, topo, reach{far: topo.RemoteMACs, roles: roles, dead: down}, p)
	})
}

// A switch whose session is lost goes on with what it held. Where another one
// has taken over from it, there are still no two copies of anything.
func TestWalkWithUnreachableForwarders(t *testing.T) {
	walkAway(t, func(t *testing.T, topo *topology, roles []role, down map[string]bool, held func(*model.GatewayDevice) *vtep.Want) {
		r := reach{far: topo.RemoteMACs, roles: roles, dead: down}
		for _, ro := range roles {
			if ro.relays() && !r.exits(r.area(ro))[ro.vni] {
				return // nobody can tell the one that is left who took over elsewhere
			}
		}
		requireWalks(t, topo, reach{far: topo.RemoteMACs, roles: roles, away: down}, newPlane(topo, held))
	})
}

// walkAway compiles topologies twice: with all switches, and with some away.
func walkAway(t *testing.T, walk func(*testing.T, *topology, []role, map[string]bool, func(*model.GatewayDevice) *vtep.Want)) {
	for name, modes := range mixes {
		for seed := range uint64(walks) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 3))
				topo := randomTopology(r, modes...)
				before := topo.compile(nil)
				down := topo.someDown(r, before)
				after := topo.compile(down)
				walk(t, topo, topo.roles(after), down, func(gd *model.GatewayDevice) *vtep.Want {
					if down[gd.ID] {
						return before.Want(gd.ID)
					}
					return after.Want(gd.ID)
				})
			})
		}
	}
}

// someDown takes away half of the devices that forward and have no ports.
func (t *topology) someDown(r *rand.Rand, v *View) map[string]bool {
	down := map[string]bool{}
	bound := map[string]bool{}
	for _, ro := range t.roles(v) {
		bound[ro.gd.ID] = bound[ro.gd.ID] || ro.bound
	}
	for _, ro := range t.roles(v) {
		if ro.relays() && !bound[ro.gd.ID] && r.IntN(2) == 0 {
			down[ro.gd.ID] = true
		}
	}
	return down
}

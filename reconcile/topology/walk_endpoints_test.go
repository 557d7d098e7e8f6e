package topology

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
)

// hypervisor is an end point of a source: it sends what is for everybody to its Reach, and
// passes on nothing that comes through a tunnel.
type hypervisor struct {
	set  *model.EndpointSet
	addr model.VTEPAddress
	mac  model.MAC
	net  *model.Network
}

func (h hypervisor) String() string { return fmt.Sprint(h.addr) }

// someHypervisors puts up to two hypervisors into some sites of each network.
func (t *topology) someHypervisors(r *rand.Rand) (out []hypervisor) {
	for net := range t.Networks.All() {
		for site := range 4 {
			if r.IntN(2) == 0 {
				continue
			}
			var endpoints []model.Endpoint
			var made []hypervisor
			for i := range 1 + r.IntN(2) {
				t.hosts++
				h := hypervisor{addr: model.VTEPAddress{172, 16, byte(net.Seq), byte(10*site + i)}, mac: modeltest.MAC(t.hosts), net: net}
				endpoints = append(endpoints, model.Endpoint{VTEPAddress: h.addr, MACs: []model.EndpointMAC{{MAC: h.mac, VTEPAddress: h.addr}}})
				made = append(made, h)
			}
			out = append(out, t.source(net, fmt.Sprint("s", site), endpoints, made)...)
		}
	}
	return out
}

// source adds a set of end points to the definitions and its MACs to what is learned.
func (t *topology) source(net *model.Network, site string, endpoints []model.Endpoint, made []hypervisor) []hypervisor {
	set, err := model.NewEndpointSet(net.ID, "source-"+site, site, endpoints)
	if err != nil {
		panic(err)
	}
	set.Record = t.Record(set.ID)
	t.Endpoints = t.Endpoints.With(set)
	for i := range made {
		made[i].set = set
		t.placed[net.ID] = append(t.placed[net.ID], mactable.Candidate{MAC: made[i].mac, Source: mactable.Remote, Database: SourceID(set), Endpoint: made[i].addr})
	}
	return made
}

// area is the part of its network that a hypervisor is in; false where no switch is.
func (r reach) areaOf(h hypervisor) (string, bool) {
	found := ""
	for _, o := range r.roles {
		if o.net == h.net {
			found = o.net.ID
		}
	}
	for _, o := range r.roles {
		if o.net == h.net && o.relays() {
			found = ""
			for _, m := range r.roles {
				if m.net == h.net && m.gd.Site == h.set.Site {
					found = h.net.ID + "/" + h.set.Site
				}
			}
			break
		}
	}
	return found, found != ""
}

// TestWalkWithHypervisors: between switches and hypervisors of all sites every frame for
// everybody arrives once, and every frame for one host at its place.
func TestWalkWithHypervisors(t *testing.T) {
	for name, modes := range mixes {
		for seed := range uint64(walks / 3) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 4))
				topo := randomTopology(r, modes...)
				hypervisors := topo.someHypervisors(r)
				v := topo.compile(nil)
				facts := reach{far: topo.RemoteMACs, roles: topo.roles(v), hypervisors: hypervisors}
				p := newPlane(topo, holdings(v))
				p.hypervisors = hypervisors
				requireWalks(t, topo, facts, p)
				for _, h := range hypervisors {
					requireFromHypervisor(t, v, facts, p, h)
				}
				require.Empty(t, p.faults)
			})
		}
	}
}

func requireFromHypervisor(t *testing.T, v *View, r reach, p *plane, h hypervisor) {
	t.Helper()
	area, reached := r.areaOf(h)
	to, ok := v.ReachOf(h.net.ID, h.set.Site)
	require.Equal(t, reached, ok, "%s of site %s", h, h.set.Site)
	if !ok {
		return
	}
	want, got := copies{}, copies{}
	for at, y := range r.hosts() {
		if b := r.area(y); b == area || r.joined(area, b) {
			want[at] = 1
		}
	}
	for _, o := range r.hypervisors {
		if b, ok := r.areaOf(o); ok && b != area && r.joined(area, b) {
			want[o.String()] = 1
		}
	}
	for far := range r.farOf(role{gd: &model.GatewayDevice{Site: h.set.Site}, net: h.net}) {
		want[far] = 1
	}
	for _, m := range to.Members {
		n := p.byAddr[m.Address]
		if l, in := p.arrive(n, h.addr, h.net.VNI); l != nil {
			p.spread(l, in, 1, got)
		}
	}
	for _, far := range to.Far {
		got[fmt.Sprint(far)]++
	}
	require.Equal(t, want, got, "copies of a broadcast from %s in %s", h, area)
}

package site_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/site"
	"bordergw/vtep"
)

// fabric is a set of switches that somebody else has configured without a contradiction.
type fabric struct {
	*rand.Rand
	*brownField
	macs    byte
	learned map[string]*mactable.Learned
}

// network puts a network onto some of the switches: each knows the MACs of the others, and all know MACs at, and flood
// to, end points that nobody registers.
func (f *fabric) network(n int) {
	name := fmt.Sprint("n", n)
	var members []int
	for i := range f.standing {
		if f.IntN(3) > 0 {
			members = append(members, i)
		}
	}
	var static []model.StandingMAC
	flood := map[model.VTEPAddress]bool{}
	for range f.IntN(4) {
		static = append(static, model.StandingMAC{MAC: f.mac(), At: model.StandingLocator{Addr: model.VTEPAddress{10, 8, 0, byte(f.IntN(3))}}})
		flood[static[len(static)-1].At.Addr] = true
	}
	for range f.IntN(3) {
		flood[model.VTEPAddress{10, 9, 9, byte(f.IntN(4))}] = true
	}
	rows := make([]model.StandingSwitch, len(members))
	learned := &mactable.Learned{}
	for k, i := range members {
		rows[k] = f.row(name, n, i, k)
		for range f.IntN(3) {
			m := model.StandingMAC{MAC: f.mac(), At: model.StandingLocator{Addr: model.VTEPAddress{10, 0, 0, byte(i + 1)}}}
			rows[k].Local = append(rows[k].Local, m)
			learned.Winners = append(learned.Winners, mactable.Candidate{MAC: m.MAC, Source: mactable.Local,
				Database: topology.DatabaseID(f.standing[i].Device), Endpoint: m.At.Addr})
		}
	}
	for k, i := range members {
		at := slices.Clone(static)
		to := map[model.VTEPAddress]bool{}
		for other, j := range members {
			if j != i {
				at, to[model.VTEPAddress{10, 0, 0, byte(j + 1)}] = append(at, rows[other].Local...), true
			}
		}
		slices.SortFunc(at, func(a, b model.StandingMAC) int { return a.MAC.Compare(b.MAC) })
		rows[k].Remote = at
		for a := range flood {
			to[a] = true
		}
		for a := range to {
			rows[k].Flood = append(rows[k].Flood, model.StandingLocator{Addr: a})
		}
		slices.SortFunc(rows[k].Flood, func(a, b model.StandingLocator) int { return a.Addr.Compare(b.Addr) })
		f.standing[i].Switches = append(f.standing[i].Switches, rows[k])
	}
	f.learned[name] = learned
}

// row is a logical switch with VLANs of its own on one or two ports.
func (f *fabric) row(name string, n, i, k int) model.StandingSwitch {
	row := model.StandingSwitch{Name: name, Key: model.VNI(5000 + n), Owner: model.RowsForeign}
	if k == f.IntN(2) {
		row.Description = fmt.Sprint("network ", n)
	}
	for _, port := range []string{"p1", "p2"}[:1+f.IntN(2)] {
		for v := range 1 + f.IntN(2) {
			row.Bindings = append(row.Bindings, model.BoundPort{Switch: f.standing[i].Device.Name, Port: port, VLAN: model.VLAN(10*n + v)})
		}
	}
	return row
}

func (f *fabric) mac() model.MAC {
	f.macs++
	return model.MAC{2, 0, 0, 0, 0, f.macs}
}

// TestAdoptedIsWhatStands: for random fabrics, what the file asks of each switch is what stands there, to
// the last MAC, member and binding.
func TestAdoptedIsWhatStands(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 11))
		f := &fabric{Rand: r, brownField: newBrownField(t, 1+r.IntN(3)), learned: map[string]*mactable.Learned{}}
		for n := range 1 + f.IntN(4) {
			f.network(n)
		}
		a, text, p := f.adopt(site.AdoptOptions{})
		require.Empty(t, a.Notes(), "seed %d", seed)
		for _, c := range p.Changes {
			require.Contains(t, []site.Action{site.Create, site.Adopt}, c.Action, "seed %d: %v", seed, c)
		}
		require.NoError(t, f.store.Edit(t.Context(), p.Apply))
		v := topology.Compile(topology.Input{Definitions: f.store.Definitions(), Learned: mactable.WinnersOf(f.learned)}, nil)
		for i := range f.standing {
			f.requireAsked(v, &f.standing[i], fmt.Sprintf("seed %d:\n%s", seed, text))
		}
		again, _, p := f.adopt(site.AdoptOptions{})
		require.Zero(t, p.Changed(), "seed %d: %v", seed, p.Changes)
		require.Empty(t, again.Notes(), "seed %d", seed)
	}
}

// requireAsked compares what a switch is to hold with what stands there.
func (f *fabric) requireAsked(v *topology.View, s *model.Standing, what string) {
	want := v.Want(s.Device.ID)
	own := vtep.Locator{Addr: model.VTEPAddress{10, 0, 0, s.Device.ManagementIP[len(s.Device.ManagementIP)-1] - '0'}}
	require.Equal(f.t, len(s.Switches), want.Segments.Len(), what)
	for i := range s.Switches {
		row := &s.Switches[i]
		seg := want.Segment(row.Name)
		require.Equal(f.t, row.Key, seg.TunnelKey, what)
		var macs []model.StandingMAC
		for _, e := range seg.MACs {
			if e.Location != want.Self && e.Locator != own {
				macs = append(macs, model.StandingMAC{MAC: e.MAC, At: model.StandingLocator(e.Locator)})
			}
		}
		require.Equal(f.t, row.Remote, macs, what)
		var flood []model.StandingLocator
		for _, e := range seg.Flood {
			if e.Location != want.Self && e.Locator != own {
				flood = append(flood, model.StandingLocator(e.Locator))
			}
		}
		require.Equal(f.t, row.Flood, flood, what)
		var bound []model.BoundPort
		for b := range want.Bindings.Of(row.Name) {
			bound = append(bound, model.BoundPort(b))
		}
		require.ElementsMatch(f.t, row.Bindings, bound, what)
	}
}

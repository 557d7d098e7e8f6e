package vtep_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// listener has what follows from all that a State said of its local MACs.
type listener struct {
	macs  map[string]map[model.MAC]vtep.LocalMAC
	flood map[string][]model.VTEPAddress
}

func newListener() *listener {
	return &listener{macs: map[string]map[model.MAC]vtep.LocalMAC{}, flood: map[string][]model.VTEPAddress{}}
}

func (l *listener) hear(said vtep.Locals) {
	if said.Full {
		*l = *newListener()
	}
	for name := range said.Whole {
		delete(l.macs, name)
	}
	for _, m := range said.MACs {
		of := l.macs[m.LogicalSwitch]
		if of == nil {
			of = map[model.MAC]vtep.LocalMAC{}
			l.macs[m.LogicalSwitch] = of
		}
		if of[m.MAC] = m; m.Endpoint == (model.VTEPAddress{}) {
			delete(of, m.MAC)
		}
		if len(of) == 0 {
			delete(l.macs, m.LogicalSwitch)
		}
	}
	for name, list := range said.Flood {
		if l.flood[name] = list; len(list) == 0 {
			delete(l.flood, name)
		}
	}
}

// TestLocalsAddUp: what is said of local MACs, of what changed and now and then of some networks
// anew, adds up to what a new session says of all.
func TestLocalsAddUp(t *testing.T) {
	whole, parts := 0, 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 13))
		d := parseDatabase(t, capsOf(t, "1.7.0"), r, randomHave(r))
		m, l, believed := newMirror(d), newListener(), map[string]bool{}
		for _, name := range netNames {
			believed[name] = true
		}
		for round := range 40 {
			meddleWithLocals(t, r, d)
			m.follow(t, d)
			var anew vtep.Anew
			for _, name := range netNames {
				if r.IntN(15) == 0 { // what becomes believed, or not any more, is asked for anew
					believed[name] = !believed[name]
					anew.Names = append(anew.Names, name)
				}
			}
			wanted := func(name string) bool { return believed[name] }
			said := m.state.Locals(anew, wanted)
			if l.hear(said); said.Full {
				whole++
			} else {
				parts++
			}
			fresh, all := newMirror(d), newListener()
			fresh.follow(t, d)
			all.hear(fresh.state.Locals(vtep.Anew{All: true}, wanted))
			require.Equal(t, all, l, "seed %d round %d", seed, round)
		}
	}
	require.Greater(t, parts, 5*whole)
}

// meddleWithLocals changes what the switch has learned, and now and then a logical switch.
func meddleWithLocals(t testing.TB, r *rand.Rand, d *database) {
	for range r.IntN(4) {
		switch n := r.IntN(12); {
		case n < 4 && len(d.ls) > 0:
			d.parse(t, []string{"local", d.ls[r.IntN(len(d.ls))].name, randomMAC(r), pick(r, append(d.switches[0].ips, randomIP(r))...)})
		case n < 6 && len(d.local) > 0:
			i := r.IntN(len(d.local))
			d.local = slices.Delete(d.local, i, i+1)
		case n < 8 && len(d.ls) > 0:
			d.parse(t, append([]string{"localflood", d.ls[r.IntN(len(d.ls))].name, pick(r, "unknown-dst", "01:00:5e:00:00:01")}, d.switches[0].ips...))
		case n < 9 && len(d.floodLoc) > 0:
			i := r.IntN(len(d.floodLoc))
			d.floodLoc = slices.Delete(d.floodLoc, i, i+1)
		case n == 9 && len(d.ls) > 1:
			forget(d, d.ls[r.IntN(len(d.ls))])
		case n == 10 && len(d.ls) > 0:
			if name := pick(r, netNames...); d.logical(name) == nil {
				d.ls[r.IntN(len(d.ls))].name = name
			}
		case n == 11:
			if name := pick(r, netNames...); d.logical(name) == nil {
				d.parse(t, []string{"ls", name, "key", fmt.Sprint(100 + r.IntN(9))})
			}
		}
	}
}

// TestLocalsCostWhatChanged: a network that is reported anew, a flood list, and a logical switch
// that goes do not have the MACs of others reported once more.
func TestLocalsCostWhatChanged(t *testing.T) {
	text := "switch sw1 10.0.0.1\nls net-a key 100\nls net-b key 101\n"
	for i := range 50 {
		text += fmt.Sprintf("local net-a %s 10.0.0.1\n", largeMAC(1, i))
	}
	d := parseDatabase(t, capsOf(t, "1.7.0"), nil, text+"local net-b 02:00:00:00:00:01 10.0.0.1")
	m := newMirror(d)
	all := func(string) bool { return true }
	said := func(anew vtep.Anew) vtep.Locals {
		m.follow(t, d)
		return m.state.Locals(anew, all)
	}
	require.True(t, said(vtep.Anew{}).Full, "nothing has been said before")
	anew := said(vtep.Anew{Names: []string{"net-b"}})
	require.False(t, anew.Full)
	require.Len(t, anew.MACs, 1)
	d.parse(t, []string{"localflood", "net-b", "unknown-dst", "10.0.0.1"})
	flood := said(vtep.Anew{})
	require.False(t, flood.Full)
	require.Empty(t, flood.MACs)
	require.Equal(t, map[string][]model.VTEPAddress{"net-b": {{10, 0, 0, 1}}}, flood.Flood)
	forget(d, d.logical("net-b"))
	gone := said(vtep.Anew{})
	require.False(t, gone.Full)
	require.Empty(t, gone.MACs)
	require.Equal(t, map[string]bool{"net-b": true}, gone.Whole)
}

// TestBindingsOfAPort: a State follows the bindings of a port in all forms of an update, and
// has their weight.
func TestBindingsOfAPort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 17))
	bound := map[int]byte{}
	text := func(of map[int]byte) string {
		var pairs []string
		for _, vlan := range slices.Sorted(maps.Keys(of)) {
			pairs = append(pairs, fmt.Sprintf(`[%d,["uuid","%s"]]`, vlan, ovsdb.UUID{15: of[vlan]}))
		}
		return `{"vlan_bindings":["map",[` + strings.Join(pairs, ",") + `]]}`
	}
	start := func(row string) *vtep.State {
		s := vtep.NewState(capsOf(t, "1.7.0"))
		require.NoError(t, feed(s, ovsdb.KindInitial, false, "Logical_Switch", 1, `{"name":"a"}`))
		require.NoError(t, feed(s, ovsdb.KindInitial, false, "Logical_Switch", 2, `{"name":"b"}`))
		require.NoError(t, feed(s, ovsdb.KindInitial, false, "Physical_Switch", 8, `{"name":"sw1","ports":["uuid","`+ovsdb.UUID{15: 9}.String()+`"]}`))
		require.NoError(t, feed(s, ovsdb.KindInitial, false, "Physical_Port", 9, row))
		return s
	}
	diffs, values := start(`{}`), start(`{}`)
	for range 300 {
		diff := map[int]byte{}
		for vlan := range 7 {
			if r.IntN(3) > 0 {
				continue
			}
			if diff[vlan] = byte(1 + r.IntN(2)); bound[vlan] == diff[vlan] {
				delete(bound, vlan)
			} else {
				bound[vlan] = diff[vlan]
			}
		}
		require.NoError(t, feed(diffs, ovsdb.KindModify, true, "Physical_Port", 9, text(diff)))
		require.NoError(t, feed(values, ovsdb.KindModify, false, "Physical_Port", 9, text(bound)))
		require.NoError(t, feed(values, ovsdb.KindModify, r.IntN(2) == 0, "Physical_Port", 9, `{"port_fault_status":"x"}`))
		fresh := start(text(bound))
		require.Equal(t, fresh.Dump(), diffs.Dump())
		require.Equal(t, fresh.Dump(), values.Dump())
		require.Equal(t, fresh.Weight(), diffs.Weight())
	}
}

package reconcile

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// largeLookup has 100,000 MACs in 1,000 networks, each with 100 of 500 switches, without a session.
func largeLookup(tb testing.TB) *lookup {
	const switches, networks, each = 500, 1000, 200
	t := modeltest.New()
	var devices []*model.GatewayDevice
	for i := range switches {
		devices = append(devices, t.Device(fmt.Sprint("sw", i), model.BorderDirect))
	}
	classes := networks / each // a switch has every one of this many networks in a row
	for n := range networks {
		var members []*model.GatewayDevice
		for i := n / each; i < switches; i += classes {
			members = append(members, devices[i])
		}
		t.Access(t.Network(fmt.Sprint("net", n), model.VNI(10_000+n)), members...)
	}
	t.PartRegistrations() // kept, as the store keeps them
	l := New(&stillStore{defs: &t.Definitions}, Options{})
	now := time.Now()
	for i, gd := range devices {
		var said vtep.Locals
		for n := range each {
			k := i*each + n
			said.MACs = append(said.MACs, vtep.LocalMAC{
				LogicalSwitch: fmt.Sprint("net", k%networks),
				MAC:           model.MAC{2, 0, byte(k * 7 % 251), byte(k >> 16), byte(k >> 8), byte(k)}, Endpoint: modeltest.IP(int(gd.Seq)),
			})
		}
		l.lookup.macs.table.Update(topology.DatabaseID(gd), said, func(string) bool { return true }, now)
	}
	l.lookup.view.Store(topology.Compile(topology.Input{Definitions: &t.Definitions, Learned: l.lookup.macs.table.Snapshot(now)}, nil))
	page, err := l.lookup.MACs(model.MACQuery{Last: model.MAC{0xff}, Limit: 1})
	require.NoError(tb, err)
	require.Equal(tb, switches*each, page.Total)
	return &l.lookup
}

// stillStore has definitions that do not change.
type stillStore struct {
	Store
	defs *model.Definitions
}

func (s *stillStore) Definitions() *model.Definitions { return s.defs }

// BenchmarkMACs looks up MACs in a table of 100,000: the targets are 5 ms for one MAC and 20 ms for a page.
func BenchmarkMACs(b *testing.B) {
	q := largeLookup(b)
	one := model.MAC{2, 0, 7, 0, 0, 1}
	for name, query := range map[string]model.MACQuery{
		"exact":  {First: one, Last: one, Limit: 100},
		"prefix": {First: model.MAC{2, 0, 7}, Last: model.MAC{2, 0, 7, 0xff, 0xff, 0xff}, Limit: 100},
		"all":    {Last: model.MAC{0xff}, Limit: 100},
		"newest": {Last: model.MAC{0xff}, Limit: 100, NewestFirst: true},
		"held":   {Last: model.MAC{0xff}, Limit: 100, State: model.MACHeld},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := q.MACs(query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTrace follows frames between two hosts of a network that 100 of 500 switches carry: the target is 20 ms.
// No switch has a session here. Those on the way hold what they are to hold.
func BenchmarkTrace(b *testing.B) {
	q := largeLookup(b)
	in := func(network string) []model.MACEntry {
		page, err := q.MACs(model.MACQuery{Network: network, Last: model.MAC{0xff}, Limit: 10})
		require.NoError(b, err)
		return page.Entries
	}
	blue, red := in("net0"), in("net999")
	mac := func(e *model.MACEntry) model.TraceEnd { return model.TraceEnd{MAC: e.MAC} }
	port := func(e *model.MACEntry) model.TraceEnd { return model.TraceEnd{Switch: e.Device.Name, Port: "p1"} }
	from, to := &blue[0], &blue[len(blue)-1]
	require.NotEqual(b, from.Device, to.Device)
	for _, c := range []struct {
		name, verdict string
		to            model.TraceEnd
	}{{"MAC", model.TraceReaches, mac(to)}, {"port", model.TraceFloods, port(to)}, {"other network", model.TraceBreaks, mac(&red[0])}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				f, err := newFabric(b.Context(), q, "net0")
				require.NoError(b, err)
				for _, id := range []string{from.Device.ID, to.Device.ID} {
					s := f.Switch(id)
					s.Database = &asWanted{s.Want}
				}
				tr, err := f.trace(mac(from), c.to)
				if err != nil || tr.Directions[0].Verdict != c.verdict {
					b.Fatal(tr, err)
				}
			}
		})
	}
}

// asWanted is a database that holds what it is to hold.
type asWanted struct{ *vtep.Want }

func (d *asWanted) Rows(ls string, macs ...model.MAC) (vtep.Rows, bool) {
	seg := d.Segment(ls)
	if seg == nil {
		return vtep.Rows{}, false
	}
	rows := vtep.Rows{
		Name: ls, Key: seg.TunnelKey, Bindings: slices.Collect(d.Bindings.Of(ls)), Local: map[model.MAC]vtep.Locator{}, Remote: map[model.MAC]vtep.Locator{},
	}
	for _, e := range seg.Flood {
		if e.Location != d.Self {
			rows.Flood = append(rows.Flood, e.Locator)
		}
	}
	for _, mac := range macs {
		if e := seg.Entry(mac); e.Location == d.Self {
			rows.Local[mac] = e.Locator
		} else if e != (vtep.MACEntry{}) {
			rows.Remote[mac] = e.Locator
		}
	}
	return rows, true
}

func (d *asWanted) Keyed(vni model.VNI) (names []string) {
	for seg := range d.Segments.All() {
		if seg.TunnelKey == vni {
			names = append(names, seg.Name)
		}
	}
	return names
}

// TestKnownOfNobody: a MAC that is nowhere is gone.
func TestKnownOfNobody(t *testing.T) {
	state, until := stateOf(&mactable.Known{})
	require.Equal(t, model.MACGone, state)
	require.Zero(t, until)
}

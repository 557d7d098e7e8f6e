package reconcile

import (
	"fmt"
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

// TestKnownOfNobody: a MAC that is nowhere is gone.
func TestKnownOfNobody(t *testing.T) {
	state, until := stateOf(&mactable.Known{})
	require.Equal(t, model.MACGone, state)
	require.Zero(t, until)
}

package reconcile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// largeLookup has 100,000 MACs in 1,000 networks, learned by 500 switches without a session.
func largeLookup(tb testing.TB) *lookup {
	defs := model.NewDefinitions("s", 1)
	var devices []*model.GatewayDevice
	for i := range uint64(500) {
		devices = append(devices, &model.GatewayDevice{Record: model.Record{ID: model.MAC{0, 0, 0, 0, byte(i >> 8), byte(i)}.String(), Seq: i + 1}, Type: model.HWVTEP})
	}
	defs.Devices = model.NewTable(devices)
	l := New(&stillStore{defs: defs}, Options{})
	now := time.Now()
	for i := range 500 {
		var said vtep.Locals
		for n := range 200 {
			k := i*200 + n
			said.MACs = append(said.MACs, vtep.LocalMAC{
				LogicalSwitch: "net" + string(rune('a'+k%10)) + string(rune('a'+k/10%10)) + string(rune('a'+k/100%10)),
				MAC:           model.MAC{2, 0, byte(k * 7 % 251), byte(k >> 16), byte(k >> 8), byte(k)}, Endpoint: model.VTEPAddress{10, 0, byte(i >> 8), byte(i)},
			})
		}
		l.lookup.macs.table.Update(vtep.DatabaseID(i+1), said, func(string) bool { return true }, now)
	}
	l.lookup.view.Store(topology.Compile(topology.Input{Definitions: defs, Learned: l.lookup.macs.table.Snapshot(now)}, nil))
	page, err := l.lookup.MACs(model.MACQuery{Last: model.MAC{0xff}, Limit: 1})
	require.NoError(tb, err)
	require.Equal(tb, 100_000, page.Total)
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

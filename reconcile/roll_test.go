package reconcile

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// TestRoll holds who has reported how far against all that is known, while devices come, go and report,
// also of definitions of a moment ago, and sources come and go.
func TestRoll(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	top := modeltest.New()
	top.PartRegistrations() // keeps them
	l := New(definedStore{defs: &top.Definitions}, Options{})
	var devices []*model.GatewayDevice
	before := top.Definitions
	for step := range 1000 {
		switch r.IntN(6) {
		case 0:
			devices = append(devices, top.Device(fmt.Sprint("sw", step), ""))
		case 1:
			if len(devices) > 0 {
				top.Devices = top.Devices.Without(devices[r.IntN(len(devices))].ID)
			}
		case 2:
			set := &model.EndpointSet{Record: model.Record{ID: fmt.Sprint(r.IntN(3)), Seq: uint64(10_000 + step)}, NetworkID: "n"}
			top.Endpoints = top.Endpoints.Without(set.ID)
			if r.IntN(2) == 0 {
				top.Endpoints = top.Endpoints.With(set)
			}
		default:
			if len(devices) > 0 {
				of := &top.Definitions
				if r.IntN(4) == 0 {
					of = &before
				}
				l.macs.learn(devices[r.IntN(len(devices))].ID, vtep.Locals{Full: r.IntN(2) == 0}, of)
			}
		}
		if r.IntN(3) == 0 {
			before = top.Definitions
		}
		top.Revision++
		got := l.macs.snapshot(&top.Definitions, time.Now()).reported
		want, registered := map[string]uint64{}, map[vtep.DatabaseID]bool{}
		for gd := range top.Devices.All() {
			registered[topology.DatabaseID(gd)] = true
			want[gd.ID] = l.macs.reported[numberOf(l.macs.numbered, gd)]
		}
		require.Equal(t, want, got)
		for db := range l.macs.reported {
			require.True(t, registered[db], "nothing is kept of what has gone")
		}
	}
}

// TestATurnLooksAtWhatIsConcerned: with 1,000 devices of which nothing is new, a turn of the loop
// allocates what it does with 10, and visits none of them.
func TestATurnLooksAtWhatIsConcerned(t *testing.T) {
	cost := func(n int) float64 {
		top := modeltest.New()
		top.PartRegistrations() // keeps them
		l := New(definedStore{defs: &top.Definitions}, Options{})
		for i := range n {
			top.Device(fmt.Sprint("sw", i), "")
		}
		var first *worker
		for gd := range top.Devices.All() {
			first = newWorker(l, gd)
			l.workers.byID[gd.ID] = first
			l.macs.learn(gd.ID, vtep.Locals{Full: true}, &top.Definitions)
		}
		l.workers.matched = &top.Definitions
		turn := func() int {
			now := time.Now()
			down, _ := l.workers.away(now, time.Hour)
			l.workers.unsteady(down, now, time.Hour)
			l.workers.failOver(down)
			l.macs.snapshot(&top.Definitions, now)
			l.debts.devices(&top.Definitions)
			return len(l.workers.absent.of)
		}
		require.Equal(t, n, turn(), "none was there yet")
		for _, w := range l.workers.all() {
			w.board.settled(wish{}, nil, nil, time.Hour)
		}
		require.Zero(t, turn())
		spent := testing.AllocsPerRun(20, func() { require.Zero(t, turn()) })
		first.letGo()
		require.Equal(t, 1, turn())
		return spent
	}
	few, many := cost(10), cost(1_000)
	require.LessOrEqual(t, many, few)
}

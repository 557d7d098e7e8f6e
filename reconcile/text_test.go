package reconcile

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// statusLimit bounds one text of a status in bytes, maxText with what Clip adds.
const statusLimit = model.MaxText + 64

// TestF69_StandbyOfManyDevices: a connection of 500 devices of which all but one are on
// standby has a short status, which says how many there are.
func TestF69_StandbyOfManyDevices(t *testing.T) {
	o := &topology.Outcome{Connection: &model.L2GatewayConnection{}}
	for n := range 499 {
		o.Standby = append(o.Standby, fmt.Sprint("device-", n))
	}
	l := New(&movesStore{}, Options{})
	st := l.connections.judge(&topology.View{}, o)
	require.Equal(t, model.ConnectionActive, st.State)
	require.Contains(t, st.Detail, "standby: device-0, device-1, ")
	require.Contains(t, st.Detail, ", and 489 more")
	require.Less(t, len(st.Detail), 200)
}

// TestF69_ManyTunnelsDown: the condition of a connection names some of 5000 tunnels that
// are down.
func TestF69_ManyTunnelsDown(t *testing.T) {
	j := judgement{tunnels: 5000}
	for n := range j.tunnels {
		j.downs = append(j.downs, fmt.Sprintf("tunnel sw1 -> %s is down", modeltest.IP(n)))
	}
	up := model.FindCondition(j.conditions(&topology.Outcome{}, ""), model.TunnelsUp)
	require.False(t, up.True)
	require.Contains(t, up.Message, "tunnel sw1 -> 10.0.0.0 is down; ")
	require.Contains(t, up.Message, "; and 4990 more")
	require.Less(t, len(up.Message), 1000)
}

// hostile makes up what definitions and switches may say, short and long.
type hostile struct{ *rand.Rand }

func (h hostile) text() string {
	return strings.Repeat(string(rune('a'+h.IntN(26)))+"é", 1<<h.IntN(17))
}

func (h hostile) list() (out []string) {
	for range h.IntN(1 << h.IntN(8)) {
		out = append(out, h.text())
	}
	return out
}

func (h hostile) problems() (out []vtep.Problem) {
	reasons := []vtep.Reason{vtep.PortMissing, vtep.AwaitingSwitch, vtep.TableFull, vtep.Conflict}
	for _, text := range h.list() {
		out = append(out, vtep.Problem{Reason: reasons[h.IntN(len(reasons))], LogicalSwitch: network, Message: text})
	}
	return out
}

func (h hostile) facts() *vtep.Facts {
	f := &vtep.Facts{}
	for _, name := range h.list() {
		f.Switches = append(f.Switches, model.SwitchInventory{Name: name, Ports: []model.PortInventory{{Name: "p1", Faults: h.list()}}})
	}
	f.Switches, f.Cut = model.BoundInventory(f.Switches)
	return f
}

// TestF69_TextsOfAStatus: no text of a status is long, whatever is defined and whatever
// switches say.
func TestF69_TextsOfAStatus(t *testing.T) {
	phases := []string{model.DeviceUnreachable, model.DeviceInSync, model.DeviceDegraded, model.DeviceReading}
	for seed := range uint64(60) {
		h := hostile{rand.New(rand.NewPCG(seed, 69))}
		topo := modeltest.New()
		o := &topology.Outcome{Connection: &model.L2GatewayConnection{}, Standby: h.list(), Unsupported: h.list(), Errors: h.list(), Waiting: h.list()}
		if h.IntN(2) == 0 {
			o.Unsupported, o.Errors, o.Waiting = nil, nil, nil
		}
		st := &movesStore{}
		l := New(st, Options{})
		for n := range 1 + h.IntN(30) {
			gd := topo.Device(fmt.Sprint(n, h.text()[:1]), "", func(gd *model.GatewayDevice) { gd.ManagementIP = "192.0.2.1" })
			w := newWorker(l, gd)
			w.enter(phases[h.IntN(len(phases))], h.text())
			w.board.status.problems, w.board.status.facts = h.problems(), h.facts()
			w.board.status.lastError, w.board.status.blocked = h.text(), h.text()
			l.workers.byID[gd.ID] = w
			o.Parts = append(o.Parts, topology.Part{Device: gd, LogicalSwitches: []string{network}, Bindings: []vtep.Binding{{Switch: "sw", Port: "p1"}}})
		}
		st.defs = topo.Definitions
		require.True(t, boundedTexts(l.connections.judge(&topology.View{}, o)), seed)
		for id := range l.workers.byID {
			require.True(t, boundedTexts(l.DeviceStatus(id)), seed)
		}
	}
}

func boundedTexts(status any) bool {
	texts, conditions := []string{}, []model.Condition{}
	switch st := status.(type) {
	case model.DeviceStatus:
		texts, conditions = []string{st.Detail, st.LastError}, st.Conditions
	case model.ConnectionStatus:
		texts, conditions = []string{st.Detail}, st.Conditions
	}
	for _, c := range conditions {
		texts = append(texts, c.Message)
	}
	for _, text := range texts {
		if len(text) > statusLimit {
			return false
		}
	}
	return true
}

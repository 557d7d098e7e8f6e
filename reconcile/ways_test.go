package reconcile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// twoWays are two registrations, in this order, of one switch with one MAC.
type twoWays struct {
	t    *testing.T
	top  *modeltest.Builder
	net  *model.Network
	a, b *model.GatewayDevice
	loop *Loop
}

func newTwoWays(t *testing.T) *twoWays {
	top := modeltest.New()
	w := &twoWays{t: t, top: top, a: top.Device("tor", ""), b: top.Device("again", ""), net: top.Network("n", 5000)}
	w.loop = New(definedStore{defs: &top.Definitions}, Options{})
	w.shows(w.a, true)
	w.shows(w.b, true)
	return w
}

// shows has the switch be known over a way, or not.
func (w *twoWays) shows(gd *model.GatewayDevice, known bool) {
	w.top.Inventories = w.top.Inventories.Without(gd.ID)
	if known {
		w.top.Inventories = w.top.Inventories.With(&model.Inventory{Record: gd.Record, Switches: []model.SwitchInventory{
			{Name: "tor", Fingerprint: "r", TunnelIPs: []model.VTEPAddress{modeltest.IP(1)}}}})
	}
}

// tells has a session tell all that the switch has.
func (w *twoWays) tells(over *model.GatewayDevice) {
	w.top.Revision = w.top.LastSeq
	w.loop.macs.learn(over.ID, vtep.Locals{
		Full:  true,
		MACs:  []vtep.LocalMAC{{LogicalSwitch: w.net.ID, MAC: modeltest.MAC(1), Endpoint: modeltest.IP(1), Learning: 7}},
		Flood: map[string][]model.VTEPAddress{w.net.ID: {modeltest.IP(9)}},
	}, &w.top.Definitions)
}

// is checks that the MAC has one candidate, that of a database, which is not stale.
func (w *twoWays) is(of *model.GatewayDevice) *mactable.Learned {
	w.t.Helper()
	said := w.loop.macs.snapshot(&w.top.Definitions, time.Now())
	is := said.winners.Get(w.net.ID)
	require.Len(w.t, is.Winners, 1)
	require.Equal(w.t, topology.DatabaseID(of), is.Winners[0].Database)
	require.Zero(w.t, is.Winners[0].Seq, "it has not moved")
	require.Empty(w.t, is.Others)
	require.Len(w.t, is.Flood, 1)
	require.Empty(w.t, recordsOf(w.loop.macs.takeMoves(), &w.top.Definitions, time.Now()))
	later := w.loop.macs.snapshot(&w.top.Definitions, time.Now().Add(2*mactable.DefaultHold))
	require.Same(w.t, is, later.winners.Get(w.net.ID), "nothing is to be forgotten")
	require.Equal(w.t, w.top.Revision, said.reported[of.ID])
	return is
}

// goes checks that the MAC is held, and then forgotten.
func (w *twoWays) goes() {
	w.t.Helper()
	said := w.loop.macs.snapshot(&w.top.Definitions, time.Now())
	require.Len(w.t, said.winners.Get(w.net.ID).Winners, 1)
	require.WithinDuration(w.t, time.Now().Add(mactable.DefaultHold), said.next, time.Minute)
	require.Empty(w.t, w.loop.macs.snapshot(&w.top.Definitions, said.next).winners.Get(w.net.ID).Winners)
}

// F-62: the session with a switch moves from one of its registrations to another.
func TestF62MACsOverAnotherWay(t *testing.T) {
	w := newTwoWays(t)
	w.tells(w.a)
	before := w.is(w.a)
	for _, over := range []*model.GatewayDevice{w.b, w.a, w.b} {
		w.loop.macs.disconnected(w.a.ID)
		w.loop.macs.disconnected(w.b.ID)
		w.tells(over)
		require.Same(t, before, w.is(w.a), "no row is withdrawn or written")
	}
	w.loop.macs.disconnected(w.a.ID)
	require.Same(t, before, w.is(w.a), "that session has reported before this one")
	w.loop.macs.disconnected(w.b.ID)
	w.goes()
}

// F-62: it is found that an older registration reaches the same switch, and then it
// reaches another one.
func TestF62MACsOfAWayFoundLater(t *testing.T) {
	w := newTwoWays(t)
	w.shows(w.a, false)
	w.tells(w.b)
	w.is(w.b)
	w.shows(w.a, true)
	w.is(w.a)
	w.tells(w.b)
	w.is(w.a)
	w.shows(w.a, false)
	w.is(w.b)
	w.loop.macs.disconnected(w.b.ID)
	w.goes()
}

// F-62: both registrations have reported of the switch before it is found to be one.
func TestF62MACsOverBothWays(t *testing.T) {
	w := newTwoWays(t)
	w.shows(w.a, false)
	w.tells(w.a)
	w.loop.macs.disconnected(w.a.ID)
	w.tells(w.b)
	w.shows(w.a, true)
	w.is(w.a)
	w.loop.macs.disconnected(w.b.ID)
	w.goes()
}

// F-63: the registration that drives the switch is deleted, and its session ends later.
func TestF63MACsOfADeletedRegistration(t *testing.T) {
	for name, next := range map[string]func(*twoWays){
		"the other one tells": func(w *twoWays) {
			w.loop.macs.disconnected(w.a.ID)
			w.tells(w.b)
			w.is(w.b)
			w.loop.macs.disconnected(w.b.ID)
		},
		"the other one never comes": func(w *twoWays) { w.loop.macs.disconnected(w.a.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTwoWays(t)
			w.tells(w.a)
			w.is(w.a)
			w.top.Devices, w.top.Inventories = w.top.Devices.Without(w.a.ID), w.top.Inventories.Without(w.a.ID)
			w.is(w.b)
			next(w)
			w.goes()
		})
	}
}

// F-62: a worker reports by definitions that are older than those by which another one
// has reported, of a switch that was registered meanwhile.
func TestF62MACsReportedByOlderDefinitions(t *testing.T) {
	w := newTwoWays(t)
	w.shows(w.b, false)
	w.top.Revision = w.top.LastSeq
	older := w.top.Definitions
	older.Devices = older.Devices.Without(w.b.ID)
	w.top.Revision++
	w.loop.macs.learn(w.b.ID, vtep.Locals{Full: true, MACs: []vtep.LocalMAC{
		{LogicalSwitch: w.net.ID, MAC: modeltest.MAC(1), Endpoint: modeltest.IP(1), Learning: 7}}}, &w.top.Definitions)
	w.loop.macs.learn(w.a.ID, vtep.Locals{Full: true}, &older)
	w.loop.macs.disconnected(w.b.ID)
	w.goes()
}

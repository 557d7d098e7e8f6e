package reconcile

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/connector"
)

// gateway is one active-passive gateway on switches whose sessions the test
// makes and ends. It stands for the store.
type gateway struct {
	Store
	t       *testing.T
	topo    *modeltest.Builder
	id      string
	ws      *workers
	elector elector
	down    map[string]bool
	fails   error
	// history lists what was made active, in order.
	history []string
}

func newGateway(t *testing.T, preempt bool, devices ...string) *gateway {
	g := &gateway{t: t, topo: modeltest.New(), id: "gw", down: map[string]bool{}}
	gw := &model.L2Gateway{Record: g.topo.Record(g.id), HAMode: model.ActivePassive, Preempt: preempt}
	log := logrus.New()
	log.SetLevel(logrus.PanicLevel)
	g.ws = &workers{store: g, byID: map[string]*worker{}}
	g.elector = elector{store: g, events: &eventReporter{Events: noEvents{}, store: g}, log: log, workers: g.ws}
	for _, name := range devices {
		gd := g.topo.Device(name, "")
		gw.Devices = append(gw.Devices, model.Device{ID: "in-" + name, DeviceName: name})
		w := bareWorker()
		w.device.id = name
		w.seat = connector.NewSeat(w.device.Load, nil)
		w.device.Store(gd)
		w.board.status.awaySince = time.Now()
		g.ws.byID[name] = w
	}
	g.put(gw)
	return g
}

func (g *gateway) put(gw *model.L2Gateway) {
	g.topo.Revision++
	gw.Revision = g.topo.Revision
	g.topo.Gateways = g.topo.Gateways.With(gw)
}

func (g *gateway) get() model.L2Gateway {
	gw, ok := g.topo.Gateways.Get(g.id)
	require.True(g.t, ok)
	return *gw
}

func (g *gateway) Definitions() *model.Definitions { return &g.topo.Definitions }

func (g *gateway) SetActiveDevice(_ context.Context, id, device string) error {
	require.Equal(g.t, g.id, id)
	if g.fails != nil {
		return g.fails
	}
	gw := g.get()
	gw.Active = device
	g.put(&gw)
	g.history = append(g.history, device)
	return nil
}

// come and leave begin and end sessions; leave with gone is past the hold.
func (g *gateway) come(names ...string) {
	for _, n := range names {
		g.ws.byID[n].board.status.awaySince = time.Time{}
		delete(g.down, n)
	}
}

func (g *gateway) leave(gone bool, names ...string) {
	for _, n := range names {
		g.ws.byID[n].board.status.awaySince = time.Now()
		g.down[n] = gone
	}
}

// synced notes that a switch holds what the latest definitions say.
func (g *gateway) synced(names ...string) {
	for _, n := range names {
		g.ws.byID[n].board.status.revision, g.ws.byID[n].board.status.released = g.topo.Revision, g.topo.Revision
	}
}

// becomes elects once and compares what is active then.
func (g *gateway) becomes(want, why string) {
	g.t.Helper()
	g.elector.elect(context.Background(), g.down, time.Now())
	require.Equal(g.t, want, g.get().Active, why)
}

func TestInitialChoice(t *testing.T) {
	g := newGateway(t, false, "a", "b", "c")
	g.becomes("", "nobody is there")
	g.come("b", "c")
	g.becomes("", "the first listed may still come")
	g.leave(true, "a")
	g.becomes("", "c may still hold what it held before")
	g.synced("c")
	g.becomes("in-b", "the first that is there")
	g.come("a")
	g.synced("a")
	g.becomes("in-b", "no flap back")
	require.Equal(t, []string{"in-b"}, g.history, "written once")
}

func TestFirstListedIsChosen(t *testing.T) {
	g := newGateway(t, false, "a", "b")
	g.come("a", "b")
	g.synced("a", "b")
	g.becomes("in-a", "the order of the list counts")
}

func TestTakeover(t *testing.T) {
	g := newGateway(t, false, "a", "b", "c")
	g.come("a", "b", "c")
	g.synced("a", "b", "c")
	g.becomes("in-a", "first")
	g.leave(false, "a")
	g.becomes("in-a", "a switch that restarts keeps its part")
	g.leave(true, "a")
	g.becomes("in-b", "the next takes over at once: a can not be asked to leave")
	g.leave(true, "b")
	g.becomes("in-c", "and the next")
	g.leave(true, "c")
	g.becomes("in-c", "nobody else is there")
	g.come("a")
	g.becomes("in-a", "the only one that is there")
	require.Equal(t, []string{"in-a", "in-b", "in-c", "in-a"}, g.history)
}

// Preemption goes through a time in which no device is active.
func TestPreempt(t *testing.T) {
	g := newGateway(t, true, "a", "b")
	g.leave(true, "a")
	g.come("b")
	g.becomes("in-b", "alone")
	g.synced("b")
	g.come("a")
	g.synced("a")
	g.leave(false, "b")
	g.becomes("in-b", "b is away for a moment and can not be asked to leave")
	g.come("b")
	g.becomes("", "b has to leave first")
	g.becomes("", "b has not left yet")
	g.synced("b")
	g.becomes("in-a", "b has left")
	g.becomes("in-a", "and that is it")
	require.Equal(t, []string{"in-b", "", "in-a"}, g.history)
}

// A switch has been failed over while it is down and another one has its part.
func TestFailedOver(t *testing.T) {
	g := newGateway(t, false, "a", "b", "c")
	requireFailedOver := func(want ...string) {
		t.Helper()
		g.elector.elect(context.Background(), g.down, time.Now())
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(g.elector.failedOver(g.Definitions(), g.down))))
	}
	g.come("a", "b", "c")
	g.synced("a", "b", "c")
	requireFailedOver()
	g.leave(false, "a")
	requireFailedOver()
	g.leave(true, "a")
	requireFailedOver("a")
	g.leave(true, "c")
	requireFailedOver("a", "c")
	g.come("a")
	requireFailedOver("c")
	g.leave(true, "b")
	requireFailedOver("b", "c")

	gw := g.get()
	gw.HAMode = model.ActiveActive
	g.put(&gw)
	requireFailedOver()
}

// A switch that has been failed over is dialled again soon, but not one that is in quarantine.
func TestRest(t *testing.T) {
	rested := func(d, failedOverAfter time.Duration) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := bareWorker()
			w.seat = connector.NewSeat(w.device.Load, nil)
			w.device.Store(&model.GatewayDevice{})
			time.AfterFunc(failedOverAfter, func() { w.failedOver.Store(true) })
			began := time.Now()
			w.rest(t.Context(), d)
			took = time.Since(began)
		})
		return took
	}
	require.Equal(t, maxBackoff, rested(maxBackoff, time.Hour))
	require.Equal(t, redialGap, rested(maxBackoff, time.Millisecond))
	require.Equal(t, 4*redialGap, rested(maxBackoff, 3*redialGap+time.Millisecond), "it was resting already")
	require.Equal(t, quarantine, rested(quarantine, time.Millisecond))
}

func TestActiveDeviceIsTakenOut(t *testing.T) {
	g := newGateway(t, false, "a", "b")
	g.come("a", "b")
	g.synced("a", "b")
	g.becomes("in-a", "first")
	gw := g.get()
	gw.Devices = slices.DeleteFunc(slices.Clone(gw.Devices), func(d model.Device) bool { return d.ID == "in-a" })
	g.put(&gw)
	g.becomes("", "it is asked to leave")
	g.becomes("", "it can not be asked whether it has left")
	g.leave(true, "a")
	g.becomes("in-b", "it has been away for longer than the hold")
}

// TestPartsThatAreRemembered: of what is taken out of a gateway only the active part counts, until another one is active.
func TestPartsThatAreRemembered(t *testing.T) {
	g := newGateway(t, false, "a", "b", "c")
	g.come("a", "b", "c")
	g.synced("a", "b", "c")
	g.becomes("in-a", "first")
	without := func(id string) {
		gw := g.get()
		gw.Devices = slices.DeleteFunc(slices.Clone(gw.Devices), func(d model.Device) bool { return d.ID == id })
		g.put(&gw)
	}
	without("in-c")
	g.becomes("in-a", "c only stood by")
	require.Empty(t, g.elector.left["gw"])
	without("in-a")
	g.leave(true, "a")
	g.becomes("", "a was active")
	require.Len(t, g.elector.left["gw"], 1)
	g.becomes("in-b", "a has been away for longer than the hold")
	require.Empty(t, g.elector.left["gw"])
}

// A switch that has left its database for good, which goes on with others, is as
// lost as one that can not be reached.
func TestActiveSwitchLeavesItsDatabase(t *testing.T) {
	g := newGateway(t, false, "a", "b")
	w := g.ws.byID["a"]
	hsc := *w.device.Load()
	hsc.Name = "hsc"
	w.device.Store(&hsc)
	g.topo.Devices = g.topo.Devices.With(&hsc)
	g.come("a", "b")
	g.synced("a", "b")
	g.becomes("in-a", "first")
	inv, _ := g.topo.Inventories.Get("a")
	g.topo.Inventories = g.topo.Inventories.With(&model.Inventory{Record: inv.Record, Switches: []model.SwitchInventory{{Name: "other"}, {Name: "more"}}})
	g.becomes("", "if it only has another name, what it holds goes first")
	g.becomes("in-b", "the next takes over")
}

func TestElectionIsTriedAgain(t *testing.T) {
	g := newGateway(t, false, "a")
	g.come("a")
	g.fails = context.DeadlineExceeded
	g.becomes("", "the choice must be durable")
	g.fails = nil
	g.becomes("in-a", "now it is")
}

func TestActiveActiveHasNoChoice(t *testing.T) {
	g := newGateway(t, false, "a", "b")
	gw := g.get()
	gw.HAMode = model.ActiveActive
	g.put(&gw)
	g.come("a", "b")
	g.synced("a", "b")
	g.becomes("", "all are bound")
	require.Empty(t, g.history)
}

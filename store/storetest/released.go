package storetest

import (
	"testing"
	"time"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// askFor asks for a VNI for a new network.
func (f *fixture) askFor(id string, v model.VNI) error {
	_, err := f.CreateNetwork(f.ctx, model.Network{Record: model.Record{ID: id, ProjectID: "p"}, VNI: v})
	return err
}

// quarantined expects a VNI to be refused with an error that has all the words.
func (f *fixture) quarantined(err error, words ...string) {
	f.t.Helper()
	f.refused("VNIQuarantined", f.Definitions(), err)
	require.Equal(f.t, model.Conflict, model.KindOf(err))
	for _, w := range words {
		require.ErrorContains(f.t, err, w)
	}
}

// dismissed connects a network to ports of switches by VLAN, and deletes both.
func (f *fixture) dismissed(id string, v model.VNI, devices ...model.Device) {
	f.t.Helper()
	f.network(id, v)
	c := f.connect(f.gateway(devices...), id, none)
	require.NoError(f.t, f.DeleteConnection(f.ctx, c.ID))
	require.NoError(f.t, f.DeleteNetwork(f.ctx, id))
}

// F-156: the VNI of a deleted network belongs to nobody while a switch may carry it.
func testVNIReleased(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, b := f.seen("sw1", 1, "p1"), f.seen("sw2", 2, "p1")
	f.dismissed("a", 0, named("sw1", port("p1", 1)), named("sw2", port("p1", 1)))
	f.confirm(b.ID)
	f.quarantined(f.askFor("x", 100), "VNI 100", "deleted network a", "switch sw1", "2026-01-03T")
	f.reopen()
	f.quarantined(f.askFor("x", 100), "switch sw1")
	f.network("b", 0)
	f.connect(f.gateway(named("sw2", port("p1", 1))), "b", none)
	require.Equal(t, model.VNI(101), f.vni("b"))
	before := f.Definitions()
	require.NoError(t, f.ConfirmReleased(f.ctx, a.ID, []string{"no such record"}))
	require.NoError(t, f.ConfirmReleased(f.ctx, "no such device", []string{model.ReleasedID(model.WireID{VNI: 100}, "a")}))
	require.Same(t, before, f.Definitions())
	f.confirm(a.ID)
	require.Zero(t, f.Definitions().Released.Len())
	require.NoError(t, f.askFor("x", 100))
}

// A network may have back what it had, and another project's of the same id may not.
func testSameNetworkAgain(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.seen("sw1", 1, "p1")
	g := f.gateway(named("sw1", port("p1", 1)))
	f.network("a", 0)
	c := f.connect(g, "a", none)
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.Equal(t, 1, f.Definitions().Released.Len())
	c = f.connect(g, "a", none)
	require.Zero(t, f.Definitions().Released.Len(), "it is used there again")
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.NoError(t, f.DeleteNetwork(f.ctx, "a"))

	_, err := f.CreateNetwork(f.ctx, model.Network{Record: model.Record{ID: "a", ProjectID: "another"}, VNI: 100})
	f.quarantined(err, "switch sw1")
	f.network("a", 100)
	require.ErrorContains(t, f.askFor("b", 100), "in use by network a")
}

// What no switch can have is free at once.
func testNeverOnASwitch(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.hwVTEP("unread", 1)
	f.network("a", 500)
	require.NoError(t, f.DeleteNetwork(f.ctx, "a"))
	require.NoError(t, f.askFor("b", 500))
	f.dismissed("c", 600, named("unread", port("p1", 1)))
	require.NoError(t, f.askFor("d", 600), "its only switch was never read, and so never written")
}

// A device that is deleted takes what it has to be cleaned of to its heir. One that is
// given up leaves it to time.
func testReleasedOnDeletedDevice(t *testing.T, open Open) {
	f := newFixture(t, open)
	a := f.seen("sw1", 1, "p1")
	g := f.gateway(named("sw1", port("p1", 1)))
	f.network("a", 0)
	c := f.connect(g, "a", none)
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.NoError(t, f.DeleteNetwork(f.ctx, "a"))
	require.NoError(t, f.DeleteL2Gateway(f.ctx, g.ID))
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, a.ID))
	f.quarantined(f.askFor("b", 100), "switch sw1")
	heir := f.hwVTEP("again", 1)
	f.confirm(a.ID)
	f.quarantined(f.askFor("b", 100), "switch sw1")
	f.inventory(heir.ID, physicalSwitch("sw1"))
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, heir.ID))
	require.NoError(t, f.ForgetRetired(f.ctx, heir.ID))
	require.Empty(t, f.pending("a"))
	f.quarantined(f.askFor("b", 100), "switch sw1")
	f.later(25 * time.Hour)
	require.NoError(t, f.askFor("b", 100))
}

// F-157: the same for a VNI between sites, be it that a connection goes, that a
// gateway is given another one, or that it leaves a device that carries the network
// still.
func testBorderVNIReleased(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, b := f.seen("sw1", 1, "p1"), f.seen("sw2", 2, "p1")
	f.network("a", 900)
	f.network("b", 901)
	g := f.gateway(byID(a.ID, 500))
	f.connect(f.gateway(named("sw1", port("p1", 1))), "a", none)
	c := f.connect(g, "a", none)
	update := func(v model.VNI) error {
		_, err := f.UpdateL2Gateway(f.ctx, g.ID, model.L2GatewayUpdate{Devices: []model.Device{byID(a.ID, v)}})
		return err
	}
	require.NoError(t, update(501))
	other := f.gateway(byID(b.ID, 500))
	_, err := f.CreateConnection(f.ctx, request(other, "b", none))
	f.quarantined(err, "VNI 500", "network a", "switch sw1")
	_, err = f.CreateConnection(f.ctx, request(f.gateway(byID(b.ID, 0)), "b", model.VXLANID(500)))
	f.quarantined(err, "VNI 500")
	f.quarantined(f.askFor("c", 500), "VNI 500")
	require.NoError(t, update(500), "it is the same network's")
	f.quarantined(f.askFor("c", 501), "VNI 501")
	f.connect(other, "b", none) // a stretch of two networks, on purpose
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	f.network("d", 902)
	_, err = f.CreateConnection(f.ctx, request(f.gateway(byID(a.ID, 500)), "d", none))
	f.quarantined(err, "VNI 500", "network a", "switch sw1")
	f.confirm(a.ID)
	last := f.gateway(byID(a.ID, 500))
	f.connect(last, "d", none)

	// A gateway with a connection is given a number in quarantine.
	e := f.gateway(byID(b.ID, 503))
	f.connect(e, "b", none)
	_, err = f.UpdateL2Gateway(f.ctx, e.ID, model.L2GatewayUpdate{Devices: []model.Device{byID(b.ID, 504)}})
	require.NoError(t, err)
	_, err = f.UpdateL2Gateway(f.ctx, last.ID, model.L2GatewayUpdate{Devices: []model.Device{byID(a.ID, 503)}})
	f.quarantined(err, "VNI 503", "network b", "switch sw2")
}

// F-157: and for the VLAN on the cable of a stitched border.
func testStitchVLANReleased(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.hwVTEP("sw1", 1)
	f.inventory(gd.ID, physicalSwitch("sw1", "xa", "xb"))
	stitched := model.BorderStitch
	must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, gd.ID,
		model.GatewayDeviceUpdate{BorderMode: &stitched, StitchPorts: &[]string{"xa", "xb"}}))
	vlan := func(c *model.L2GatewayConnection) model.VLAN { return c.StitchVLANs[gd.ID] }
	f.network("a", 900)
	f.network("b", 901)
	f.network("c", 902)
	c := f.connect(f.gateway(byID(gd.ID, 500)), "a", none)
	require.Equal(t, model.VLAN(2), vlan(c))
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.Equal(t, model.VLAN(3), vlan(f.connect(f.gateway(byID(gd.ID, 501)), "b", none)))
	f.confirm(gd.ID)
	require.Equal(t, model.VLAN(2), vlan(f.connect(f.gateway(byID(gd.ID, 502)), "c", none)))

	direct := model.BorderDirect
	must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, gd.ID, model.GatewayDeviceUpdate{BorderMode: &direct}))
	require.Equal(t, 2, f.Definitions().Released.Len(), "both VLANs may be bound still")
}

// F-158: the quarantine goes with the definitions into another store.
func testReleasedOverExport(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.seen("sw1", 1, "p1")
	f.dismissed("a", 0, named("sw1", port("p1", 1)))
	e := f.exported()
	require.Len(t, e.Released, 1)
	o := f.other()
	require.NoError(t, o.Import(o.ctx, e))
	o.quarantined(o.askFor("b", 100), "network a", "switch sw1")
	o.reopen()
	for gd := range o.Definitions().Devices.All() {
		o.confirm(gd.ID)
	}
	require.NoError(t, o.askFor("b", 100))

	// What the other store wrote stands, although this one never read it.
	f.network("live", 0)
	f.connect(f.gateway(named("sw1", port("p1", 2))), "live", none)
	o = f.other()
	require.NoError(t, o.Import(o.ctx, f.exported()))
	for c := range o.Definitions().Connections.All() {
		require.NoError(t, o.DeleteConnection(o.ctx, c.ID))
	}
	require.NoError(t, o.DeleteNetwork(o.ctx, "live"))
	o.quarantined(o.askFor("b", 101), "network live", "switch sw1")

	for name, spoil := range map[string]func(*model.Released){
		"no number":       func(r *model.Released) { r.VNI = 0 },
		"number too high": func(r *model.Released) { r.VNI = model.MaxVNI + 1; r.ID = model.ReleasedID(r.WireID, r.NetworkID) },
		"two numbers":     func(r *model.Released) { r.StitchVLAN = 2; r.ID = model.ReleasedID(r.WireID, r.NetworkID) },
		"other id":        func(r *model.Released) { r.ID = "x" },
		"no device":       func(r *model.Released) { r.Pending = nil },
		"nameless device": func(r *model.Released) { r.Pending = []model.ReleasedOn{{}} },
	} {
		bad := f.exported()
		spoil(bad.Released[0])
		o := f.other()
		require.Equal(t, model.Invalid, model.KindOf(o.Import(o.ctx, bad)), name)
	}
}

// F-158: the quarantine ends, also while the store is closed, unless a switch is seen
// with what it is about.
func testQuarantineOver(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.opts.VNIQuarantine = 2 * time.Hour
	f.reopen()
	a := f.seen("sw1", 1, "p1")
	f.dismissed("a", 0, named("sw1", port("p1", 1)))
	f.later(2*time.Hour - time.Minute)
	f.quarantined(f.askFor("b", 100), "switch sw1")
	f.later(2 * time.Minute)
	f.NoteVNIs(a.ID, true, map[string]model.VNI{"a": 100})
	f.quarantined(f.askFor("b", 100), "switch sw1")
	f.NoteVNIs(a.ID, false, map[string]model.VNI{"a": 0})
	require.NoError(t, f.askFor("b", 100))
	f.network("c", 0)
	f.connect(f.gateway(named("sw1", port("p1", 1))), "c", none)
	require.Equal(t, model.VNI(101), f.vni("c"))
	require.Zero(t, f.Definitions().Released.Len(), "what is over is forgotten")
}

// F-158: the clock of the day jumps while the store is open.
func testQuarantineAndClock(t *testing.T, open Open) {
	f := newFixture(t, open)
	now := f.opts.Now()
	f.opts.Now = func() time.Time { return now }
	f.reopen()
	f.seen("sw1", 1, "p1")
	now = now.Add(-40 * time.Hour)
	f.dismissed("a", 0, named("sw1", port("p1", 1)))
	now = now.Add(80 * time.Hour)
	f.quarantined(f.askFor("b", 100), "switch sw1")
}

// F-158: a clock that was ahead when a number was given up does not keep what was
// given up later by the right time.
func testQuarantineByClockAhead(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.seen("sw1", 1, "p1")
	const ahead = 20 * 365 * 24 * time.Hour
	f.later(ahead)
	f.dismissed("a", 0, named("sw1", port("p1", 1)))
	f.later(-ahead)
	f.dismissed("b", 0, named("sw1", port("p1", 1)))
	f.quarantined(f.askFor("c", 100), "switch sw1", f.opts.Now().Add(model.DefaultVNIQuarantine).UTC().Format("2006-01-02"))
	f.quarantined(f.askFor("c", 101), "switch sw1")
	f.later(model.DefaultVNIQuarantine + time.Minute)
	f.network("d", 0)
	f.connect(f.gateway(named("sw1", port("p1", 1))), "d", none)
	require.Equal(t, model.VNI(101), f.vni("d"))
}

// F-159: a VNI that a switch is seen to use for something else is given to nobody who
// did not ask for it.
func testSightings(t *testing.T, open Open) {
	f := newFixture(t, open)
	a := f.seen("sw1", 1, "p1")
	next := func(id string, vlan model.VLAN) model.VNI {
		f.network(id, 0)
		f.connect(f.gateway(named("sw1", port("p1", vlan))), id, none)
		return f.vni(id)
	}
	before := f.Definitions()
	f.NoteVNIs(a.ID, true, map[string]model.VNI{"foreign": 100, "n2": 101, "n2-border": 102})
	require.Same(t, before, f.Definitions(), "it costs no write")
	require.Equal(t, model.VNI(103), next("n1", 1))
	require.Equal(t, model.VNI(101), next("n2", 2), "its own logical switch has it")
	f.NoteVNIs(a.ID, false, map[string]model.VNI{"foreign": 0, "another": 102})
	require.Equal(t, model.VNI(100), next("n3", 3))
	f.network("n4", 0)
	f.connectRefused("NoNetworkAvailable", f.gateway(named("sw1", port("p1", 4))), "n4", none)
	f.NoteVNIs(a.ID, true, nil)
	f.connect(f.gateway(named("sw1", port("p1", 4))), "n4", none)
	require.Equal(t, model.VNI(102), f.vni("n4"))
	f.NoteVNIs(a.ID, true, map[string]model.VNI{"foreign": 700})
	require.NoError(t, f.askFor("asked", 700), "who asks may have it; the status says that it clashes")
}

// F-98: what is in quarantine can be seen, and somebody may end it. That is audited, what
// comes of it by itself is not.
func testQuarantineEnded(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.opts.VNIQuarantine = 2 * time.Hour
	f.reopen()
	a := f.seen("sw1", 1, "p1")
	f.dismissed("a", 0, named("sw1", port("p1", 1)))
	ctx := model.WithActor(f.ctx, model.Actor{User: "root"})
	ended := func() []*model.AuditRecord { return f.audit(model.AuditFilter{Resource: "quarantine"}) }
	vni := model.WireID{VNI: 100}

	list := f.Quarantine()
	require.Len(t, list, 1)
	q := list[0]
	require.Equal(t, vni, q.WireID)
	require.Equal(t, "a", q.NetworkID)
	require.True(t, q.NetworkDeleted)
	require.False(t, q.StillSeen)
	require.Equal(t, []model.ReleasedOn{{DeviceID: a.ID, Switch: "sw1"}}, q.Pending)
	require.WithinDuration(t, q.ReleasedAt.Add(2*time.Hour), q.FreeAt, 0)

	for _, none := range []struct {
		model.WireID
		network string
	}{{WireID: model.WireID{VNI: 101}}, {vni, "b"}, {WireID: model.WireID{StitchVLAN: 100}}} {
		before := f.Definitions()
		f.refused("NotInQuarantine", before, f.EndQuarantine(ctx, none.WireID, none.network))
	}
	require.Empty(t, ended())
	require.NoError(t, f.EndQuarantine(ctx, vni, "a"))
	require.Empty(t, f.Quarantine())
	require.Equal(t, []string{a.ID}, f.pending("a"), "the switch is to be cleaned still")
	require.NoError(t, f.askFor("b", 100))
	require.Len(t, ended(), 1)
	require.Equal(t, "root", ended()[0].User)
	require.Equal(t, model.AuditDelete, ended()[0].Action)
	require.Contains(t, string(ended()[0].Before), `"switch":"sw1"`)

	f.dismissed("c", 0, named("sw1", port("p1", 1)))
	f.later(3 * time.Hour)
	require.Empty(t, f.Quarantine(), "over, although the record stands")
	f.NoteVNIs(a.ID, true, map[string]model.VNI{"c": 101})
	require.True(t, f.Quarantine()[0].StillSeen)
	require.NoError(t, f.EndQuarantine(ctx, model.WireID{VNI: 101}, ""))
	require.Len(t, ended(), 2, "the record of a network says what its end puts in quarantine")
}

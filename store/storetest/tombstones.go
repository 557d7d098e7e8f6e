package storetest

import (
	"testing"
	"time"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func testTombstones(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, b := f.seen("sw1", 1, "p1", "p2"), f.seen("sw2", 2, "p1")
	f.seen("sw3", 3, "p1")
	f.network("n", 0)
	both := f.gateway(named("sw1", port("p1", 1)), named("sw2", port("p1", 1)))
	c1 := f.connect(both, "n", none)
	c2 := f.connect(f.gateway(named("sw1", port("p2", 1))), "n", none)

	require.NoError(t, f.DeleteConnection(f.ctx, c1.ID))
	require.Equal(t, []string{b.ID}, f.pending("n"), "sw1 carries the network still")
	require.NoError(t, f.DeleteConnection(f.ctx, c2.ID))
	require.ElementsMatch(t, []string{a.ID, b.ID}, f.pending("n"))
	n, _ := f.Definitions().Networks.Get("n")
	vni := n.VNI
	require.NotZero(t, vni)
	require.NoError(t, f.DeleteNetwork(f.ctx, "n"))
	f.reopen()
	require.ElementsMatch(t, []string{a.ID, b.ID}, f.pending("n"), "the tombstone outlives the network")
	ts, _ := f.Definitions().Tombstones.Get("n")
	require.Equal(t, vni, ts.VNI)

	before := f.Definitions()
	require.NoError(t, f.ClearTombstone(f.ctx, "n", "x"))
	require.NoError(t, f.ClearTombstone(f.ctx, "x", a.ID))
	require.Same(t, before, f.Definitions())
	require.NoError(t, f.ClearTombstone(f.ctx, "n", a.ID))
	require.Equal(t, []string{b.ID}, f.pending("n"))
	require.NoError(t, f.ClearTombstone(f.ctx, "n", b.ID))
	require.Zero(t, f.Definitions().Tombstones.Len())
}

// A switch name that is not known may stand for any database.
func testTombstonesOfUnknownSwitches(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, unread := f.seen("sw1", 1, "p1"), f.hwVTEP("unread", 2)
	gone := f.seen("gone", 3)
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, gone.ID))
	f.network("n", 0)
	c := f.connect(f.gateway(named("somewhere", port("p1", 1))), "n", none)
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.ElementsMatch(t, []string{a.ID, unread.ID, gone.ID}, f.pending("n"))

	// A device that loses the name by which it is known loses its networks.
	f.network("m", 0)
	f.connect(f.gateway(named("unread", port("p1", 1))), "m", none)
	must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, unread.ID, model.GatewayDeviceUpdate{Name: ptr("renamed")}))
	require.Equal(t, []string{unread.ID}, f.pending("m"))
	must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, unread.ID, model.GatewayDeviceUpdate{Name: ptr("unread")}))
	require.NotContains(t, f.pending("m"), unread.ID)
}

// F-63: a device that was deleted while away is cleaned when it returns.
func testRetiredDevice(t *testing.T, open Open) {
	f := newFixture(t, open)
	a := f.seen("sw1", 1, "p1")
	f.network("n", 0)
	g := f.gateway(named("sw1", port("p1", 1)))
	c := f.connect(g, "n", none)
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.NoError(t, f.DeleteL2Gateway(f.ctx, g.ID))
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, a.ID))
	r, ok := f.Definitions().Retired.Get(a.ID)
	require.True(t, ok)
	require.Equal(t, uint16(1), r.ManagementPort)
	require.Equal(t, a.Seq, r.Seq)
	require.False(t, r.RetiredAt.IsZero())
	require.Equal(t, []string{a.ID}, f.pending("n"))

	f.hwVTEP("other", 2)
	require.Equal(t, 1, f.Definitions().Retired.Len())
	again := f.hwVTEP("again", 1)
	require.Zero(t, f.Definitions().Retired.Len(), "the address is registered again")
	require.Equal(t, []string{again.ID}, f.pending("n"), "its heir is to be cleaned")

	require.NoError(t, f.DeleteGatewayDevice(f.ctx, again.ID))
	require.NoError(t, f.ForgetRetired(f.ctx, again.ID))
	require.Zero(t, f.Definitions().Retired.Len())
	require.Empty(t, f.pending("n"))
	before := f.Definitions()
	require.NoError(t, f.ForgetRetired(f.ctx, again.ID))
	require.Same(t, before, f.Definitions())

	// One that dials us is known by its name.
	listen := model.GatewayDevice{Name: "caller", ManagementProtocol: model.ProtocolOVSDBListen}
	caller := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, listen))
	f.inventory(caller.ID)
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, caller.ID))
	listen.Name = "another caller"
	must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, listen))
	require.Equal(t, 1, f.Definitions().Retired.Len())
	listen.Name = "caller"
	must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, listen))
	require.Zero(t, f.Definitions().Retired.Len())
}

// F-62: a deleted device is registered again with its id, before its switch was cleaned, as
// Neutron does that was restored: it is the same device, and cleans its switch itself. At
// another address it would be another switch.
func testRetiredDeviceAgain(t *testing.T, open Open) {
	f := newFixture(t, open)
	a := f.seen("sw1", 1, "p1", "p2")
	for i, id := range []string{"gone", "stays"} {
		f.network(id, model.VNI(100+i))
		g := f.gateway(named("sw1", port("p1", 1)))
		require.NoError(t, f.DeleteConnection(f.ctx, f.connect(g, id, none).ID))
		require.NoError(t, f.DeleteL2Gateway(f.ctx, g.ID))
		require.NoError(t, f.DeleteNetwork(f.ctx, id))
	}
	f.network("stays", 101)
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, a.ID))
	f.reopen()
	released := f.Definitions().Released.Len()
	require.NotZero(t, released)

	again := hwVTEP("sw1", 2)
	again.ID = a.ID
	before := f.Definitions()
	_, err := f.CreateGatewayDevice(f.ctx, again)
	f.refused("Conflict", before, err)
	require.ErrorContains(t, err, "has not been cleaned yet")
	again.ManagementPort = 1
	require.Equal(t, a.ID, must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, again)).ID)
	require.Equal(t, released, f.Definitions().Released.Len(), "what it gave up may still be on its switch")
	f.connect(f.gateway(named("sw1", port("p2", 1))), "stays", none)
	f.reopen()
	require.Zero(t, f.Definitions().Retired.Len())
	require.Equal(t, []string{a.ID}, f.pending("gone"))
	require.Empty(t, f.pending("stays"), "it carries this one")
	_, read := f.Definitions().Inventories.Get(a.ID)
	require.True(t, read, "it may hold what it held")
}

// F-62: a switch whose device was deleted is registered at another address. What is left there
// is the new device's to clean as soon as it is seen to be the same database.
func testRetiredDeviceMoved(t *testing.T, open Open) {
	at := func(name, row string, last byte) model.SwitchInventory {
		s := physicalSwitch(name, "p1", "p2")
		s.Fingerprint, s.TunnelIPs = row, []model.VTEPAddress{{192, 0, 2, last}}
		return s
	}
	missing := at("sw1", "row", 1)
	missing.Missing = true
	for name, c := range map[string]struct {
		now     model.SwitchInventory
		project string
		is      bool
	}{
		"same row":                {at("sw1", "row", 9), "", true},
		"same address":            {at("sw1", "other", 1), "", true},
		"renamed":                 {at("sw9", "row", 1), "", true},
		"another of its name":     {at("sw1", "other", 9), "", false},
		"a copy of the database":  {at("sw9", "row", 9), "", false},
		"not there":               {missing, "", false},
		"seen by another project": {at("sw1", "row", 1), "p", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, open)
			old := f.hwVTEP("sw1", 1)
			f.inventory(old.ID, at("sw1", "row", 1))
			for _, id := range []string{"gone", "stays"} {
				f.network(id, 0)
				g := f.gateway(named("sw1", port("p1", 1)))
				require.NoError(t, f.DeleteConnection(f.ctx, f.connect(g, id, none).ID))
				require.NoError(t, f.DeleteL2Gateway(f.ctx, g.ID))
			}
			require.NoError(t, f.DeleteGatewayDevice(f.ctx, old.ID))
			f.reopen()
			heir := hwVTEP("sw1", 2)
			heir.ProjectID = c.project
			now := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, heir))
			f.connect(f.gateway(named(c.now.Name, port("p2", 1))), "stays", none)
			require.Equal(t, 1, f.Definitions().Retired.Len(), "it is not known to be the same")
			f.inventory(now.ID, c.now)
			if !c.is {
				require.Equal(t, 1, f.Definitions().Retired.Len())
				require.Equal(t, []string{old.ID}, f.pending("gone"))
				return
			}
			require.Zero(t, f.Definitions().Retired.Len())
			require.Equal(t, []string{now.ID}, f.pending("gone"))
			require.Empty(t, f.pending("stays"), "it carries this one")
		})
	}
}

// F-76: a database that was never read has nothing of ours, and is forgotten with
// its device. The one that it succeeds may have been read.
func testNeverRead(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.network("n", 0)
	never := f.hwVTEP("never", 1)
	g := f.gateway(named("never", port("p1", 1)))
	c := f.connect(g, "n", none)
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.Equal(t, []string{never.ID}, f.pending("n"))
	require.NoError(t, f.DeleteL2Gateway(f.ctx, g.ID))
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, never.ID))
	require.Zero(t, f.Definitions().Retired.Len())
	require.Zero(t, f.Definitions().Tombstones.Len())

	// A database without a switch has been read as well.
	empty := f.hwVTEP("empty", 2)
	f.inventory(empty.ID)
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, empty.ID))
	require.Equal(t, 1, f.Definitions().Retired.Len())
	heir := f.hwVTEP("heir", 2)
	require.Zero(t, f.Definitions().Retired.Len())
	f.reopen()
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, heir.ID))
	require.Equal(t, 1, f.Definitions().Retired.Len(), "what its predecessor held may stand still")
}

// A deleted device that is still to be cleaned counts for its project as it did,
// but not against the registration that succeeds it.
func testRetiredQuota(t *testing.T, open Open) {
	f := newFixture(t, open)
	must[model.Quota](f)(f.SetQuota(f.ctx, "p", model.Limits{model.QuotaGatewayDevice: 2}))
	register := func(n uint16) (*model.GatewayDevice, error) {
		return f.CreateGatewayDevice(f.ctx, model.GatewayDevice{Record: model.Record{ProjectID: "p"}, ManagementIP: "192.0.2.1", ManagementPort: n})
	}
	for n := range uint16(2) {
		gd := must[model.GatewayDevice](f)(register(n + 1))
		f.inventory(gd.ID)
		require.NoError(t, f.DeleteGatewayDevice(f.ctx, gd.ID))
	}
	_, err := register(3)
	require.Equal(t, model.Conflict, model.KindOf(err), "%v", err)
	again := must[model.GatewayDevice](f)(register(1))
	require.Equal(t, 1, f.Definitions().Retired.Len())
	_, err = register(3)
	require.Equal(t, model.Conflict, model.KindOf(err), "%v", err)
	for r := range f.Definitions().Retired.All() {
		require.NoError(t, f.PurgeRetired(f.ctx, r.ID))
	}
	must[model.GatewayDevice](f)(register(3))
	require.Equal(t, model.NotFound, model.KindOf(f.PurgeRetired(f.ctx, again.ID)), "it is registered")
}

// A purged device is cleaned no more. What other devices hold is.
func testPurge(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, b := f.seen("sw1", 1, "p1"), f.seen("sw2", 2, "p1")
	f.network("n", 0)
	g := f.gateway(named("sw1", port("p1", 1)), named("sw2", port("p1", 1)))
	require.NoError(t, f.DeleteConnection(f.ctx, f.connect(g, "n", none).ID))
	require.NoError(t, f.DeleteL2Gateway(f.ctx, g.ID))
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, a.ID))
	actor := model.WithActor(f.ctx, model.Actor{User: "u", RequestID: "r"})
	require.NoError(t, f.PurgeRetired(actor, a.ID))
	require.Equal(t, []string{b.ID}, f.pending("n"))
	f.reopen()
	require.Zero(t, f.Definitions().Retired.Len())
	list := f.audit(model.AuditFilter{ResourceID: a.ID})
	require.Len(t, list, 1)
	require.Equal(t, [3]string{model.AuditDelete, "deleted_device", "u"}, [3]string{list[0].Action, list[0].Resource, list[0].User})
	require.Equal(t, model.NotFound, model.KindOf(f.PurgeRetired(f.ctx, a.ID)))
}

// F-64: what is joined again is not to be deleted any more.
func testReattach(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, b := f.seen("sw1", 1, "p1"), f.seen("sw2", 2, "p1")
	f.network("n", 0)
	g := f.gateway(named("sw1", port("p1", 1)), named("sw2", port("p1", 1)))
	f.connect(g, "n", none)
	update := func(devices ...model.Device) {
		t.Helper()
		must[model.L2Gateway](f)(f.UpdateL2Gateway(f.ctx, g.ID, model.L2GatewayUpdate{ReplaceDevices: true, Devices: devices}))
	}
	update(named("sw1", port("p1", 1)))
	require.Equal(t, []string{b.ID}, f.pending("n"))
	update(named("sw2", port("p1", 1)))
	require.Equal(t, []string{a.ID}, f.pending("n"))
	f.connect(f.gateway(byID(a.ID, 500)), "n", none)
	require.Empty(t, f.pending("n"))
}

// F-99: the clock of the day jumps while the store is open: a deleted device is kept for
// the time that passes. While the store is closed only the clock says.
func testRetentionAndClock(t *testing.T, open Open) {
	const retention = 7 * 24 * time.Hour
	f := newFixture(t, open)
	now := f.opts.Now()
	f.opts.Now = func() time.Time { return now }
	f.reopen()
	gone := f.seen("sw1", 1, "p1")
	now = now.Add(-2 * retention)
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, gone.ID))
	now = now.Add(4 * retention)
	before := f.Definitions()
	none, left, err := f.ExpireRetired(f.ctx, retention)
	require.NoError(t, err)
	require.Empty(t, none)
	require.InDelta(t, retention, left, float64(time.Hour))
	require.Same(t, before, f.Definitions())
	f.reopen()
	list, left, err := f.ExpireRetired(f.ctx, retention)
	require.NoError(t, err)
	require.Equal(t, gone.ID, list[0].ID)
	require.Zero(t, left)
	require.Zero(t, f.Definitions().Retired.Len())
}

// F-99: a clock that was far ahead when a device was deleted: it is kept for as long as
// any other, from the time when the store is opened with the right clock.
func testRetentionByClockAhead(t *testing.T, open Open) {
	const ahead, retention = 20 * 365 * 24 * time.Hour, 7 * 24 * time.Hour
	f := newFixture(t, open)
	gone := f.seen("sw1", 1, "p1")
	now := f.opts.Now()
	f.opts.Now = func() time.Time { return now.Add(ahead) }
	f.reopen()
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, gone.ID))
	f.opts.Now = func() time.Time { return now }
	f.reopen()
	none, left, err := f.ExpireRetired(f.ctx, retention)
	require.NoError(t, err)
	require.Empty(t, none)
	require.InDelta(t, retention, left, float64(time.Hour))
	list, _, err := f.ExpireRetired(f.ctx, 0)
	require.NoError(t, err)
	require.Len(t, list, 1, "all the time that it is kept is over")
}

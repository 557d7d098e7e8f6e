package storetest

import (
	"context"
	"fmt"
	"testing"

	"bordergw/model"
	"bordergw/site"

	"github.com/stretchr/testify/require"
)

// asked has the changes that follow made by a user.
func (f *fixture) asked() {
	f.ctx = model.WithActor(f.ctx, model.Actor{User: "alice", Project: "ops", RequestID: "req-1"})
}

func (f *fixture) revisions(filter model.RevisionFilter) (out []*model.Revision) {
	f.t.Helper()
	for r, err := range f.Revisions(filter) {
		require.NoError(f.t, err)
		out = append(out, r)
	}
	return out
}

// whats are revisions in words.
func (f *fixture) whats(filter model.RevisionFilter) (out []string) {
	f.t.Helper()
	for _, r := range f.revisions(filter) {
		out = append(out, fmt.Sprint(r.Number, " ", r.What()))
	}
	return out
}

func testRevisions(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.asked()
	n := must[model.Network](f)(f.CreateNetwork(f.ctx, model.Network{Name: "blue"}))                                                  // 1
	gd := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, hwVTEP("sw1", 1)))                                                // 2
	g := must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Name: "gw1", Devices: []model.Device{byID(gd.ID, 7000)}})) // 3
	f.connect(g, n.ID, none)                                                                                                          // 4, 5: the VNI
	must[model.L2Gateway](f)(f.UpdateL2Gateway(f.ctx, g.ID, model.L2GatewayUpdate{Devices: []model.Device{byID(gd.ID, 7001)}, ReplaceDevices: true}))
	name := "azure"
	must[model.Network](f)(f.UpdateNetwork(f.ctx, n.ID, model.NetworkUpdate{Name: &name})) // 7
	_, err := f.CreateRemoteMACs(f.ctx, gd.ID, []model.RemoteMACEntry{
		{MAC: model.MAC{2, 0, 0, 0, 0, 1}, SegmentationID: 7000}, {MAC: model.MAC{2, 0, 0, 0, 0, 2}, SegmentationID: 7000}}) // 8
	require.NoError(t, err)
	require.NoError(t, f.SetActiveDevice(context.WithoutCancel(t.Context()), g.ID, g.Devices[0].ID))
	f.putEndpoints(f.endpoints(n.ID, 1))                                            // 9 is no revision
	ctx := model.WithCause(f.ctx, model.Cause{Kind: model.CauseApply, Site: "dc1"}) // 10 to 12
	require.NoError(t, f.Edit(ctx, func(e model.Editor) error {
		for _, name := range []string{"red", "green"} {
			if err := e.CreateNetwork(model.Network{Name: name}); err != nil {
				return err
			}
		}
		return e.UpdateNetwork(n.ID, model.NetworkUpdate{Description: &name})
	}))
	f.reopen()

	require.Equal(t, []string{
		"12 apply site dc1: 2 created, 1 changed", "8 switch sw1 changed", "7 network azure changed", "6 gateway gw1 changed",
		"5 connection gw1/blue created, and 1 more", "3 gateway gw1 created", "2 switch sw1 created", "1 network blue created",
	}, f.whats(model.RevisionFilter{}))
	all := f.revisions(model.RevisionFilter{Limit: 1})
	require.Len(t, all, 1)
	require.Equal(t, []string{"alice", "ops", "req-1"}, []string{all[0].User, all[0].Project, all[0].RequestID})
	require.Equal(t, uint64(10), all[0].First)
	require.True(t, f.opts.Now().Equal(all[0].Time))
	require.Equal(t, []string{"7 network azure changed", "6 gateway gw1 changed"}, f.whats(model.RevisionFilter{Before: 8, Limit: 2}))
	require.Equal(t, []string{"8 switch sw1 changed"}, f.whats(model.RevisionFilter{Before: 11, Limit: 1}), "11 is in the midst of one")

	for filter, want := range map[model.RevisionFilter][]string{
		{Kind: "network", Name: "blue"}:             {"7", "5", "1"}, // the name that it had, and where it got another one
		{Kind: "network", Name: "azure"}:            {"12", "7", "5", "1"},
		{Kind: "network", Name: n.ID}:               {"12", "7", "5", "1"},
		{Kind: "network", Name: "azure", Limit: 1}:  {"12"},
		{Kind: "network", Name: "azure", Before: 7}: {"5", "1"},
		{Kind: "device", Name: "sw1"}:               {"8", "2"},
		{Kind: "connection", Name: "gw1/azure"}:     {"5"},
		{Kind: "connection", Name: "gw1 azure"}:     {"5"},
		{Kind: "quota", Name: "p"}:                  nil,
	} {
		var got []string
		for _, r := range f.revisions(filter) {
			got = append(got, fmt.Sprint(r.Number))
		}
		require.Equal(t, want, got, "%+v", filter)
	}
}

// testHistoryGone: what is older than the oldest record can not be known, and what is in the midst
// of a change never was.
func testHistoryGone(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.opts.AuditRecords = 10
	f.reopen()
	f.asked()
	for range 3 {
		require.NoError(t, f.Edit(f.ctx, func(e model.Editor) error {
			for range 4 {
				if err := e.CreateNetwork(model.Network{}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	refused := func(n uint64, typ, text string) {
		before := f.Definitions()
		_, err := f.At(n)
		f.refused(typ, before, err)
		require.ErrorContains(t, err, text)
	}
	for n, networks := range map[uint64]int{12: 12, 8: 8, 4: 4} {
		past, err := f.At(n)
		require.NoError(t, err)
		require.Equal(t, networks, past.Then.Networks.Len())
		require.Equal(t, 12, past.Now.Networks.Len())
		require.Equal(t, uint64(12), past.Last)
	}
	refused(3, "RevisionNotFound", "the records 1 to 4 are one change, revision 4")
	refused(0, "HistoryGone", "What the definitions were at revision 0 is not known any more: the history goes back to 4")
	refused(6, "RevisionNotFound", "the records 5 to 8 are one change, revision 8")
	refused(13, "RevisionNotFound", "the last change of definitions is 12")
	require.Len(t, f.revisions(model.RevisionFilter{}), 2, "of the first one records are missing")
}

// rollback makes definitions what they were.
func (f *fixture) rollback(n uint64) error {
	f.t.Helper()
	past, err := f.At(n)
	require.NoError(f.t, err)
	p := site.Rollback(f.Definitions(), past, site.Options{MaxDelete: 100})
	return f.Edit(model.WithCause(f.ctx, model.Cause{Kind: model.CauseRollback, To: n}), p.Apply)
}

// testRollback: ids and VNIs come back, and what nobody defined is as it is.
func testRollback(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.asked()
	sw := f.seen("sw1", 1, "p1", "p2")
	f.network("blue", 0)
	g := f.gateway(named("sw1", port("p1", 10, 20), port("p2", 30)))
	c := f.connect(g, "blue", none)
	require.NoError(t, f.SetActiveDevice(t.Context(), g.ID, g.Devices[0].ID))
	created, _ := f.Definitions().Networks.Get("blue")
	last := f.LastAudit()
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.NoError(t, f.DeleteNetwork(f.ctx, "blue"))
	must[model.L2Gateway](f)(f.UpdateL2Gateway(f.ctx, g.ID, model.L2GatewayUpdate{Devices: []model.Device{named("sw1", port("p2", 31))}, ReplaceDevices: true}))
	f.network("other", 0)
	require.Equal(t, []string{sw.ID}, f.pending("blue"))

	require.NoError(t, f.rollback(last))
	n, _ := f.Definitions().Networks.Get("blue")
	require.Equal(t, created.VNI, n.VNI)
	require.Equal(t, created.CreatedAt, n.CreatedAt)
	require.Greater(t, n.Seq, created.Seq, "it has another place in the order of creation")
	back, ok := f.Definitions().Connections.Get(c.ID)
	require.True(t, ok)
	require.Equal(t, g.ID, back.L2GatewayID)
	is, _ := f.Definitions().Gateways.Get(g.ID)
	require.Equal(t, g.Devices, is.Devices)
	require.Equal(t, g.Devices[0].ID, is.Active)
	require.Empty(t, f.pending("blue"), "the switch carries it again")
	_, stands := f.Definitions().Networks.Get("other")
	require.False(t, stands)
	require.Equal(t, "rolled back to 5: 2 created, 1 changed, 1 deleted", f.revisions(model.RevisionFilter{Limit: 1})[0].What())
	f.reopen()

	require.NoError(t, f.rollback(2), "the network had no VNI then")
	require.Zero(t, f.vni("blue"))
	require.Equal(t, []string{sw.ID}, f.pending("blue"))
	f.quarantined(f.askFor("x", created.VNI), "network blue", "switch sw1")
}

// testRollbackRefused: what something else has meanwhile is named, and nothing is changed.
func testRollbackRefused(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.asked()
	f.seen("sw1", 1, "p1")
	f.network("blue", 500)
	last := f.LastAudit()
	require.NoError(t, f.DeleteNetwork(f.ctx, "blue"))
	f.network("red", 500)
	c := f.connect(f.gateway(named("sw1", port("p1", 10))), "red", none)
	before := f.Definitions()
	err := f.rollback(last)
	f.refused("VNIQuarantined", before, err)
	require.ErrorContains(t, err, "network blue: VNI 500 belonged to the deleted network red and may still be in use on switch sw1")

	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	for gd := range f.Definitions().Devices.All() {
		f.confirm(gd.ID)
	}
	require.NoError(t, f.rollback(last), "no switch has it any more")
}

// testRollbackOfSwitches: a switch that took the place of another gives it back, with what is to
// be cleaned there; one that a gateway named before it was registered goes.
func testRollbackOfSwitches(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.asked()
	f.hwVTEP("unread", 9)
	f.network("blue", 0)
	g := f.gateway(named("sw2", port("p1", 10)))
	f.connect(g, "blue", none)
	a := f.seen("sw1", 1, "p1")
	last := f.LastAudit()
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, a.ID))
	b := f.seen("sw2", 1, "p1") // at the address of the other
	c := f.seen("sw3", 3, "p1")
	swap := uint16(4)
	must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, c.ID, model.GatewayDeviceUpdate{ManagementPort: &swap}))
	require.Empty(t, f.pending("blue"))

	require.NoError(t, f.rollback(last))
	require.Equal(t, 2, f.Definitions().Devices.Len())
	is, ok := f.Definitions().Devices.Get(a.ID)
	require.True(t, ok)
	require.Equal(t, uint16(1), is.ManagementPort)
	_, deleted := f.Definitions().Retired.Get(b.ID)
	require.False(t, deleted, "its heir cleans its switch")
	require.Equal(t, []string{a.ID}, f.pending("blue"))
	_, deleted = f.Definitions().Retired.Get(c.ID)
	require.True(t, deleted)
}

// testRollbackPassesOn: what is to be cleaned on a switch that a rollback deletes is for the one that comes
// back at its address, also if the rollback finds it after that one has taken its place.
func testRollbackPassesOn(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.asked()
	f.network("blue", 0)
	f.seen("sw9", 9, "p1")
	g := f.gateway(named("sw9", port("p1", 10)))
	f.connect(g, "blue", none)
	a := f.seen("sw1", 1, "p1")
	last := f.LastAudit()
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, a.ID))
	b := f.seen("sw2", 1, "p1") // at the address of the other
	devices := []model.Device{named("sw9", port("p1", 10)), named("sw2", port("p1", 10))}
	must[model.L2Gateway](f)(f.UpdateL2Gateway(f.ctx, g.ID, model.L2GatewayUpdate{Devices: devices, ReplaceDevices: true}))
	require.Empty(t, f.pending("blue"))

	require.NoError(t, f.rollback(last))
	_, stands := f.Definitions().Devices.Get(b.ID)
	require.False(t, stands)
	require.Equal(t, []string{a.ID}, f.pending("blue"), "the rows of blue stand on its switch")
}

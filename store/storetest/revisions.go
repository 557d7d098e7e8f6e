package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

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
	for r, err := range f.Revisions(f.t.Context(), filter) {
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

	for _, c := range []struct {
		filter model.RevisionFilter
		want   []string
	}{
		{model.RevisionFilter{Kind: "network", Name: "blue"}, []string{"7", "6", "5", "3", "1"}}, // the name that it had, and where it got another one; with its gateway
		{model.RevisionFilter{Kind: "network", Name: "azure"}, []string{"12", "7", "6", "5", "3", "1"}},
		{model.RevisionFilter{Kind: "network", Name: n.ID}, []string{"12", "7", "6", "5", "3", "1"}},
		{model.RevisionFilter{Kind: "network", Name: "azure", Limit: 1}, []string{"12"}},
		{model.RevisionFilter{Kind: "network", Name: "azure", Before: 7}, []string{"6", "5", "3", "1"}},
		{model.RevisionFilter{Kind: "gateway", Name: "gw1"}, []string{"6", "5", "3"}},
		{model.RevisionFilter{Kind: "device", Name: "sw1"}, []string{"8", "2"}},
		{model.RevisionFilter{Kind: "connection", Name: "gw1/azure"}, []string{"5"}},
		{model.RevisionFilter{Kind: "connection", Name: "gw1 azure"}, []string{"5"}},
		{model.RevisionFilter{Kind: "quota", Name: "p"}, nil},
		{model.RevisionFilter{When: model.When{User: "alice"}, Before: 3}, []string{"2", "1"}},
		{model.RevisionFilter{When: model.When{User: "bob"}}, nil},
		{model.RevisionFilter{When: model.When{Since: f.opts.Now().Add(time.Second)}}, nil},
		{model.RevisionFilter{When: model.When{Until: f.opts.Now()}}, nil},
		{model.RevisionFilter{When: model.When{Since: f.opts.Now()}, Kind: "device", Name: "sw1"}, []string{"8", "2"}},
	} {
		require.Equal(t, c.want, f.numbers(c.filter), "%+v", c.filter)
	}
}

// numbers are those of revisions.
func (f *fixture) numbers(filter model.RevisionFilter) (out []string) {
	f.t.Helper()
	for _, r := range f.revisions(filter) {
		out = append(out, fmt.Sprint(r.Number))
	}
	return out
}

// testRevisionsOfObject: to a network belong its connections and their gateways, also those that it had, and
// a list of the revisions of an object goes on where it was.
func testRevisionsOfObject(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.seen("sw1", 1, "p1")
	f.seen("sw2", 2, "p1")
	f.asked()
	f.network("blue", 500)                           // 1
	f.network("red", 501)                            // 2
	g := f.gateway(named("sw1", port("p1", 10)))     // 3
	other := f.gateway(named("sw2", port("p1", 10))) // 4
	c := f.connect(g, "blue", none)                  // 5
	rename := func(g *model.L2Gateway, name string) {
		must[model.L2Gateway](f)(f.UpdateL2Gateway(f.ctx, g.ID, model.L2GatewayUpdate{Name: &name}))
	}
	rename(g, "rack")                                   // 6
	rename(other, "elsewhere")                          // 7
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID)) // 8
	rename(g, "old rack")                               // 9: not a gateway of blue any more
	name := "my net"
	must[model.Network](f)(f.UpdateNetwork(f.ctx, "blue", model.NetworkUpdate{Name: &name})) // 10
	name = "your net"
	must[model.Network](f)(f.UpdateNetwork(f.ctx, "blue", model.NetworkUpdate{Name: &name})) // 11
	require.NoError(t, f.DeleteNetwork(f.ctx, "blue"))                                       // 12

	want := []string{"12", "11", "10", "8", "6", "5", "3", "1"}
	require.Equal(t, want, f.numbers(model.RevisionFilter{Kind: model.KindNetwork, Name: "blue"}))
	require.Equal(t, want, f.numbers(model.RevisionFilter{Kind: model.KindNetwork, Name: "your net"}))
	require.Equal(t, want[1:], f.numbers(model.RevisionFilter{Kind: model.KindNetwork, Name: "my net"}), "a name with a space that it lost")
	require.Equal(t, []string{"9", "8", "6", "5", "3"}, f.numbers(model.RevisionFilter{Kind: model.KindGateway, Name: "rack"}))
	var got []string
	page := model.RevisionFilter{Kind: model.KindNetwork, Name: "your net", Limit: 1}
	for len(got) <= len(want) {
		all := f.revisions(page)
		if len(all) == 0 {
			break
		}
		require.NotNil(t, all[0].Found)
		got, page.Before, page.Found = append(got, fmt.Sprint(all[0].Number)), all[0].Number, all[0].Found
	}
	require.Equal(t, want, got, "page by page")
}

// testTurn: one pass gives what a revision has changed, and the number of what is no revision is refused
// with the one before. Who has gone away is not waited for.
func testTurn(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.asked()
	f.network("blue", 500) // 1
	f.putEndpoints(f.endpoints("blue", 1))
	f.network("red", 501) // 3
	turn, err := f.Around(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, "network red created", turn.Revision.What())
	require.Equal(t, []int{1, 2}, []int{turn.Before.Networks.Len(), turn.After.Networks.Len()})
	for n, text := range map[uint64]string{
		0: "There is no revision 0, and none before it.", 2: "There is no revision 2: the last one before it is 1.",
		9: "There is no revision 9: the last change of definitions is 3.",
	} {
		_, err := f.Around(t.Context(), n)
		require.ErrorContains(t, err, text)
	}
	f.putEndpoints(f.endpoints("red", 1))
	_, err = f.At(t.Context(), 9)
	require.ErrorContains(t, err, "the last change of definitions is 3.", "endpoints are no definitions")

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.At(gone, 1)
	require.ErrorIs(t, err, context.Canceled)
	for _, err := range f.Revisions(gone, model.RevisionFilter{}) {
		require.ErrorIs(t, err, context.Canceled)
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
		_, err := f.At(f.t.Context(), n)
		f.refused(typ, before, err)
		require.ErrorContains(t, err, text)
	}
	for n, networks := range map[uint64]int{12: 12, 8: 8, 4: 4} {
		past, err := f.At(f.t.Context(), n)
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
	past, err := f.At(f.t.Context(), n)
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

package topology

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// A MAC that is configured at a far end point and learned by switches is where it
// is configured, and it is said who claims it: also the border whose entry it is, also
// several. It is over when nobody has learned it any more.
func TestContestedMACs(t *testing.T) {
	topo := newTopology()
	net, beside := topo.Network("n", 5001), topo.Network("beside", 5002)
	a, b := topo.Device("a", ""), topo.Device("b", "")
	border := topo.Device("border", model.BorderDirect)
	topo.Access(net, a, b)
	topo.Border(net, 5001, border)
	topo.Access(beside, a, b)
	topo.far(border, model.RemoteMACEntry{MAC: modeltest.MAC(7), VTEPAddress: model.VTEPAddress{198, 51, 100, 7}, SegmentationID: 5001})
	defs := topo.Definitions
	in := Input{Definitions: &defs, Learned: mactable.WinnersOf(map[string]*mactable.Learned{})}
	by := func(gd *model.GatewayDevice, seq uint64) mactable.Candidate {
		return mactable.Candidate{MAC: modeltest.MAC(7), Source: mactable.Local, Database: DatabaseID(gd), Endpoint: modeltest.IP(int(gd.Seq)), Seq: seq}
	}
	var view *View
	claimed := func(l *mactable.Learned) map[string]int {
		t.Helper()
		in.Learned = mactable.WinnersOf(map[string]*mactable.Learned{"n": l, "beside": {Winners: []mactable.Candidate{by(a, 1)}}})
		view = Compile(in, view)
		fresh := Compile(in, nil)
		require.Equal(t, maps.Collect(fresh.AllContested()), maps.Collect(view.AllContested()), "the short way says the same")
		require.Equal(t, vtep.Locator{Addr: model.VTEPAddress{198, 51, 100, 7}}, view.Want(b.ID).Segment("n").Entry(modeltest.MAC(7)).Locator)
		require.Nil(t, view.Contested("beside"), "there it is not configured")
		return view.ContestedOf()
	}
	require.Empty(t, claimed(&mactable.Learned{}))
	require.Equal(t, map[string]int{a.ID: 1}, claimed(&mactable.Learned{Winners: []mactable.Candidate{by(a, 1)}}))
	require.Contains(t, view.Contested("n").String(), "02:00:00:00:00:07, configured at 198.51.100.7, is claimed by device a")
	require.Equal(t, map[string]int{border.ID: 1}, claimed(&mactable.Learned{Winners: []mactable.Candidate{by(border, 1)}}))
	require.Equal(t, map[string]int{a.ID: 1, b.ID: 1}, claimed(&mactable.Learned{Winners: []mactable.Candidate{by(a, 2)}, Others: []mactable.Candidate{by(b, 1)}}))
	require.Empty(t, claimed(&mactable.Learned{Winners: []mactable.Candidate{{MAC: modeltest.MAC(8), Source: mactable.Local, Database: DatabaseID(a), Endpoint: modeltest.IP(1)}}}))
}

// What is said of contested MACs does not grow with them.
func TestManyContestedMACs(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	a, border := topo.Device("a", ""), topo.Device("border", model.BorderDirect)
	topo.Access(net, a)
	topo.Border(net, 5001, border)
	l := &mactable.Learned{}
	for i := range 5000 {
		topo.far(border, model.RemoteMACEntry{MAC: modeltest.MAC(i), VTEPAddress: model.VTEPAddress{198, 51, 100, 7}, SegmentationID: 5001})
		l.Winners = append(l.Winners, mactable.Candidate{MAC: modeltest.MAC(i), Source: mactable.Local, Database: DatabaseID(a), Endpoint: modeltest.IP(int(a.Seq))})
	}
	v := Compile(Input{Definitions: &topo.Definitions, Learned: mactable.WinnersOf(map[string]*mactable.Learned{"n": l})}, nil)
	require.Equal(t, map[string]int{a.ID: 5000}, v.ContestedOf())
	require.Less(t, len(v.Contested("n").String()), 2000)
	require.True(t, strings.HasSuffix(v.Contested("n").String(), "and 4990 more"))
}

// at is a time, in seconds, of the tests' clock.
func at(seconds float64) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

// The switch where a MAC was last learned leaves the gateway: another member that
// has it as well has it then, not nobody.
func TestWinnerIsNoMember(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	a, b, c := topo.Device("a", ""), topo.Device("b", ""), topo.Device("c", "")
	gone, away := topo.Device("gone", ""), topo.Device("away", "")
	topo.Access(net, a, b, c)
	macs := mactable.New(at(0), mactable.DefaultLocalHold, mactable.DefaultHold, 0)
	learn := func(gd *model.GatewayDevice, n int, seconds float64) {
		row := vtep.LocalMAC{LogicalSwitch: "n", MAC: modeltest.MAC(n), Endpoint: modeltest.IP(int(gd.Seq)), Learning: uint64(seconds) + 1}
		macs.Update(DatabaseID(gd), vtep.Locals{MACs: []vtep.LocalMAC{row}}, func(string) bool { return false }, at(seconds))
	}
	for i, gd := range []*model.GatewayDevice{a, b, gone, away} {
		learn(gd, 1, float64(20*i))
	}
	learn(gone, 2, 90)
	learn(a, 3, 90)
	l := macs.Snapshot(at(100)).Get("n")
	require.Len(t, l.Winners, 3)
	require.Len(t, l.Others, 3)
	v := Compile(Input{Definitions: &topo.Definitions, Learned: mactable.WinnersOf(map[string]*mactable.Learned{"n": l})}, nil)
	require.Equal(t, []vtep.MACEntry{
		{MAC: modeltest.MAC(1), Locator: vtep.Locator{Addr: modeltest.IP(int(b.Seq))}, Location: DatabaseID(b)},
		{MAC: modeltest.MAC(3), Locator: vtep.Locator{Addr: modeltest.IP(int(a.Seq))}, Location: DatabaseID(a)},
	}, v.Want(c.ID).Segment("n").MACs, "of two members the one where it was later; what no member has is nowhere")
}

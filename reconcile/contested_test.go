package reconcile

import (
	"bordergw/reconcile/mactable"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// A station that is configured at a far end point and learned by switches is where it
// is configured, and it is said who claims it: also the border whose entry it is, also
// several. It is over when nobody has learned it any more.
func TestContestedStations(t *testing.T) {
	topo := newTopology()
	net, beside := topo.network("n", 5001), topo.network("beside", 5002)
	a, b := topo.device("a", ""), topo.device("b", "")
	border := topo.device("border", model.BorderDirect)
	topo.access(net, a, b)
	topo.border(net, 5001, border)
	topo.access(beside, a, b)
	topo.far(border, model.RemoteMACEntry{MAC: macOf(7), VTEPAddress: model.VTEPAddress{198, 51, 100, 7}, SegmentationID: 5001})
	defs := topo.Definitions
	in := Input{Definitions: &defs, Learned: map[string]*mactable.Learned{}}
	by := func(gd *model.GatewayDevice, seq uint64) mactable.Candidate {
		return mactable.Candidate{MAC: macOf(7), Source: mactable.Local, Database: databaseID(gd), Endpoint: ipOf(int(gd.Seq)), Seq: seq}
	}
	var view *View
	claimed := func(l *mactable.Learned) map[string]int {
		t.Helper()
		in.Learned = map[string]*mactable.Learned{"n": l, "beside": {Winners: []mactable.Candidate{by(a, 1)}}}
		in.found, in.silent = nil, nil
		view = Compile(in, view)
		fresh := Compile(in, nil)
		require.Equal(t, fresh.contested, view.contested, "the short way says the same")
		require.Equal(t, vtep.Locator{Addr: model.VTEPAddress{198, 51, 100, 7}}, view.Wants[b.ID].Segment("n").Entry(macOf(7)).Locator)
		require.Nil(t, view.contested["beside"], "there it is not configured")
		return view.contestedOf()
	}
	require.Empty(t, claimed(&mactable.Learned{}))
	require.Equal(t, map[string]int{a.ID: 1}, claimed(&mactable.Learned{Winners: []mactable.Candidate{by(a, 1)}}))
	require.Contains(t, view.contested["n"].String(), "02:00:00:00:00:07, configured at 198.51.100.7, is claimed by device a")
	require.Equal(t, map[string]int{border.ID: 1}, claimed(&mactable.Learned{Winners: []mactable.Candidate{by(border, 1)}}))
	require.Equal(t, map[string]int{a.ID: 1, b.ID: 1}, claimed(&mactable.Learned{Winners: []mactable.Candidate{by(a, 2)}, Others: []mactable.Candidate{by(b, 1)}}))
	require.Empty(t, claimed(&mactable.Learned{Winners: []mactable.Candidate{{MAC: macOf(8), Source: mactable.Local, Database: databaseID(a), Endpoint: ipOf(1)}}}))
}

// What is said of contested stations does not grow with them.
func TestManyContestedStations(t *testing.T) {
	topo := newTopology()
	net := topo.network("n", 5001)
	a, border := topo.device("a", ""), topo.device("border", model.BorderDirect)
	topo.access(net, a)
	topo.border(net, 5001, border)
	l := &mactable.Learned{}
	for i := range 5000 {
		topo.far(border, model.RemoteMACEntry{MAC: macOf(i), VTEPAddress: model.VTEPAddress{198, 51, 100, 7}, SegmentationID: 5001})
		l.Winners = append(l.Winners, mactable.Candidate{MAC: macOf(i), Source: mactable.Local, Database: databaseID(a), Endpoint: ipOf(int(a.Seq))})
	}
	v := Compile(Input{Definitions: &topo.Definitions, Learned: map[string]*mactable.Learned{"n": l}}, nil)
	require.Equal(t, map[string]int{a.ID: 5000}, v.contestedOf())
	require.Less(t, len(v.contested["n"].String()), 2000)
	require.True(t, strings.HasSuffix(v.contested["n"].String(), "and 4990 more"))
}

// The switch where a station was last learned leaves the gateway: another member that
// has it as well has it then, not nobody.
func TestWinnerIsNoMember(t *testing.T) {
	topo := newTopology()
	net := topo.network("n", 5001)
	a, b, c := topo.device("a", ""), topo.device("b", ""), topo.device("c", "")
	gone, away := topo.device("gone", ""), topo.device("away", "")
	topo.access(net, a, b, c)
	macs := mactable.New(at(0), mactable.DefaultLocalHold, mactable.DefaultHold, 0)
	learn := func(gd *model.GatewayDevice, n int, seconds float64) {
		row := vtep.LocalMAC{LogicalSwitch: "n", MAC: macOf(n), Endpoint: ipOf(int(gd.Seq)), Learning: uint64(seconds) + 1}
		macs.Update(databaseID(gd), vtep.Locals{MACs: []vtep.LocalMAC{row}}, func(string) bool { return false }, at(seconds))
	}
	for i, gd := range []*model.GatewayDevice{a, b, gone, away} {
		learn(gd, 1, float64(20*i))
	}
	learn(gone, 2, 90)
	learn(a, 3, 90)
	l := macs.Snapshot(at(100))["n"]
	require.Len(t, l.Winners, 3)
	require.Len(t, l.Others, 3)
	v := Compile(Input{Definitions: &topo.Definitions, Learned: map[string]*mactable.Learned{"n": l}}, nil)
	require.Equal(t, []vtep.MACEntry{
		{MAC: macOf(1), Locator: vtep.Locator{Addr: ipOf(int(b.Seq))}, Home: databaseID(b)},
		{MAC: macOf(3), Locator: vtep.Locator{Addr: ipOf(int(a.Seq))}, Home: databaseID(a)},
	}, v.Wants[c.ID].Segment("n").MACs, "of two members the one where it was later; what no member has is nowhere")
}

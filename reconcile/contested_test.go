package reconcile

import (
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
	in := Input{Definitions: &defs, Learned: map[string]*Learned{}}
	by := func(gd *model.GatewayDevice, seq uint64) Candidate {
		return Candidate{MAC: macOf(7), Source: Local, Database: databaseID(gd), Endpoint: ipOf(int(gd.Seq)), Seq: seq}
	}
	var view *View
	claimed := func(l *Learned) map[string]int {
		t.Helper()
		in.Learned = map[string]*Learned{"n": l, "beside": {Winners: []Candidate{by(a, 1)}}}
		in.found, in.silent = nil, nil
		view = Compile(in, view)
		fresh := Compile(in, nil)
		require.Equal(t, fresh.contested, view.contested, "the short way says the same")
		require.Equal(t, vtep.Locator{Addr: model.VTEPAddress{198, 51, 100, 7}}, view.Wants[b.ID].Segment("n").Entry(macOf(7)).Locator)
		require.Nil(t, view.contested["beside"], "there it is not configured")
		return view.contestedOf()
	}
	require.Empty(t, claimed(&Learned{}))
	require.Equal(t, map[string]int{a.ID: 1}, claimed(&Learned{Winners: []Candidate{by(a, 1)}}))
	require.Contains(t, view.contested["n"].String(), "02:00:00:00:00:07, configured at 198.51.100.7, is claimed by device a")
	require.Equal(t, map[string]int{border.ID: 1}, claimed(&Learned{Winners: []Candidate{by(border, 1)}}))
	require.Equal(t, map[string]int{a.ID: 1, b.ID: 1}, claimed(&Learned{Winners: []Candidate{by(a, 2)}, Others: []Candidate{by(b, 1)}}))
	require.Empty(t, claimed(&Learned{Winners: []Candidate{{MAC: macOf(8), Source: Local, Database: databaseID(a), Endpoint: ipOf(1)}}}))
}

// What is said of contested stations does not grow with them.
func TestManyContestedStations(t *testing.T) {
	topo := newTopology()
	net := topo.network("n", 5001)
	a, border := topo.device("a", ""), topo.device("border", model.BorderDirect)
	topo.access(net, a)
	topo.border(net, 5001, border)
	l := &Learned{}
	for i := range 5000 {
		topo.far(border, model.RemoteMACEntry{MAC: macOf(i), VTEPAddress: model.VTEPAddress{198, 51, 100, 7}, SegmentationID: 5001})
		l.Winners = append(l.Winners, Candidate{MAC: macOf(i), Source: Local, Database: databaseID(a), Endpoint: ipOf(int(a.Seq))})
	}
	v := Compile(Input{Definitions: &topo.Definitions, Learned: map[string]*Learned{"n": l}}, nil)
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
	s := newSwitches(t, 0)
	for i, gd := range []*model.GatewayDevice{a, b, gone, away} {
		s.rows[databaseID(gd)] = map[rowKey]vtep.LocalMAC{}
		s.learn(databaseID(gd), rowKey{"n", macOf(1)}, ipOf(int(gd.Seq)), at(float64(20*i)))
	}
	s.learn(databaseID(gone), rowKey{"n", macOf(2)}, ipOf(int(gone.Seq)), at(90))
	s.learn(databaseID(a), rowKey{"n", macOf(3)}, ipOf(int(a.Seq)), at(90))
	l := s.snapshot(at(100))["n"]
	require.Len(t, l.Winners, 3)
	require.Len(t, l.Others, 3)
	v := Compile(Input{Definitions: &topo.Definitions, Learned: map[string]*Learned{"n": l}}, nil)
	require.Equal(t, []vtep.MACEntry{
		{MAC: macOf(1), Locator: vtep.Locator{Addr: ipOf(int(b.Seq))}, Home: databaseID(b)},
		{MAC: macOf(3), Locator: vtep.Locator{Addr: ipOf(int(a.Seq))}, Home: databaseID(a)},
	}, v.Wants[c.ID].Segment("n").MACs, "of two members the one where it was later; what no member has is nowhere")
}

package reconcile

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/vtep"
)

// TestNetworkMadeAnewIsReportedAnew: a network that is deleted and made anew with its id
// between two Views, as a program that chooses ids may do: the switches that carry it are to
// report all their MACs, else nothing that moves there counts as a move.
func TestNetworkMadeAnewIsReportedAnew(t *testing.T) {
	top := modeltest.New()
	net, other := top.Network("n", 5000), top.Network("o", 5001)
	var known newNetworks
	require.Empty(t, known.madeAnew(&top.Definitions))
	anew := *net
	anew.Record = top.Record(net.ID)
	top.Networks = top.Networks.Without(net.ID).With(&anew)
	require.Equal(t, []string{net.ID}, known.madeAnew(&top.Definitions))
	require.Empty(t, known.madeAnew(&top.Definitions), "once")
	renamed := anew
	renamed.Name = "m"
	top.Networks = top.Networks.With(&renamed)
	require.Empty(t, known.madeAnew(&top.Definitions), "it is the same network")

	carries := func(net *model.Network) vtep.Segments { return vtep.SegmentsOf(&vtep.Segment{Name: net.ID}) }
	r := networkReports{}
	require.False(t, r.again(vtep.Segments{}, []string{net.ID}))
	require.False(t, r.again(carries(other), []string{net.ID}))
	_, some := r.anew(&top.Definitions)
	require.False(t, some)
	require.True(t, r.again(carries(net), []string{net.ID}))
	what, _ := r.anew(&top.Definitions)
	require.ElementsMatch(t, []string{net.ID, other.ID}, what.Names, "it is another network; no report spoke for the other one")
	r.begin(what, &top.Definitions)
	_, some = r.anew(&top.Definitions)
	require.False(t, some, "once")
}

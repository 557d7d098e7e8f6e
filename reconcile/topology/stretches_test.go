package topology_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/topology"
)

// said is a stretch in a word.
func said(s topology.Stretch) string {
	out := fmt.Sprintf("%s-%s %d", s.Sites[0], s.Sites[1], s.Networks)
	for _, gd := range s.Borders {
		out += " " + gd.Name
	}
	return out
}

func stretchesOf(top *modeltest.Builder) (out []string) {
	for _, s := range topology.NewStretches(&top.Definitions, nil).Pairs {
		out = append(out, said(s))
	}
	return out
}

func TestStretches(t *testing.T) {
	top := modeltest.New()
	site := func(name, site string) *model.GatewayDevice { return top.Device(name, "", modeltest.InSite(site)) }
	e1, e2, w, n, leaf := site("e1", "east"), site("e2", "east"), site("w", "west"), site("n", "north"), site("leaf", "east")
	blue, red := top.Network("blue", 5000), top.Network("red", 5001)
	top.Access(blue, leaf, w)
	require.Empty(t, stretchesOf(top), "ports join no sites")

	top.Border(blue, 7000, e1, w)
	top.Border(blue, 7000, e2)
	require.Equal(t, []string{"east-west 1 e1 e2 w"}, stretchesOf(top), "each network counts once")
	top.Border(red, 7001, w, n)
	top.Border(red, 7002, e2, w)
	require.Equal(t, []string{"east-west 2 e1 e2 w", "north-west 1 n w"}, stretchesOf(top), "another VNI between sites is another stretch")

	// The VNI between sites may be the gateway's, and a border may have ports.
	green := top.Network("green", 5002)
	top.Connect(green, 0, model.Device{DeviceID: e1.ID, SegmentationID: 7003, Interfaces: top.Port(green)}, model.Device{DeviceID: n.ID, SegmentationID: 7003})
	require.Equal(t, []string{"east-west 2 e1 e2 w", "east-north 1 e1 n", "north-west 1 n w"}, stretchesOf(top))

	s := topology.NewStretches(&top.Definitions, nil)
	require.True(t, s.IsBorder(e1.ID))
	require.False(t, s.IsBorder(leaf.ID))
	require.False(t, s.IsBorder(""))
}

// TestStretchesAreKept: they are made anew only if what they follow from changes.
func TestStretchesAreKept(t *testing.T) {
	top := modeltest.New()
	a, b := top.Device("a", "", modeltest.InSite("east")), top.Device("b", "", modeltest.InSite("west"))
	c := top.Border(top.Network("blue", 5000), 7000, a, b)
	s := topology.NewStretches(&top.Definitions, nil)
	require.Len(t, s.Pairs, 1)

	top.Network("red", 5001)
	defs := top.Definitions
	require.Same(t, s, topology.NewStretches(&defs, s))
	defs.Connections = defs.Connections.Without(c.ID)
	require.Empty(t, topology.NewStretches(&defs, s).Pairs)
	defs = top.Definitions
	moved := *b
	moved.Site = "east"
	defs.Devices = defs.Devices.With(&moved)
	require.Empty(t, topology.NewStretches(&defs, s).Pairs)
	defs = top.Definitions
	defs.Gateways = defs.Gateways.Without(c.L2GatewayID)
	gone := topology.NewStretches(&defs, s)
	require.Empty(t, gone.Pairs)
	require.False(t, gone.IsBorder(a.ID))
}

// TestStretchesAreBounded: of a network in many sites only some are looked at.
func TestStretchesAreBounded(t *testing.T) {
	top := modeltest.New()
	var borders []*model.GatewayDevice
	for i := range 40 {
		borders = append(borders, top.Device(fmt.Sprint("b", i), "", modeltest.InSite(fmt.Sprintf("site%02d", i))))
	}
	top.Border(top.Network("blue", 5000), 7000, borders...)
	pairs := topology.NewStretches(&top.Definitions, nil).Pairs
	require.Len(t, pairs, 16*15/2)
	require.Equal(t, [2]string{"site00", "site01"}, pairs[0].Sites)
	require.Equal(t, [2]string{"site14", "site15"}, pairs[len(pairs)-1].Sites)
}

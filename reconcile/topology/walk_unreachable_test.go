package topology

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/vtep"
)

// Each site has two borders with ports of their own. Some first ones are out of
// the controller's reach, not dead: they go on with what they held, while the
// second ones have taken over. With one of them, no frame comes back to its
// sender; with one in each site it may, but it does not go round.
func TestWalkPastUnreachableForwardersWithPorts(t *testing.T) {
	for _, mode := range []model.BorderMode{model.BorderRelay, model.BorderStitch} {
		for _, away := range []string{"b00", "b00 b10"} {
			t.Run(string(mode)+" "+away, func(t *testing.T) {
				topo := newTopology()
				net := topo.Network("n", 5001)
				var borders []model.Device
				down := map[string]bool{}
				for _, site := range []string{"0", "1"} {
					topo.Access(net, topo.Device("a"+site, "", modeltest.InSite(site)))
					for _, n := range []string{"0", "1"} {
						gd := topo.Device("b"+site+n, mode, modeltest.InSite(site), modeltest.Keyed)
						borders = append(borders, model.Device{DeviceID: gd.ID, SegmentationID: 9001, Interfaces: topo.Port(net)})
						if strings.Contains(away, gd.Name) {
							down[gd.ID] = true
						}
					}
				}
				topo.Connect(net, 9001, borders...)
				before, after := topo.compile(nil), topo.compile(down)
				p := newPlane(topo, func(gd *model.GatewayDevice) *vtep.Want {
					if down[gd.ID] {
						return before.Want(gd.ID)
					}
					return after.Want(gd.ID)
				})
				if len(down) > 1 {
					p.maxHops = 10
				}
				for _, n := range p.nodes {
					got := p.broadcast(n, "n")
					require.True(t, len(down) > 1 || got[hostAt(n.gd, "n")] == 0, "from %s: %v", n.gd.Name, got)
				}
				require.Empty(t, p.faults)
			})
		}
	}
}

package topology

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
)

// farTopology has a device in ten networks, with that many remote MACs in each but the
// first, which has one.
func farTopology(macs int) (*topology, *model.GatewayDevice) {
	t := newTopology()
	gd, other := t.Device("gd", ""), t.Device("other", "")
	for i := range 10 {
		net := t.Network(fmt.Sprint("n", i), model.VNI(5001+i))
		t.Access(net, gd, other)
		var all []*model.RemoteMAC
		for range macs {
			t.hosts++
			all = append(all, &model.RemoteMAC{DeviceID: gd.ID, Seq: uint64(t.hosts), RemoteMACEntry: model.RemoteMACEntry{
				ID: fmt.Sprint("far", t.hosts), MAC: modeltest.MAC(t.hosts), VTEPAddress: modeltest.IP(200), SegmentationID: net.VNI}})
			if i == 0 {
				break
			}
		}
		t.RemoteMACs = t.RemoteMACs.With(gd.ID, all...)
	}
	return t, gd
}

// TestRemoteMACConcernsItsVNI: a remote MAC that comes or goes makes new segments of the network
// with its VNI and of no other, whatever else stands on the device.
func TestRemoteMACConcernsItsVNI(t *testing.T) {
	cost := func(macs int) uint64 {
		topo, gd := farTopology(macs)
		before := topo.Definitions
		was := Compile(Input{Definitions: &before}, nil)

		m := topo.far(gd, model.RemoteMACEntry{MAC: modeltest.MAC(900_000), VTEPAddress: modeltest.IP(201), SegmentationID: 5001})
		after := topo.Definitions
		var start, end runtime.MemStats
		runtime.ReadMemStats(&start)
		now := Compile(Input{Definitions: &after}, was)
		runtime.ReadMemStats(&end)
		require.Len(t, now.Want("other").Segment("n0").MACs, 2)
		for _, id := range []string{"gd", "other"} {
			for i := range 10 {
				name := fmt.Sprint("n", i)
				require.Equal(t, i > 0, was.Want(id).Segment(name) == now.Want(id).Segment(name), name)
			}
		}
		topo.RemoteMACs = topo.RemoteMACs.Without(m)
		gone := Compile(Input{Definitions: &topo.Definitions}, now)
		require.Equal(t, was.wishes(), gone.wishes())
		require.Len(t, now.Want("other").Segment("n0").MACs, 2, "a View is immutable")
		return end.TotalAlloc - start.TotalAlloc
	}
	few, many := cost(10), cost(6000)
	require.Less(t, many, 2*few, "bytes allocated for one MAC, with 91 and with 54,001 standing")
}

package reconcile

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model/modeltest"
	"bordergw/reconcile/topology"
)

// TestMembersAreKnownOfANewView: who asks before there is a View, or before one that has the
// last change of the network's connections, gets no empty list: a Neutron that
// believes it removes its tunnels.
func TestMembersAreKnownOfANewView(t *testing.T) {
	top := modeltest.New()
	net, gd := top.Network("n", 5000), top.Device("sw1", "")
	c := top.Access(net, gd)
	top.Revision = 100
	defs := top.Definitions
	l := New(definedStore{defs: &defs}, Options{})
	_, known := l.EndpointReach(net.ID, "")
	require.False(t, known)

	made := defs
	l.view.Store(topology.Compile(topology.Input{Definitions: &made}, nil))
	reach, known := l.EndpointReach(net.ID, "")
	require.True(t, known)
	require.Len(t, reach.Members, 1)

	defs.Revision++
	_, known = l.EndpointReach(net.ID, "")
	require.True(t, known, "something else has changed")
	defs.Connections = defs.Connections.Without(c.ID)
	_, known = l.EndpointReach(net.ID, "")
	require.False(t, known)
}

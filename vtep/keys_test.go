package vtep_test

import (
	"testing"

	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

const numbered = `
switch sw1 10.0.0.1
port sw1 eth1
ls a key 100
ls b key 101
ls b-border key 500
ls bare
bind sw1 eth1 7 b-border
bind sw1 eth1 8 a
remote b 02:00:00:00:00:01 10.0.0.2#700`

// TestTakeVNIs: the first call returns all VNIs, whoever wrote them; later calls return what changed.
func TestTakeVNIs(t *testing.T) {
	server := seed(t, "1.7.0", numbered)
	s := open(t, server, nil)
	all, vnis := s.TakeVNIs()
	require.True(t, all)
	require.Equal(t, map[string]model.VNI{"a": 100, "b": 101, "b-border": 500, "bare": 0}, vnis)
	all, vnis = s.TakeVNIs()
	require.False(t, all)
	require.Empty(t, vnis)
	server.VtepCtl("--", "set", "Logical_Switch", "a", "tunnel_key=110", "--", "del-ls", "bare", "--", "add-ls", "c",
		"--", "set", "Logical_Switch", "c", "tunnel_key=0", "--", "set", "Logical_Switch", "b", "description=x")
	got := map[string]model.VNI{}
	poll.True(t, patience, "all changes are returned", func() bool {
		all, vnis := s.TakeVNIs()
		require.False(t, all)
		for name, v := range vnis {
			got[name] = v
		}
		return len(got) == 4
	})
	require.Equal(t, map[string]model.VNI{"a": 110, "bare": 0, "c": 0, "b": 101}, got)
}

// TestLingering: a number lingers while a row of the network shows it.
func TestLingering(t *testing.T) {
	s := open(t, seed(t, "1.7.0", numbered), nil)
	vni := func(network string, v model.VNI) vtep.Use {
		return vtep.Use{Network: network, WireID: model.WireID{VNI: v}}
	}
	vlan := func(network string, v model.VLAN) vtep.Use {
		return vtep.Use{Network: network, WireID: model.WireID{StitchVLAN: v}}
	}
	for use, want := range map[vtep.Use]bool{
		vni("a", 100):  true,
		vni("a", 101):  false, // b's
		vni("b", 500):  true,  // of its second logical switch
		vni("b", 700):  true,  // of a locator
		vni("b", 701):  false,
		vni("x", 100):  false,
		vlan("b", 7):   true,
		vlan("a", 8):   true,
		vlan("a", 7):   false,
		vlan("x", 7):   false,
		vlan("a", 100): false,
	} {
		require.Equal(t, []bool{want}, s.Lingering([]vtep.Use{use}), "%v of %s", use.WireID, use.Network)
	}
}

//go:build openstack

package openstack_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNetworkOptions gives the options of "network create" that stock tools give.
func TestNetworkOptions(t *testing.T) {
	t.Parallel()
	c := client{t, []string{"--os-auth-type", "none", "--os-endpoint", serve(t)}}
	made := c.get("network", "create", "--internal", "--no-default", "--no-share", "--enable", "--disable-port-security", "--no-transparent-vlan",
		"--dns-domain", "", "--provider-network-type", "vxlan", "--provider-segment", "77", "--description", "of tenant a", "a")
	require.Equal(t, "of tenant a", made["description"])
	require.Equal(t, false, made["router:external"])
	require.EqualValues(t, 77, made["provider:segmentation_id"])
	c.do("network", "set", "--description", "other", "a")
	require.Equal(t, "other", c.get("network", "show", "a")["description"])

	require.Contains(t, c.refused("network", "create", "--external", "b"), "Invalid input for router:external. Reason: 'True' is not supported")
	require.Contains(t, c.refused("network", "create", "--mtu", "1400", "b"), "Invalid input for mtu. Reason: '1400' is not supported")
	require.Contains(t, c.refused("network", "create", "--provider-physical-network", "p", "b"), "Invalid input for provider:physical_network")
}

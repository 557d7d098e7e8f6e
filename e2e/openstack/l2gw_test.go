//go:build openstack

package openstack_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/api/keystone/keystonetest"
	"bordergw/internal/ovsdbtest"
)

// secondNetwork is an id that the client can look up: it takes only UUIDs for
// ids.
const secondNetwork = "4c95503e-d779-4e0a-aa5b-9deb4b1a096f"

// port is an interface of a gateway as the client prints it.
func port(name string, vlans ...any) any {
	return map[string]any{"name": name, "segmentation_id": append([]any{}, vlans...)}
}

func interfaces(gateway map[string]any) any {
	return gateway["Devices"].([]any)[0].(map[string]any)["interfaces"]
}

// TestWithoutKeystone does everything that the client can do, on a real switch
// database.
func TestWithoutKeystone(t *testing.T) {
	t.Parallel()
	url := serve(t)
	db := ovsdbtest.Start(t)
	db.AddSwitch("sw1", "192.0.2.1", "p1", "p2")
	bordergw(t, url, "device", "create", "--name", "sw1", "--management-ip", "127.0.0.1", "--management-port", strconv.Itoa(db.Port()))
	bordergw(t, url, "network", "create", "net1")
	bordergw(t, url, "network", "create", "net2", "--id", secondNetwork)
	bordergw(t, url, "wait", "device/sw1", "--for", "InSync", "--timeout", "30s")
	c := client{t, []string{"--os-auth-type", "none", "--os-endpoint", url}}

	made := c.get("l2gw", "create", "--device", "name=sw1,interface_names=p1|100#200;p2|300", "gw1")
	id := made["ID"].(string)
	require.Equal(t, []any{port("p1", "100", "200"), port("p2", "300")}, interfaces(made))
	require.Equal(t, made, c.get("l2gw", "show", "gw1"))
	require.Equal(t, made, c.get("l2gw", "show", id))
	require.Len(t, c.list("l2gw", "list"), 1)

	c.do("l2gw", "update", "--name", "gw2", "gw1")
	c.do("l2gw", "update", "--device", "name=sw1,interface_names=p1|101", id)
	changed := c.get("l2gw", "show", "gw2")
	require.Equal(t, []any{port("p1", "101")}, interfaces(changed))
	c.do("l2gw", "create", "--device", "name=sw1,interface_names=p2", "open")

	first := c.get("l2gw", "connection", "create", "gw2", "net1")
	byVLAN := c.get("l2gw", "connection", "create", "open", secondNetwork, "--default-segmentation-id", "7")
	require.Equal(t, "7", byVLAN["Segmentation ID"])
	require.Equal(t, secondNetwork, byVLAN["Network ID"])
	require.Contains(t, c.refused("l2gw", "connection", "create", "gw2", "net1"), "exists on network gateway")
	require.Len(t, c.list("l2gw", "connection", "list"), 2)
	require.Equal(t, id, c.get("l2gw", "connection", "show", first["ID"].(string))["L2 GateWay ID"])
	bordergw(t, url, "wait", "--for", "Programmed", "--timeout", "30s")

	require.Contains(t, c.refused("l2gw", "delete", "gw2"), "still has active mappings")
	require.Contains(t, c.refused("l2gw", "connection", "delete", "gw2"), "Unable to find l2_gateway_connection")
	require.Len(t, c.list("l2gw", "connection", "list"), 2, "a name deletes no connection")

	agents := c.list("network", "agent", "list")
	require.Len(t, agents, 1)
	require.Equal(t, []any{"sw1", true, "bordergw"}, []any{agents[0]["Host"], agents[0]["Alive"], agents[0]["Binary"]})
	require.Equal(t, "sw1", c.get("network", "agent", "show", agents[0]["ID"].(string))["host"])

	c.do("l2gw", "connection", "delete", first["ID"].(string), byVLAN["ID"].(string))
	c.do("l2gw", "delete", "gw2", "open")
	require.Empty(t, c.list("l2gw", "list"))
}

func TestWithToken(t *testing.T) {
	t.Parallel()
	tokens := filepath.Join(t.TempDir(), "tokens.yaml")
	require.NoError(t, os.WriteFile(tokens, []byte("- {token: sesame, user: u, project: ops, roles: [admin]}\n"), 0o600))
	url := serve(t, "--auth", "token", "--token-file", tokens)
	holder := func(token string) client {
		return client{t, []string{"--os-auth-type", "admin_token", "--os-endpoint", url, "--os-token", token}}
	}
	c := holder("sesame")
	made := c.get("l2gw", "create", "--device", "name=sw1,interface_names=p1|5", "gw1")
	require.Equal(t, "ops", made["Tenant"])
	require.Len(t, c.list("l2gw", "list"), 1)
	require.Contains(t, holder("wrong").refused("l2gw", "list"), "Authentication required")
	c.do("l2gw", "delete", made["ID"].(string))
}

// TestWithKeystone logs the client in at a Keystone, from whose catalog it
// learns where we are, and whom we ask about its tokens.
func TestWithKeystone(t *testing.T) {
	t.Parallel()
	k := keystonetest.Start(t)
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte(keystonetest.ServicePassword), 0o600))
	k.Network = serve(t, "--auth", "keystone", "--keystone-url", k.URL+"/v3", "--keystone-username", keystonetest.ServiceUser,
		"--keystone-password-file", password, "--policy", "get_l2_gateway=admin_or_owner")
	k.AddUser("a", keystonetest.Subject{User: "alice", Project: "ops", Roles: []string{"admin"}, Left: time.Hour})
	k.AddUser("b", keystonetest.Subject{User: "bob", Project: "lab", Roles: []string{"member"}, Left: time.Hour})
	as := func(user, password, project string) client {
		return client{t, []string{"--os-auth-type", "v3password", "--os-auth-url", k.URL + "/v3", "--os-username", user, "--os-password", password,
			"--os-project-name", project, "--os-user-domain-name", "Default", "--os-project-domain-name", "Default"}}
	}
	alice, bob := as("alice", "a", "ops"), as("bob", "b", "lab")
	made := alice.get("l2gw", "create", "--device", "name=sw1,interface_names=p1|5", "gw1")
	require.Equal(t, "ops", made["Tenant"])
	require.Empty(t, bob.list("l2gw", "list"))
	require.Contains(t, bob.refused("l2gw", "create", "--device", "name=sw1,interface_names=p1|5", "gw2"), "User does not have admin privileges")
	alice.do("l2gw", "delete", "gw1")
	require.Equal(t, 1, k.Logins())
}

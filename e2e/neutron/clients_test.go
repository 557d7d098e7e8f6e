//go:build neutron

package neutron_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

// shell runs OpenStack's clients, unmodified, with our extensions of them.
type shell struct {
	*testing.T
	server *server
	url    string
}

// clientsScene: the clients work with Neutron.
func clientsScene(t *testing.T, w *world) {
	s := newScene(t, w)
	to, err := url.Parse(w.server.url)
	require.NoError(t, err)
	// The clients know nothing of the headers that Keystone's middleware would set.
	transport := &http.Transport{DisableKeepAlives: true}
	front := httptest.NewServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // links in answers lead here again
		for name, values := range s.neutron.header {
			r.Out.Header[name] = values
		}
	}})
	t.Cleanup(front.Close)
	allCommands(shell{t, w.server, front.URL}, s.neutron)
	s.nothingIsLeft()
}

// clientsAloneScene: the same clients do the same with a bordergw that has no Neutron.
func clientsAloneScene(t *testing.T, w *world) {
	b := newBordergw(t, "127.0.0.1:0")
	allCommands(shell{t, w.server, b.url}, rest{url: b.url})
}

func allCommands(c shell, api rest) {
	sw := ovsdbtest.Start(c.T)
	sw.AddSwitch("hwC", "192.0.2.1", "p1", "p2")
	id := c.deviceCommands(strconv.Itoa(sw.Port()))
	c.remoteMACCommands(id)
	c.borderCommands(id)
	c.gatewayCommands(api.create(c.T, network, object{"name": "blue"})["id"].(string))
	c.openstack("gateway", "device", "delete", "hwC")
	require.Empty(c.T, c.list(c.openstack, "gateway", "device", "list"))
}

// deviceCommands leaves a device hwC, and returns its id.
func (c shell) deviceCommands(port string) string {
	c.Helper()
	made := c.show(c.neutron, "gateway-device-create", "--name", "hwA", "--management-ip", "127.0.0.1", "--management-port", port, "--tenant-id", "t1")
	id := made["id"].(string)
	require.Equal(c.T, "t1", made["tenant_id"])
	c.neutron("gateway-device-update", "hwA", "--name", "hwB")
	require.Equal(c.T, id, c.show(c.neutron, "gateway-device-show", "hwB")["id"])
	require.Equal(c.T, []string{id}, ids(c.list(c.neutron, "gateway-device-list")))

	require.Equal(c.T, []string{id}, ids(c.list(c.openstack, "gateway", "device", "list")))
	c.openstack("gateway", "device", "set", "hwB", "--name", "hwC", "--site", "east", "--tunnel-ip", "192.0.2.1")
	shown := c.show(c.openstack, "gateway", "device", "show", "hwC")
	require.Equal(c.T, []any{id, "hwC", "east", "127.0.0.1"}, []any{shown["id"], shown["name"], shown["site"], shown["management_ip"]})
	require.Equal(c.T, id, c.show(c.openstack, "gateway", "device", "show", id)["id"])
	c.openstack("gateway", "device", "set", id, "--site", "")
	require.Equal(c.T, "", c.show(c.openstack, "gateway", "device", "show", id)["site"])
	c.openstack("gateway", "device", "set", "hwC", "--border-mode", "stitch", "--stitch-ports", "xa,xb")
	shown = c.show(c.openstack, "gateway", "device", "show", "hwC")
	require.Equal(c.T, []any{"stitch", []any{"xa", "xb"}}, []any{shown["border_mode"], shown["stitch_ports"]})
	c.neutron("gateway-device-update", "hwC", "--border-mode", "direct", "--stitch-ports", "")

	second := c.show(c.openstack, "gateway", "device", "create", "--name", "hwD", "--management-ip", "127.0.0.9", "--management-port", "6640")
	third := c.show(c.neutron, "gateway-device-create", "--name", "hwE", "--type", "hw_vtep", "--management-ip", "127.0.0.8", "--management-port", "6640")
	require.Contains(c.T, c.refused(c.command("openstack"), "gateway", "device", "delete", "nope", "hwD"), "1 of 2 could not be deleted")
	c.neutron("gateway-device-delete", third["id"].(string))
	require.Contains(c.T, c.refused(c.command("openstack"), "gateway", "device", "show", second["id"].(string)), "There is no gateway device")
	return id
}

func (c shell) remoteMACCommands(device string) {
	c.Helper()
	const first, second = "10:20:30:40:50:60", "10:20:30:40:50:61"
	given := []string{"--vtep-address", "192.168.34.5", "--segmentation-id", "304"}
	made := c.show(c.neutron, append([]string{"gateway-device-remote-mac-entry-create", "hwC", "--mac-address", first}, given...)...)
	require.Equal(c.T, first, made["mac_address"])
	added := c.show(c.openstack, append([]string{"gateway", "device", "remote", "mac", "create", "hwC", "--mac-address", second}, given...)...)
	require.Equal(c.T, second, added["mac_address"])
	for _, listed := range [][]object{c.list(c.neutron, "gateway-device-remote-mac-entry-list", "hwC"),
		c.list(c.openstack, "gateway", "device", "remote", "mac", "list", device)} {
		require.ElementsMatch(c.T, []any{made["id"], added["id"]}, []any{listed[0]["id"], listed[1]["id"]})
		require.Equal(c.T, []string{first, second}, column(listed, "mac_address"))
	}
	require.Equal(c.T, first, c.show(c.neutron, "gateway-device-remote-mac-entry-show", made["id"].(string), "hwC")["mac_address"])
	c.neutron("gateway-device-remote-mac-entry-delete", made["id"].(string), "hwC")
	require.Contains(c.T, c.refused(c.command("openstack"), "gateway", "device", "remote", "mac", "delete", "hwC", made["id"].(string)), "1 of 1 could not be deleted")
	c.openstack("gateway", "device", "remote", "mac", "delete", "hwC", added["id"].(string))
	require.Empty(c.T, c.list(c.openstack, "gateway", "device", "remote", "mac", "list", "hwC"))
}

// borderCommands makes border gateways, with all spellings of the VNI.
func (c shell) borderCommands(device string) {
	c.Helper()
	for i, key := range []string{"segmentation_id", "segmentation-id", "segmentaion_id"} {
		vni := strconv.Itoa(7000 + i)
		made := c.show(c.neutron, "midonet-l2-gateway-create", "bgw"+vni, "--device", "device_id="+device+","+key+"="+vni)
		require.Equal(c.T, []any{object{"device_id": device, "segmentation_id": vni, "segmentation-id": float64(7000 + i)}}, made["devices"])
	}
	require.Len(c.T, c.list(c.neutron, "l2-gateway-list"), 3)
	made := c.show(c.openstack, "l2gw", "border", "create", "bgw8000", "--device", "device_id=hwC,segmentation-id=8000")
	require.Equal(c.T, "bgw8000", made["name"])
	require.Contains(c.T, fmt.Sprint(made["devices"]), device)
	require.Len(c.T, c.list(c.openstack, "l2gw", "list"), 4)
	require.Contains(c.T, c.refused(c.command("openstack"), "l2gw", "border", "create", "x", "--device", "device_id=ghost,segmentation_id=1"), "ghost")
	require.Contains(c.T, c.refused(c.command("neutron"), "midonet-l2-gateway-create", "x", "--device", "device_id=a,segmentation_id=1,segmentation-id=2"), "twice")
	c.neutron("l2-gateway-delete", "bgw7000", "bgw7001")
	c.openstack("l2gw", "delete", "bgw7002", "bgw8000")
}

// gatewayCommands are those of networking-l2gw.
func (c shell) gatewayCommands(networkID string) {
	c.Helper()
	made := c.show(c.openstack, "l2gw", "create", "--device", "name=hwC,interface_names=p1|100#200;p2|300", "rack1")
	require.Equal(c.T, made, c.show(c.openstack, "l2gw", "show", "rack1"))
	c.openstack("l2gw", "update", "--name", "rack2", "rack1")
	c.openstack("l2gw", "update", "--device", "name=hwC,interface_names=p1|101", made["ID"].(string))
	shown := c.show(c.neutron, "l2-gateway-show", "rack2")["devices"].([]any)[0].(object)["interfaces"]
	require.Contains(c.T, fmt.Sprint(shown), "segmentation_id:[101]")
	conn := c.show(c.openstack, "l2gw", "connection", "create", "rack2", networkID)
	require.Equal(c.T, conn["ID"], c.show(c.openstack, "l2gw", "connection", "show", conn["ID"].(string))["ID"])
	require.Contains(c.T, c.refused(c.command("openstack"), "l2gw", "connection", "create", "rack2", networkID), "exists on network gateway")
	require.Len(c.T, c.list(c.openstack, "l2gw", "connection", "list"), 1)
	require.Len(c.T, c.list(c.neutron, "l2-gateway-connection-list"), 1)
	require.Contains(c.T, c.refused(c.command("openstack"), "l2gw", "delete", "rack2"), "still has active mappings")
	c.openstack("l2gw", "connection", "delete", conn["ID"].(string))
	c.openstack("l2gw", "delete", "rack2")
}

type invocation func(args ...string) *exec.Cmd

// command is one of the two clients, with all it needs to find the server.
func (c shell) command(name string) invocation {
	return func(args ...string) *exec.Cmd {
		if name == "openstack" {
			args = append([]string{"--os-auth-type", "admin_token", "--os-token", "x", "--os-endpoint", c.url}, args...)
		}
		cmd := c.server.command(name, args...)
		if name == "neutron" {
			cmd.Env = append(cmd.Env, "OS_AUTH_TYPE=none", "OS_ENDPOINT="+c.url)
		}
		return cmd
	}
}

func (c shell) openstack(args ...string) string { return c.do(c.command("openstack"), args...) }

func (c shell) neutron(args ...string) string { return c.do(c.command("neutron"), args...) }

// run returns what a client prints, and whether it succeeds.
func (c shell) run(p invocation, args ...string) (stdout, stderr string, ok bool) {
	c.Helper()
	var out, errOut bytes.Buffer
	cmd := p(args...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errOut, time.Second
	require.NoError(c.T, cmd.Start())
	limit := time.AfterFunc(longPatience, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	err := cmd.Wait()
	return out.String(), errOut.String(), err == nil
}

func (c shell) do(p invocation, args ...string) string {
	c.Helper()
	out, errOut, ok := c.run(p, args...)
	require.True(c.T, ok, "%s: %s%s", strings.Join(args, " "), out, errOut)
	return out
}

// refused is a command that fails; it returns what is said.
func (c shell) refused(p invocation, args ...string) string {
	c.Helper()
	out, errOut, ok := c.run(p, args...)
	require.False(c.T, ok, "%s: %s", strings.Join(args, " "), out)
	return out + errOut
}

// show is a command that prints one object.
func (c shell) show(client func(...string) string, args ...string) object {
	c.Helper()
	return parse(c.T, client(append(args, "-f", "json")...))
}

// list is a command that prints several objects. Their attributes have the names of the API.
func (c shell) list(client func(...string) string, args ...string) (out []object) {
	c.Helper()
	text := client(append(args, "-f", "json")...)
	require.NoError(c.T, json.Unmarshal([]byte(text), &out), text)
	return out
}

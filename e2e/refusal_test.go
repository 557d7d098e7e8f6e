package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

// TestRefusals (F-58): bad requests are refused with a status, a type and a
// reason, and change neither store nor switch.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := ovsdbtest.Start(t)
	s.AddSwitch("tor1", "192.0.2.1", "p1")
	c := start(t)
	dev := c.register("tor1", s)
	c.reaches(patience, devices, dev, "IN_SYNC")
	net := c.create(networks, object{"id": "net-1", "provider:segmentation_id": 5001})
	badPort := c.create(gateways, object{"devices": []object{onSwitch("tor1", port("p99", 100))}})
	bare := c.create(gateways, object{"devices": []object{onSwitch("tor1", port("p1"))}})
	c.settled()
	written, transactions := c.storeFile(), s.Transactions()

	on := func(vlan string) string {
		return `{"l2_gateway":{"devices":[{"device_name":"tor1","interfaces":[{"name":"p1","segmentation_id":[` + vlan + `]}]}]}}`
	}
	border := func(vni string) string {
		return `{"l2_gateway":{"devices":[{"device_id":"` + dev + `","segmentation_id":` + vni + `}]}}`
	}
	mac := func(mac, vtep, vni string) string {
		return `{"remote_mac_entry":{"mac_address":"` + mac + `","vtep_address":"` + vtep + `","segmentation_id":` + vni + `}}`
	}
	join := func(gw, rest string) string {
		return `{"l2_gateway_connection":{"l2_gateway_id":"` + gw + `","network_id":"` + net + `"` + rest + `}}`
	}
	macs := devices + "/" + dev + "/remote_mac_entries"
	const bad, invalid = "HTTPBadRequest", "InvalidInput"
	for name, r := range map[string]struct {
		method, path, body string
		status             int
		typ, message       string
	}{
		"unknown port":     {"POST", connections, join(badPort, ""), 404, "L2GatewayInterfaceNotFound", "p99"},
		"unknown network":  {"POST", connections, strings.ReplaceAll(join(bare, `,"segmentation_id":"5"`), net, "none"), 404, "NetworkNotFound", "none"},
		"gateway VLAN":     {"POST", gateways, on("4095"), 400, invalid, "out of range"},
		"connection VLAN":  {"POST", connections, join(bare, `,"segmentation_id":"4095"`), 400, invalid, "out of range"},
		"no VLAN":          {"POST", connections, join(bare, ""), 400, invalid, "must be specified"},
		"border VNI 0":     {"POST", gateways, border(`"0"`), 400, invalid, "out of range"},
		"border VNI 2^24":  {"POST", gateways, border("16777216"), 400, invalid, "out of range"},
		"network VNI 0":    {"POST", networks, `{"network":{"provider:segmentation_id":0}}`, 400, bad, "provider:segmentation_id"},
		"network VNI 2^24": {"POST", networks, `{"network":{"provider:segmentation_id":16777216}}`, 400, bad, "provider:segmentation_id"},
		"multicast MAC":    {"POST", macs, mac("01:00:5e:00:00:01", "198.51.100.7", "7000"), 400, bad, "01:00:5e:00:00:01"},
		"no MAC":           {"POST", macs, mac("zz", "198.51.100.7", "7000"), 400, bad, "zz"},
		"IPv6 VTEP":        {"POST", macs, mac("00:aa:00:00:00:01", "2001:db8::1", "7000"), 400, bad, "2001:db8::1"},
		"MAC's VNI":        {"POST", macs, mac("00:aa:00:00:00:01", "198.51.100.7", "0"), 400, bad, "segmentation_id"},
		"IPv6 tunnel IP": {"POST", devices, `{"gateway_device":{"type":"hw_vtep","management_ip":"127.0.0.1","management_port":1,"tunnel_ips":["2001:db8::1"]}}`,
			400, bad, "2001:db8::1"},
		"2 MB":          {"POST", networks, `{"network":{"name":"` + strings.Repeat("x", 2<<20) + `"}}`, 413, "HTTPRequestEntityTooLarge", "too large"},
		"no JSON":       {"POST", networks, `{"network":`, 400, "MalformedRequestBody", "JSON"},
		"unknown key":   {"POST", networks, `{"network":{"nmae":"x"}}`, 400, bad, "nmae"},
		"id in use":     {"POST", networks, `{"network":{"id":"` + net + `"}}`, 409, "Conflict", net},
		"VNI in use":    {"POST", networks, `{"network":{"provider:segmentation_id":5001}}`, 409, "VNIInUse", "5001"},
		"device in use": {"DELETE", devices + "/" + dev, "", 409, "GatewayDeviceInUse", dev},
		"no such thing": {"DELETE", networks + "/none", "", 404, "NetworkNotFound", "none"},
		"no such path":  {"GET", "/v2.0/routers", "", 404, "HTTPNotFound", "not be found"},
		"method":        {"PATCH", networks, "{}", 405, "HTTPMethodNotAllowed", ""},
	} {
		a, err := c.try(r.method, r.path, r.body)
		require.NoError(t, err, name)
		typ, message := a.refusal()
		require.Equal(t, r.status, a.status, "%s: %s", name, a.text)
		require.Equal(t, r.typ, typ, "%s: %s", name, a.text)
		require.Contains(t, message, r.message, name)
		require.True(t, bytes.Equal(written, c.storeFile()), "%s: the store was written", name)
	}
	c.settled()
	require.Equal(t, transactions, s.Transactions(), "the switch was written")
}

// TestCommandLineRefusals: mistakes end a command with a code and one line that
// says what is wrong.
func TestCommandLineRefusals(t *testing.T) {
	t.Parallel()
	c := start(t)
	written := c.storeFile()
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte("log_level: warn\nlisten_adress: 127.0.0.1:0\n"), 0o600))
	unused := filepath.Join(dir, "unused")
	for name, r := range map[string]struct {
		args  []string
		code  int
		words []string
	}{
		"unknown key": {[]string{"serve", "--config", config, "--data-dir", unused}, 2, []string{config + ":2", "listen_adress", "unknown key"}},
		"bad value":   {[]string{"serve", "--listen", "here", "--data-dir", unused}, 2, []string{"--listen", "here"}},
		"open to all": {[]string{"serve", "--listen", "0.0.0.0:0", "--data-dir", unused}, 2, []string{"--auth"}},
		"second daemon": {[]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", c.dir}, 1,
			[]string{"bordergw.db", "another process"}},
		"refused":   {[]string{"network", "delete", "none", "--url", c.url()}, 1, []string{"none"}},
		"no value":  {[]string{"gateway", "create", "g", "--device", "name", "--url", c.url()}, 2, []string{"--device"}},
		"no server": {[]string{"network", "list", "--url", "http://127.0.0.1:1"}, 1, []string{"127.0.0.1:1", "refused"}},
	} {
		out, errOut, code := command(t, r.args...)
		require.Equal(t, r.code, code, "%s: %s", name, errOut)
		require.Empty(t, out, name)
		for _, w := range r.words {
			require.Contains(t, errOut, w, name)
		}
	}
	require.NoDirExists(t, unused)
	require.True(t, bytes.Equal(written, c.storeFile()), "the store was written")
	c.create(networks, object{"name": "the first daemon still serves"})
}

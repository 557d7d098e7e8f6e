package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

// siteFile is a file of two switches that share a network.
func siteFile(t *testing.T, a, b *ovsdbtest.Server) string {
	file := filepath.Join(t.TempDir(), "dc1.yaml")
	text := fmt.Sprintf(`bordergw: 1
site: dc1
switches:
  tor1: {address: "127.0.0.1:%d"}
  tor2: {address: "127.0.0.1:%d"}
networks:
  blue:
gateways:
  gw1: {devices: [{switch: tor1, ports: {p1: [100]}}, {switch: tor2, ports: {p1: [200]}}]}
connections:
  - {gateway: gw1, network: blue}
`, a.Port(), b.Port())
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// tokenOf is the token that a plan prints.
func tokenOf(t *testing.T, plan string) string {
	found := regexp.MustCompile(`(?m)^plan (\S+)$`).FindStringSubmatch(plan)
	require.NotNil(t, found, plan)
	return found[1]
}

// TestSitePlanOfSwitches: a plan says what it would have written to switches. What a stranger writes in its way makes it stale, and is
// named; MACs and a port more do not. Applied twice, it writes nothing.
func TestSitePlanOfSwitches(t *testing.T) {
	t.Parallel()
	a, b := ovsdbtest.Start(t), ovsdbtest.Start(t)
	a.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	b.AddSwitch("tor2", "192.0.2.2", "p1", "p2")
	c := start(t)
	c.reaches(patience, devices, c.register("tor1", a), "IN_SYNC")
	c.reaches(patience, devices, c.register("tor2", b), "IN_SYNC")
	beside := c.create(networks, object{"name": "beside"})
	c.connect(c.create(gateways, object{"name": "gw0", "devices": []object{onSwitch("tor1", port("p2", 7))}}), beside, nil)
	holds(t, a, "ls "+beside+" key 10000", "bind tor1 p2 7 "+beside)
	c.settled()
	file := siteFile(t, a, b)
	plan := c.cliOK("plan", "-f", file)
	require.Regexp(t, `(?m)^  tor1   IN_SYNC   add logical-switch blue key 10001 .*; bind tor1 p1 vlan 100 -> blue; 1 flood list$`, plan)
	require.Regexp(t, `(?m)^  tor2   IN_SYNC   add logical-switch blue key 10001 .*; bind tor2 p1 vlan 200 -> blue; 1 flood list$`, plan)
	token := tokenOf(t, plan)

	a.VtepCtl("add-ls", "legacy", "--", "bind-ls", "tor1", "p1", "100", "legacy")
	eventually(t, patience, func() error {
		out, errOut, code := c.cli("plan", "-f", file)
		if !strings.Contains(out, "E02 switch tor1: VLAN 100 of port p1 on switch tor1 is bound to logical switch legacy, which is unmanaged") {
			return fmt.Errorf("%d: %s%s", code, out, errOut)
		}
		return nil
	})
	stale := c.cliRefused(4, "apply", "-f", file, "--plan", token)
	require.Contains(t, stale, "the plan is stale, nothing was changed:")
	require.Contains(t, stale, "what switches hold or lack has changed")
	require.Contains(t, stale, "VLAN 100 of port p1 on switch tor1 is bound to logical switch legacy")
	require.Contains(t, c.cliRefused(5, "apply", "-f", file, "--yes"), "--allow CODE,… lets such findings through")
	a.VtepCtl("unbind-ls", "tor1", "p1", "100")

	a.VtepCtl("add-ucast-local", beside, "02:00:00:00:00:07", "192.0.2.1")
	a.VtepCtl("add-port", "tor1", "p3")
	eventually(t, patience, func() error {
		if out := c.cliOK("plan", "-f", file); tokenOf(t, out) != token {
			return fmt.Errorf("another token: %s", out)
		}
		return nil
	})
	eventually(t, patience, func() error {
		if out, errOut, code := c.cli("where", "02:00:00:00:00:07"); code != 0 {
			return fmt.Errorf("%d: %s%s", code, out, errOut)
		}
		return nil
	})
	out := c.cliOK("apply", "-f", file, "--plan", token, "--wait=Programmed,30s")
	require.Contains(t, out, "applied: revision ")
	require.Contains(t, out, "connection/gw1/blue Programmed")
	revision := c.lastRevision()
	require.Contains(t, c.cliOK("apply", "-f", file, "--yes"), "site dc1, nothing to do")
	require.Equal(t, revision, c.lastRevision())
}

// TestSiteOfALostStore: a new daemon to which the same file is applied gives networks their old ids: no row of a switch has another UUID.
func TestSiteOfALostStore(t *testing.T) {
	t.Parallel()
	a, b := newBrownField(t, "tor1", "192.0.2.1", "p1"), newBrownField(t, "tor2", "192.0.2.2", "p1")
	file := siteFile(t, a.Server, b.Server)
	first := start(t)
	first.cliOK("apply", "-f", file, "--yes", "--wait=Programmed,30s")
	net := strings.TrimSpace(first.cliOK("network", "show", "blue", "-o", "json"))
	id := regexp.MustCompile(`"id": "([^"]+)"`).FindStringSubmatch(net)[1]
	a.VtepCtl("add-ucast-local", id, "02:00:00:00:00:01", "192.0.2.1")
	b.VtepCtl("add-ucast-local", id, "02:00:00:00:00:02", "192.0.2.2")
	eventually(t, patience, func() error {
		if rows := a.VtepCtl("list-remote-macs", id) + b.VtepCtl("list-remote-macs", id); strings.Count(rows, "02:00:00:00:00:0") != 2 {
			return fmt.Errorf("rows: %s", rows)
		}
		return nil
	})
	first.settled()
	first.stop()
	a.remember()
	b.remember()
	logs := []int{len(a.Log()), len(b.Log())}

	second := start(t)
	second.cliOK("apply", "-f", file, "--yes", "--wait=Programmed,30s")
	second.settled()
	a.untouched()
	b.untouched()
	a.wroteOnlyMarks(logs[0])
	b.wroteOnlyMarks(logs[1])
	require.Contains(t, second.cliOK("network", "show", "blue", "-o", "json"), id)
}

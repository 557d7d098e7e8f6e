package e2e_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

// cliOK runs a command that must succeed, and returns what it prints.
func (c *controller) cliOK(args ...string) string {
	c.t.Helper()
	out, errOut, code := c.cli(args...)
	require.Zero(c.t, code, "%s: %s", strings.Join(args, " "), errOut)
	return out
}

// cliRefused runs a command that must end with a code, and returns what it says.
func (c *controller) cliRefused(code int, args ...string) string {
	c.t.Helper()
	out, errOut, is := c.cli(args...)
	require.Equal(c.t, code, is, "%s: %s%s", strings.Join(args, " "), out, errOut)
	return errOut
}

// lastRevision is the number of the newest revision.
func (c *controller) lastRevision() string {
	c.t.Helper()
	return strings.Fields(c.cliOK("history", "--limit", "1", "--no-headers"))[0]
}

// TestRollback: what was defined comes back by the program, with ids and VNIs, and with it the
// logical switch of that name and key on the switch; also after a restart.
func TestRollback(t *testing.T) {
	t.Parallel()
	s := ovsdbtest.Start(t)
	s.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	c := start(t)
	c.register("tor1", s)
	c.settled()
	net := c.create(networks, object{"name": "blue"})
	gw := c.create(gateways, object{"name": "gw1", "devices": []object{onSwitch("tor1", port("p1", 100, 200), port("p2", 300))}})
	conn := c.connect(gw, net, nil)
	ours := []string{"ls " + net + " key 10000", "bind tor1 p1 100 " + net, "bind tor1 p1 200 " + net, "bind tor1 p2 300 " + net}
	holds(t, s, ours...)
	to, was := c.lastRevision(), c.cliOK("export", "--all", "--ids")

	c.remove(connections, conn)
	c.remove(networks, net)
	c.update(gateways, gw, object{"name": "gw2", "devices": []object{onSwitch("tor1", port("p2", 301))}})
	for n := range 8 {
		c.create(networks, object{"name": fmt.Sprint("later", n)})
	}
	holds(t, s)
	require.Equal(t, was, c.cliOK("export", "--at", to, "--all", "--ids"))

	require.Contains(t, c.cliRefused(2, "rollback", "--to", to, "--max-delete", "90"), "without a terminal to ask at, --yes or --plan ")
	require.Contains(t, c.cliRefused(5, "rollback", "--to", to, "--yes"), "deletes 8 of 10 objects (80 %), allowed are 20 %: --max-delete 80")
	plan := c.cliOK("rollback", "--to", to, "--max-delete", "90", "--dry-run")
	for _, line := range []string{"rollback to " + to + ", 11 changes", "+ network blue", "- network later7", "~ gateway gw1", "+ connection gw1 blue"} {
		require.Contains(t, plan, line)
	}
	token := regexp.MustCompile(`--plan (\S+)`).FindStringSubmatch(plan)[1]
	c.create(networks, object{"name": "late"})
	stale := c.cliRefused(4, "rollback", "--to", to, "--max-delete", "90", "--plan", token)
	require.Contains(t, stale, "the plan is stale, nothing was changed:")
	require.Regexp(t, `network late \(.*\) was created by anonymous at `, stale)
	require.NotContains(t, stale, "later7")

	c.stop()
	c.run()
	out := c.cliOK("rollback", "--to", to, "--max-delete", "90", "--yes")
	require.Contains(t, out, "rolled back to "+to+": revision ")
	require.Equal(t, was, c.cliOK("export", "--all", "--ids"))
	holds(t, s, ours...)
	require.Contains(t, c.cliOK("history"), "rolled back to "+to+": 2 created, 1 changed, 9 deleted")
	shown := c.cliOK("history", "show", c.lastRevision())
	require.Regexp(t, `~ gateway gw1 +name: gw2 -> gw1, devices: `, shown)
	require.Contains(t, c.cliOK("rollback", "--to", to, "--yes"), "nothing to do")
	require.Contains(t, c.cliOK("history", "--object", "connection/gw1/blue"), "connection gw1/blue created")
	require.Contains(t, c.cliRefused(1, "rollback", "--to", "4711", "--yes"), "There is no revision 4711")
	poll.True(t, patience, "the history has the rollback", func() bool {
		return strings.Contains(c.cliOK("events", "--type", "rolled-back"), "rolled back to "+to)
	})
}

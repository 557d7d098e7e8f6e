//go:build openstack

package openstack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/openstack/keystone"
	"bordergw/internal/program"
)

const (
	install = "apt-get install --no-install-recommends python3-openstackclient python3-networking-l2gw"
	// patience bounds one command of the client, which takes seconds to start.
	patience = time.Minute
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(prepared(m.Run)) }

func prepared(run func() int) int {
	help, err := exec.Command("openstack", "help", "l2gw", "create").CombinedOutput()
	if err != nil || !bytes.Contains(help, []byte("--device")) {
		fmt.Fprintf(os.Stderr, "the openstack client with its l2gw commands is missing (%v); install it: %s\n", err, install)
		return 1
	}
	return program.Built(func(path string) int {
		binary = path
		return run()
	})
}

// serve runs the daemon until the test ends and returns its URL.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(dir, "store")}, args...)...)
	var log bytes.Buffer
	cmd.Stderr = &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	url, err := program.Listen(cmd)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait())
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return url
}

// client runs OpenStack's client with the same options each time.
type client struct {
	t       *testing.T
	options []string
}

// run returns what the client prints, and whether it succeeds.
func (c client) run(args ...string) (stdout, stderr string, ok bool) {
	c.t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.Command("openstack", append(append([]string{}, c.options...), args...)...)
	cmd.Env = append(keystone.WithoutCloud(), "PYTHONWARNINGS=ignore")
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errOut, time.Second
	require.NoError(c.t, cmd.Start())
	limit := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	err := cmd.Wait()
	return out.String(), errOut.String(), err == nil
}

func (c client) do(args ...string) string {
	c.t.Helper()
	out, errOut, ok := c.run(args...)
	require.True(c.t, ok, "openstack %s: %s%s", strings.Join(args, " "), out, errOut)
	return out
}

// get is a command that prints one object.
func (c client) get(args ...string) map[string]any {
	c.t.Helper()
	var v map[string]any
	require.NoError(c.t, json.Unmarshal([]byte(c.do(append(args, "-f", "json")...)), &v))
	return v
}

// list is a command that prints several.
func (c client) list(args ...string) []map[string]any {
	c.t.Helper()
	var v []map[string]any
	require.NoError(c.t, json.Unmarshal([]byte(c.do(append(args, "-f", "json")...)), &v))
	return v
}

// refused is a command that fails; it returns what is said.
func (c client) refused(args ...string) string {
	c.t.Helper()
	out, errOut, ok := c.run(args...)
	require.False(c.t, ok, "openstack %s: %s", strings.Join(args, " "), out)
	return out + errOut
}

// bordergw runs a command of our own client.
func bordergw(t *testing.T, url string, args ...string) {
	t.Helper()
	out, err := exec.Command(binary, append(args, "--url", url)...).CombinedOutput()
	require.NoError(t, err, string(out))
}

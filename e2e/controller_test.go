package e2e_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/program"
)

// controller is a "bordergw serve" that can be ended and started again on its
// data directory.
type controller struct {
	t    testing.TB
	dir  string // data directory
	args []string
	log  string // file with what all runs print to standard error
	cmd  *exec.Cmd
	base atomic.Pointer[string] // URL of the last run
}

// start runs a controller on a new data directory until the test ends.
func start(t testing.TB, args ...string) *controller {
	t.Helper()
	dir := t.TempDir()
	c := &controller{t: t, dir: filepath.Join(dir, "store"), args: args, log: filepath.Join(dir, "log")}
	c.run()
	t.Cleanup(c.finish)
	return c
}

func (c *controller) finish() {
	if c.cmd != nil {
		c.stop()
	}
	log, err := os.ReadFile(c.log)
	require.NoError(c.t, err)
	if bytes.Contains(log, []byte("DATA RACE")) || bytes.Contains(log, []byte("panic:")) {
		c.t.Error("the controller has a data race or a panic")
	}
	if c.t.Failed() {
		c.t.Logf("end of the controller's log:\n%s", log[max(0, len(log)-8000):])
	}
}

// run starts the process and returns when the API listens.
func (c *controller) run() {
	c.t.Helper()
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(c.t, err)
	defer log.Close()
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", c.dir}, c.args...)
	c.cmd = exec.Command(binary, args...)
	c.cmd.Stderr = log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	url, err := program.Listen(c.cmd)
	require.NoError(c.t, err)
	c.base.Store(&url)
}

// stop ends the process with SIGTERM.
func (c *controller) stop() {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Process.Signal(syscall.SIGTERM))
	limit := time.AfterFunc(time.Minute, func() { _ = c.cmd.Process.Kill() })
	defer limit.Stop()
	require.NoError(c.t, c.cmd.Wait(), "after SIGTERM")
	c.cmd = nil
}

// kill ends the process with SIGKILL.
func (c *controller) kill() {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Process.Kill())
	var exit *exec.ExitError
	require.ErrorAs(c.t, c.cmd.Wait(), &exit)
	require.Equal(c.t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal(), "it ended by itself: %s", exit)
	c.cmd = nil
}

func (c *controller) url() string { return *c.base.Load() }

// cli runs a command as client of the controller.
func (c *controller) cli(args ...string) (stdout, stderr string, code int) {
	c.t.Helper()
	return command(c.t, append(args, "--url", c.url())...)
}

// command runs the program to its end.
func command(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.Command(binary, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	cmd.WaitDelay = time.Second
	require.NoError(t, cmd.Start())
	limit := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// storeFile is the content of the store.
func (c *controller) storeFile() []byte {
	c.t.Helper()
	f, err := os.Open(filepath.Join(c.dir, "bordergw.db"))
	require.NoError(c.t, err)
	defer f.Close()
	content, err := io.ReadAll(f)
	require.NoError(c.t, err)
	return content
}

package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestReadOnlyDataDirectory (F-86): a data directory that can not be written is
// refused at the start, by its name and with the reason, whether or not a store is
// in it; nothing hangs.
func TestReadOnlyDataDirectory(t *testing.T) {
	t.Parallel()
	used := start(t)
	used.create(networks, object{"name": "n"})
	used.stop()
	for name, dir := range map[string]string{"with a store": used.dir, "empty": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			stderr, code := onReadOnly(t, dir, "serve", "--listen", "127.0.0.1:0", "--data-dir", dir)
			require.Equal(t, 1, code, stderr)
			require.Contains(t, stderr, filepath.Join(dir, "bordergw.db"))
			require.Contains(t, stderr, "read-only file system")
		})
	}
	used.run()
	require.Len(t, used.definitions().Networks, 1, "the store is as it was")
}

// onReadOnly runs the program where a directory is mounted read-only, in a mount
// namespace of its own: permissions do not stop root.
func onReadOnly(t *testing.T, dir string, args ...string) (stderr string, code int) {
	t.Helper()
	script := `mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"`
	cmd := exec.Command("sh", append([]string{"-c", script, dir, binary}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	var out bytes.Buffer
	cmd.Stderr = &out
	require.NoError(t, cmd.Start())
	limit := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

package faults_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"bordergw/e2e/faults/rig"
)

// failingDisk makes the open file of a store fail as a disk does, and returns what
// mends it: what the descriptor stands for is replaced. On /dev/null all is written
// and nothing can be synced; on /dev/full nothing can be written for lack of room;
// on a file that is open for reading only, not at all.
func failingDisk(t *testing.T, path, by string) (mend func()) {
	fd := openAs(t, path)
	kept, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	require.NoError(t, err)
	flags := os.O_RDWR
	if by == path {
		flags = os.O_RDONLY
	}
	broken, err := os.OpenFile(by, flags, 0)
	require.NoError(t, err)
	defer broken.Close()
	require.NoError(t, unix.Dup3(int(broken.Fd()), fd, unix.O_CLOEXEC))
	return func() {
		require.NoError(t, unix.Dup3(kept, fd, unix.O_CLOEXEC))
		require.NoError(t, unix.Close(kept))
	}
}

// openAs is the descriptor that this process has a file open as.
func openAs(t *testing.T, path string) int {
	path, err := filepath.EvalSymlinks(path)
	require.NoError(t, err)
	links, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && to == path {
			var fd int
			_, err := fmt.Sscan(filepath.Base(link), &fd)
			require.NoError(t, err)
			return fd
		}
	}
	t.Fatalf("%s is not open", path)
	return 0
}

// create posts a network and returns the answer's status.
func create(t *testing.T, url, name string) int {
	resp, err := http.Post(url+"/v2.0/networks", "application/json", strings.NewReader(fmt.Sprintf(`{"network":{"name":%q}}`, name)))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// TestF86_DiskFails: the disk of the store fails at writing, or at making sure of
// what was written, or has no room, or can only be read any more. Writes are refused;
// reads go on, and what switches lose is repaired. When the disk is well again, so
// is the store, and a restart finds what was acknowledged and nothing else.
func TestF86_DiskFails(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]string{"sync": "/dev/null", "no room": "/dev/full", "read-only": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOne(t)
			url := o.Serve()
			if by == "" {
				by = o.Path
			}
			mend := failingDisk(t, o.Path, by)
			for range 2 {
				require.Equal(t, http.StatusServiceUnavailable, create(t, url, "lost"))
			}
			resp, err := http.Get(url + "/v2.0/l2-gateway-connections")
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http.StatusOK, resp.StatusCode)
			o.server.VtepCtl("unbind-ls", "tor1", "p1", "100")
			repaired := rig.Holds(t, soon, o.server, carried...)

			mend()
			began := time.Now()
			rig.Eventually(t, rig.Patience, func() error {
				if status := create(t, url, "kept"); status != http.StatusCreated {
					return fmt.Errorf("status %d", status)
				}
				return nil
			})
			measured(t, repaired, time.Since(began))
			o.Stop()
			o.Start()
			names := map[string]int{}
			for n := range o.Store.Definitions().Networks.All() {
				names[n.Name]++
			}
			require.Equal(t, map[string]int{"": 1, "kept": 1}, names)
			o.InSync(o.device)
			require.NoError(t, rig.Differs(o.server, carried))
		})
	}
}

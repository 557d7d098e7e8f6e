package e2e_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
)

// TestBackup: a backup that is taken while four clients make networks, of a controller that is killed then, has every
// network that was answered before the backup began, and a controller goes on from there.
func TestBackup(t *testing.T) {
	t.Parallel()
	c := start(t)
	var wg sync.WaitGroup
	var made [4]atomic.Int64
	for w := range made {
		wg.Go(func() {
			for {
				name := fmt.Sprintf("net-%d-%d", w, made[w].Load())
				a, err := c.try("POST", networks, object{"network": object{"name": name}})
				if err != nil || a.status != 201 {
					return // killed
				}
				made[w].Add(1)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "backup.tar")
	var answered [4]int64
	for round := range 3 {
		poll.True(t, patience, "networks are made", func() bool { return made[0].Load() >= int64(20*(round+1)) })
		for w := range made {
			answered[w] = made[w].Load()
		}
		_, errOut, code := c.cli("backup", "--history", file)
		require.Zero(t, code, errOut)
	}
	c.kill()
	wg.Wait()

	c.dir = filepath.Join(t.TempDir(), "restored")
	out, errOut, code := command(t, "restore", file, "--data-dir", c.dir)
	require.Zero(t, code, errOut)
	t.Log(out)
	c.run()
	var have struct{ Networks []struct{ Name string } }
	c.do(200, "GET", networks, nil, &have)
	names := map[string]bool{}
	for _, n := range have.Networks {
		names[n.Name] = true
	}
	for w, n := range answered {
		for i := range n {
			require.True(t, names[fmt.Sprintf("net-%d-%d", w, i)], "network %d of client %d was answered before", i, w)
		}
	}
	c.create(networks, object{"name": "one more"})
}

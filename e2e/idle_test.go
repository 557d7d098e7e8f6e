package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/program"
)

const (
	idleSwitches = 20
	idlePasses   = 3 * time.Second // a pass a second
	idleFor      = 10 * time.Second
	idleShare    = 0.01 // of a core
)

// TestIdle: a pass with nothing to do writes nothing, and as many switches as
// this cost next to nothing while nothing changes.
func TestIdle(t *testing.T) {
	t.Parallel()
	c := start(t, "--interval", "1s")
	servers := make([]*ovsdbtest.Server, idleSwitches)
	var on []object
	for i := range servers {
		name := fmt.Sprintf("tor%d", i)
		servers[i] = ovsdbtest.Start(t)
		servers[i].AddSwitch(name, fmt.Sprintf("192.0.2.%d", i+1), "p1")
		c.register(name, servers[i])
		on = append(on, onSwitch(name, port("p1", 100)))
	}
	c.settled()
	net := c.create(networks, object{"name": "n"})
	c.connect(c.create(gateways, object{"devices": on}), net, nil)
	for _, s := range servers {
		eventually(t, patience, func() error {
			if len(picture(s)) != 3 { // logical switch, flood list, binding
				return fmt.Errorf("the database holds %v", picture(s))
			}
			return nil
		})
	}
	c.settled()

	sent, written, store := c.transactionsSent(), transactions(servers, -1), c.storeFile()
	<-time.After(idlePasses)
	require.Equal(t, sent, c.transactionsSent())
	require.True(t, bytes.Equal(store, c.storeFile()), "the store was written")

	c.stop()
	c.args = nil // the default interval
	c.run()
	c.settled()
	share := cpuShare(t, c.cmd.Process.Pid)
	t.Logf("%d idle switches: %.2f %% of a core", idleSwitches, 100*share)
	limit := idleShare
	if program.HasRaceDetector() {
		limit *= 5 // what the detector costs is not the program's
	}
	require.Less(t, share, limit)
	require.Equal(t, written, transactions(servers, -1))
}

// cpuShare watches a process for a while.
func cpuShare(t *testing.T, pid int) float64 {
	began, used := time.Now(), cpuTime(t, pid)
	<-time.After(idleFor)
	return (cpuTime(t, pid) - used).Seconds() / time.Since(began).Seconds()
}

// transactionsSent is what the controller says it has sent, by device.
func (c *controller) transactionsSent() map[string]int {
	var shown struct {
		Devices []struct {
			Name         string
			Transactions int
		}
	}
	c.do(http.StatusOK, http.MethodGet, "/v1/devices", nil, &shown)
	sent := map[string]int{}
	for _, d := range shown.Devices {
		require.Positive(c.t, d.Transactions, d.Name)
		sent[d.Name] = d.Transactions
	}
	require.Len(c.t, sent, idleSwitches)
	return sent
}

// cpuTime is what a process has used of all cores, in user and system mode
// (proc_pid_stat(5), fields 14 and 15, in ticks of 10 ms).
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // from field 3
	var ticks int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(string(f))
		require.NoError(t, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

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
)

const (
	idleSwitches = 20
	idleFor      = 10 * time.Second
	idleShare    = 0.01 // of a core
)

// TestIdle: with nothing to do, a pass every second over all switches sends no
// transaction and costs next to nothing.
func TestIdle(t *testing.T) {
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
	began, used := time.Now(), cpuTime(t, c.cmd.Process.Pid)
	<-time.After(idleFor)
	share := (cpuTime(t, c.cmd.Process.Pid) - used).Seconds() / time.Since(began).Seconds()
	t.Logf("%d switches, a pass a second: %.2f %% of a core", idleSwitches, 100*share)
	require.Less(t, share, idleShare)
	require.Equal(t, written, transactions(servers, -1))
	require.Equal(t, sent, c.transactionsSent())
	require.True(t, bytes.Equal(store, c.storeFile()), "the store was written")
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

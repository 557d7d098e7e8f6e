package faults_test

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// chatter has a switch say something else with every transaction, as fast as its database
// can write, for that long. It returns how often.
func chatter(t *testing.T, server *ovsdbtest.Server, table, column string, value func(n int) any, lasts time.Duration) (n int, took time.Duration) {
	c, err := net.Dial("unix", strings.TrimPrefix(server.Unix(), "unix:"))
	require.NoError(t, err)
	defer c.Close()
	replies := json.NewDecoder(c)
	began := time.Now()
	for ; time.Since(began) < lasts; n++ {
		op := map[string]any{"op": "update", "table": table, "where": []any{}, "row": map[string]any{column: value(n)}}
		request, err := json.Marshal(map[string]any{"method": "transact", "params": []any{"hardware_vtep", op}, "id": n})
		require.NoError(t, err)
		_, err = c.Write(request)
		require.NoError(t, err)
		var reply struct{ Error any }
		require.NoError(t, replies.Decode(&reply))
		require.Nil(t, reply.Error)
	}
	return n, time.Since(began)
}

// flapping is a fault that comes and goes, and is another one each time.
func flapping(n int) any {
	if n%2 == 0 {
		return []any{"set", []any{}}
	}
	return fmt.Sprint("fault", n)
}

// TestF67_Chatter: a switch that changes what it says of itself hundreds of times a second
// has it stored ten times at once and then once a second; the last counts, also when the
// process ends at once.
func TestF67_Chatter(t *testing.T) {
	for name, said := range map[string]struct {
		table, column string
		value         func(int) any
		stored        func(*model.SwitchInventory) any
	}{
		"port fault":   {"Physical_Port", "port_fault_status", flapping, func(s *model.SwitchInventory) any { return s.Ports[0].Faults }},
		"switch fault": {"Physical_Switch", "switch_fault_status", flapping, func(s *model.SwitchInventory) any { return s.Faults }},
		"tunnel address": {"Physical_Switch", "tunnel_ips", func(n int) any { return fmt.Sprintf("192.0.2.%d", 1+n%200) },
			func(s *model.SwitchInventory) any { return s.TunnelIPs }},
	} {
		t.Run(name, func(t *testing.T) {
			s := rig.New(t, reconcile.Options{})
			server, id := s.Switch("tor1", "192.0.2.1", "p1")
			s.InSync(id)
			before := s.Store.Definitions().Revision
			n, took := chatter(t, server, said.table, said.column, said.value, 3*time.Second)
			commits := s.Store.Definitions().Revision - before
			t.Logf("measured %s: %d changes in %s, %d commits", t.Name(), n, took.Round(time.Millisecond), commits)
			require.Greater(t, n, 40, "it has not chattered")
			require.LessOrEqual(t, commits, uint64(10+took/time.Second+2))
			last := func() error {
				inv, _ := s.Store.Definitions().Inventories.Get(id)
				have, want := fmt.Sprint(said.stored(&inv.Switches[0])), lastSaid(said.value(n-1))
				if have != want {
					return fmt.Errorf("%s is stored, not %s", have, want)
				}
				return nil
			}
			if name == "port fault" { // the process ends with something unsaid
				// A value that was not there before: once it is reported, nothing comes after it.
				chatter(t, server, said.table, said.column, func(int) any { return "last" }, time.Millisecond)
				said.value, n = func(int) any { return "last" }, 1
				rig.Eventually(t, rig.Patience, func() error {
					if have := fmt.Sprint(said.stored(&s.Loop.DeviceReports()[0].Switches[0])); have != lastSaid(said.value(n-1)) {
						return fmt.Errorf("%s has been reported", have)
					}
					return nil
				})
				s.Stop()
				s.Start()
				require.NoError(t, last())
				s.InSync(id) // the new process has found all as it was
				chatter(t, server, said.table, said.column, func(int) any { return "again" }, time.Millisecond)
				said.value, n = func(int) any { return "again" }, 1
				rig.Eventually(t, rig.Patience, last)
				return
			}
			rig.Eventually(t, rig.Patience, last)
		})
	}
}

func lastSaid(value any) string {
	if text, ok := value.(string); ok {
		return fmt.Sprint([]string{text})
	}
	return "[]"
}

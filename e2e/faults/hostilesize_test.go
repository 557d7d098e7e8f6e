package faults_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/model"
	"bordergw/reconcile"
)

// saying is a Peer whose switch has these ports, by name, and faults.
func saying(t *testing.T, ports []string, faults []string) *rig.Peer {
	quoted, err := json.Marshal(append([]string{}, faults...))
	require.NoError(t, err)
	refs, rows := make([]string, 0, len(ports)), make([]string, 0, len(ports))
	for i, name := range ports {
		id := fmt.Sprintf("20000000-0000-4000-8000-%012x", i)
		refs = append(refs, `["uuid","`+id+`"]`)
		rows = append(rows, fmt.Sprintf(`%q:{"initial":{"name":%q}}`, id, name))
	}
	const whole = `{"id":$ID,"error":null,"result":[false,"00000000-0000-0000-0000-000000000000",{"Physical_Switch":{` +
		`"10000000-0000-4000-8000-000000000001":{"initial":{"name":"fake","tunnel_ips":"192.0.2.200","switch_fault_status":["set",%s],"ports":["set",[%s]]}}},` +
		`"Physical_Port":{%s}}]}`
	return rig.NewPeer(t).With("monitor_cond_since", fmt.Sprintf(whole, quoted, strings.Join(refs, ","), strings.Join(rows, ",")))
}

// TestF71_SwitchSaysTooMuch: a switch with a great many ports, long names or a great many
// faults. Memory, the store's file and the answers have a bound, the status says what was
// left out, and the ports that are kept are used.
func TestF71_SwitchSaysTooMuch(t *testing.T) {
	many := make([]string, 160_000)
	for i := range many {
		many[i] = fmt.Sprintf("%s-%d", strings.Repeat("n", 100), i)
	}
	long := []string{"p1"}
	for i := range 40 {
		long = append(long, strings.Repeat("x", 1<<20)+fmt.Sprint(i))
	}
	faults := make([]string, 100_000)
	for i := range faults {
		faults[i] = fmt.Sprintf("fault number %d", i)
	}
	for name, c := range map[string]struct {
		ports, faults []string
		cut           string
	}{
		"ports":  {many, nil, "of 160000 ports"},
		"names":  {long, nil, "40 of 41 ports"},
		"faults": {[]string{"p1"}, faults, "99985 fault texts"},
	} {
		t.Run(name, func(t *testing.T) {
			peer := saying(t, c.ports, c.faults)
			s := rig.New(t, reconcile.Options{})
			device := s.Register("fake", rig.Listen(t, peer.Serve))
			s.Device(rig.Patience, device, model.DeviceInSync, c.cut)
			answer, err := http.Get(s.Serve() + "/v1/devices")
			require.NoError(t, err)
			defer answer.Body.Close()
			length, err := io.Copy(io.Discard, answer.Body)
			require.NoError(t, err)
			require.Less(t, length, int64(24<<20))
			stored, err := os.Stat(s.Path)
			require.NoError(t, err)
			require.Less(t, stored.Size(), int64(100<<20))
			inv, _ := s.Store.Definitions().Inventories.Get(device)
			require.Less(t, len(inv.Switches[0].Faults), 20)
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			t.Logf("heap %d MiB, file %d MiB, answer %d KiB", m.HeapAlloc>>20, stored.Size()>>20, length>>10)
			require.Less(t, m.HeapAlloc, uint64(1<<30))
		})
	}
}

// TestF71_PortBeyond: a port that is not among those that are kept is not refused as
// missing, and bound.
func TestF71_PortBeyond(t *testing.T) {
	many := make([]string, 160_000)
	for i := range many {
		many[i] = fmt.Sprintf("%s-%06d", strings.Repeat("a", 100), i)
	}
	peer := saying(t, many, nil)
	s := rig.New(t, reconcile.Options{})
	device := s.Register("fake", rig.Listen(t, peer.Serve))
	s.Device(rig.Patience, device, model.DeviceInSync, "of 160000 ports")
	last := many[len(many)-1]
	inv, _ := s.Store.Definitions().Inventories.Get(device)
	_, kept := inv.Switches[0].Port(last)
	require.False(t, kept)
	_, err := s.TryJoin(s.Network("net", 5001), rig.At{Switch: "fake", Port: last, VLAN: 100})
	require.NoError(t, err)
	rig.Eventually(t, rig.Patience, func() error {
		if peer.Asked.Load() == 0 {
			return fmt.Errorf("nothing has been written")
		}
		return nil
	})
}

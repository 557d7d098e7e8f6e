//go:build neutron

package neutron_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
)

// newPort makes a port of a virtual machine on a host.
func (s *scene) newPort(networkID, host string) object {
	s.Helper()
	return s.neutron.create(s.T, port, virtualMachine(networkID, host))
}

func virtualMachine(networkID, host string) object {
	return object{"network_id": networkID, "binding:host_id": host, "device_owner": "compute:nova", "device_id": "vm"}
}

// portsScene: the MAC of a port is on the switch within a second, behind its hypervisor, with its
// address, and the hypervisor is flooded to. The machine moves and goes.
func portsScene(t *testing.T, w *world) {
	s := newScene(t, w)
	sw := s.newSwitch("sw1", "192.0.2.1")
	blue, vni := s.newNetwork("blue")
	s.neutron.create(t, subnet, object{"network_id": blue, "cidr": "10.9.0.0/24", "ip_version": 4, "enable_dhcp": false})
	first := s.newPort(blue, "h1")
	require.Equal(t, "ovs", first["binding:vif_type"])
	s.connect(s.newGateway("g", portDevice(sw, "p1", 100)), blue)

	wired := []string{"ls " + blue + " " + vni, "bind sw1 p1 100 " + blue}
	at := func(p object, address string) string {
		return fmt.Sprintf("mac %s %s %s", blue, p["mac_address"], address)
	}
	flood := "flood " + blue + " "
	s.holds(patience, sw, "port that was there before", append(wired, flood+"10.0.0.11", at(first, "10.0.0.11"))...)
	require.Equal(t, []map[string]any{{"MAC": first["mac_address"], "ipaddr": address(first)}}, sw.Rows("Ucast_Macs_Remote", "MAC", "ipaddr"))

	second := s.newPort(blue, "h2")
	s.holds(soon, sw, "new port", append(wired, flood+"10.0.0.11 10.0.0.12", at(first, "10.0.0.11"), at(second, "10.0.0.12"))...)
	s.newPort(blue, "nowhere") // without agent
	s.neutron.update(t, port, first["id"].(string), object{"binding:host_id": "h2"})
	s.holds(soon, sw, "migration", append(wired, flood+"10.0.0.12", at(first, "10.0.0.12"), at(second, "10.0.0.12"))...)
	s.neutron.remove(t, port, first["id"].(string))
	s.holds(soon, sw, "deleted port", append(wired, flood+"10.0.0.12", at(second, "10.0.0.12"))...)
	s.neutron.remove(t, port, second["id"].(string))
	s.holds(soon, sw, "last port deleted", wired...)

	require.Equal(t, "192.0.2.1", w.db.sql(t, "select ip_address from ml2_vxlan_endpoints where ip_address = '192.0.2.1'"),
		"agents that start later get a tunnel to the switch")
}

// address is the first address of a port.
func address(p object) any { return p["fixed_ips"].([]any)[0].(object)["ip_address"] }

// macsThere are the MACs that bordergw has of Neutron in a network, sorted.
func (s *scene) macsThere(networkID string) (macs []string) {
	s.Helper()
	for _, e := range s.direct.do(s.T, http.StatusOK, http.MethodGet, "/v1/networks/"+networkID+"/endpoints/neutron", nil)["endpoints"].([]any) {
		for _, m := range e.(object)["macs"].([]any) {
			macs = append(macs, m.(object)["mac_address"].(string))
		}
	}
	slices.Sort(macs)
	return macs
}

// rounds is how often two processes change the ports of a network at the same time.
const rounds = 100

// twoProcessesScene: two of Neutron's processes change ports of one network at a time, and no MAC
// is lost and none stays.
func twoProcessesScene(t *testing.T, w *world) {
	s := newScene(t, w)
	sw := s.newSwitch("sw1", "192.0.2.1")
	blue, _ := s.newNetwork("blue")
	s.connect(s.newGateway("g", portDevice(sw, "p1", 100)), blue)
	began, slowest := time.Now(), time.Duration(0)
	var ports []object
	for round := range rounds {
		ports = append(ports, s.atOnce(blue)...)
		if len(ports) > 4 {
			s.removeAtOnce(ports[0], ports[1])
			ports = ports[2:]
		}
		want := column(ports, "mac_address")
		slowest = max(slowest, poll.Until(t, patience, func() error {
			if have := s.macsThere(blue); !slices.Equal(have, want) {
				return fmt.Errorf("round %d: bordergw has %v and not %v", round, have, want)
			}
			return nil
		}))
	}
	t.Logf("measured: %d rounds in %s, the slowest was complete after %s", rounds, time.Since(began).Round(time.Second), slowest.Round(time.Millisecond))
	pids := map[string]int{}
	for _, m := range served.FindAllStringSubmatch(w.server.log(t), -1) {
		pids[m[1]]++
	}
	t.Logf("POSTs of ports by process: %v", pids)
	require.GreaterOrEqual(t, len(pids), apiWorkers, "one process has served all requests")
}

// atOnce makes two ports at the same time, one on each host.
func (s *scene) atOnce(networkID string) []object {
	s.Helper()
	out, failed := make([]object, 2), make([]error, 2)
	var both sync.WaitGroup
	for i, host := range []string{"h1", "h2"} {
		both.Go(func() {
			a, err := s.neutron.try(s.T, http.MethodPost, paths[port], object{port: virtualMachine(networkID, host)})
			if err == nil && a.status != http.StatusCreated {
				err = errors.New(a.text)
			}
			failed[i] = err
			if err == nil {
				out[i] = parse(s.T, a.text)[port].(object)
			}
		})
	}
	both.Wait()
	require.NoError(s.T, errors.Join(failed...))
	return out
}

func (s *scene) removeAtOnce(ports ...object) {
	s.Helper()
	failed := make([]error, len(ports))
	var all sync.WaitGroup
	for i, p := range ports {
		all.Go(func() {
			a, err := s.neutron.try(s.T, http.MethodDelete, paths[port]+"/"+p["id"].(string), nil)
			if err == nil && a.status != http.StatusNoContent {
				err = errors.New(a.text)
			}
			failed[i] = err
		})
	}
	all.Wait()
	require.NoError(s.T, errors.Join(failed...))
}

// renamed waits until bordergw has the new name of a network.
func (s *scene) renamed(id, name string) {
	s.Helper()
	s.Logf("measured: new name after %s", poll.True(s.T, patience, "the network is "+name+" in bordergw", func() bool {
		return strings.Contains(fmt.Sprint(s.direct.get(s.T, network, id)["name"]), name)
	}))
}

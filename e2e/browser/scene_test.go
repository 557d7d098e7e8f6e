package browser_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

// scene is a daemon with switches.
type scene struct {
	*daemon
	// switches are their databases, by name.
	switches map[string]*ovsdbtest.Server
	// devices, networks and connections are ids: by name, and of connections by GATEWAY/NETWORK.
	devices, networks, connections map[string]string
}

// one is a scene with one of everything.
func one(t testing.TB, args ...string) *scene {
	t.Helper()
	s := &scene{daemon: serve(t, args...), switches: map[string]*ovsdbtest.Server{}}
	s.database("leaf1", "192.0.2.1", "p1", "p2")
	s.apply(fmt.Sprintf(`bordergw: 1
site: dc1
switches:
  leaf1: {address: %q, location: amsterdam}
networks:
  blue:
gateways:
  gw1: {devices: [{switch: leaf1, ports: {p1: [100]}}]}
connections:
  - {gateway: gw1, network: blue}
`, s.address("leaf1")))
	s.know()
	s.reaches("leaf1", "IN_SYNC")
	s.learn("leaf1", "blue", "02:00:00:00:00:01")
	s.waitForMACs(1)
	return s
}

// database starts a switch's database.
func (s *scene) database(name, tunnelIP string, ports ...string) {
	s.t.Helper()
	d := ovsdbtest.Start(s.t)
	d.AddSwitch(name, tunnelIP, ports...)
	s.switches[name] = d
}

func (s *scene) address(name string) string {
	return fmt.Sprintf("127.0.0.1:%d", s.switches[name].Port())
}

// know asks for the ids of everything.
func (s *scene) know() {
	s.t.Helper()
	s.devices = s.ids("/v2.0/gw/gateway_devices", "gateway_devices")
	s.networks = s.ids("/v2.0/networks", "networks")
	gateways, names := map[string]string{}, map[string]string{}
	for name, id := range s.ids("/v2.0/l2-gateways", "l2_gateways") {
		gateways[id] = name
	}
	for name, id := range s.networks {
		names[id] = name
	}
	var found struct {
		Connections []struct {
			ID      string
			Gateway string `json:"l2_gateway_id"`
			Network string `json:"network_id"`
		} `json:"l2_gateway_connections"`
	}
	s.get("/v2.0/l2-gateway-connections", &found)
	s.connections = map[string]string{}
	for _, c := range found.Connections {
		s.connections[gateways[c.Gateway]+"/"+names[c.Network]] = c.ID
	}
}

// reaches waits until a switch has a status.
func (s *scene) reaches(name, status string) {
	s.t.Helper()
	poll.Until(s.t, patience, func() error {
		var found struct {
			Device struct {
				Status string
				Detail string `json:"status_detail"`
			} `json:"gateway_device"`
		}
		s.get("/v2.0/gw/gateway_devices/"+s.devices[name], &found)
		if found.Device.Status != status {
			return fmt.Errorf("switch %s is %s: %s", name, found.Device.Status, found.Device.Detail)
		}
		return nil
	})
}

// learn has a switch learn a MAC in a network that it carries.
func (s *scene) learn(name, network string, macs ...string) {
	s.t.Helper()
	ip := strings.Trim(s.switches[name].VtepCtl("get", "Physical_Switch", name, "tunnel_ips"), `[]"`)
	var args []string
	for _, mac := range macs {
		args = append(args, "--", "add-ucast-local", s.networks[network], mac, ip)
	}
	s.switches[name].VtepCtl(args[1:]...)
}

// waitForMACs waits until so many are known.
func (s *scene) waitForMACs(n int) {
	s.t.Helper()
	poll.Until(s.t, patience, func() error {
		var found struct{ Total int }
		s.get("/v1/macs?limit=1", &found)
		if found.Total != n {
			return fmt.Errorf("%d MACs are known, not %d", found.Total, n)
		}
		return nil
	})
}

// town is a site of the scene of many: leaves, and a border.
type town struct {
	name, short, net string
	leaves           int
}

var towns = []town{{"amsterdam", "ams", "192.0.2", 4}, {"berlin", "ber", "198.51.100", 3}, {"cape town", "cpt", "203.0.113", 2}}

// shared are networks that all sites have, by their VNI.
var shared = map[string]int{"blue": 7001, "red": 7002, "storage": 7003}

// many is a scene of three sites with trouble: a switch is unreachable, a port is bound by somebody else, and one is missing.
func many(t testing.TB) *scene {
	t.Helper()
	s := &scene{daemon: serve(t), switches: map[string]*ovsdbtest.Server{}}
	for _, w := range towns {
		for i := range w.leaves {
			s.database(fmt.Sprintf("%s-leaf%d", w.short, i+1), fmt.Sprintf("%s.%d", w.net, i+1), "eth1", "eth2", "eth3", "eth4")
		}
		s.database(w.short+"-border", w.net+".254", "wan")
	}
	s.foreign("ber-leaf2")
	s.apply(s.file())
	s.know()
	for name := range s.switches {
		s.reaches(name, "IN_SYNC")
	}
	n := 0
	for _, name := range slices.Sorted(maps.Keys(s.switches)) {
		if strings.Contains(name, "leaf") {
			s.learn(name, "blue", macs(&n, 12)...)
			s.learn(name, "red", macs(&n, 8)...)
		}
	}
	s.waitForMACs(n)
	s.switches["cpt-border"].Stop()
	s.reaches("cpt-border", "UNREACHABLE")
	return s
}

// macs are the next addresses.
func macs(n *int, count int) (out []string) {
	for range count {
		*n++
		out = append(out, fmt.Sprintf("02:00:5e:10:%02x:%02x", *n>>8, *n&0xff))
	}
	return out
}

// foreign has somebody else bind a VLAN that the scene wants.
func (s *scene) foreign(name string) {
	s.switches[name].VtepCtl("add-ls", "legacy", "--", "set", "Logical_Switch", "legacy", "tunnel_key=4711", "--", "bind-ls", name, "eth2", "200", "legacy")
}

// file is the site file of the scene of many.
func (s *scene) file() string {
	var switches, networks, gateways, connections strings.Builder
	for name, vni := range shared {
		fmt.Fprintf(&networks, "  %s: {vni: %d}\n", name, vni)
	}
	for i := range 30 {
		fmt.Fprintf(&networks, "  tenant-%02d:\n", i)
	}
	for _, w := range towns {
		fmt.Fprintf(&gateways, "  %s-leaves:\n    devices:\n", w.short)
		for i := range w.leaves {
			name := fmt.Sprintf("%s-leaf%d", w.short, i+1)
			fmt.Fprintf(&switches, "  %s: {address: %q, location: %s}\n", name, s.address(name), w.name)
			fmt.Fprintf(&gateways, "      - {switch: %s, ports: {eth1: []}}\n", name)
		}
		border := w.short + "-border"
		fmt.Fprintf(&switches, "  %s: {address: %q, location: %s}\n", border, s.address(border), w.name)
		fmt.Fprintf(&gateways, "  %s-wan: {devices: [{border: %s}]}\n", w.short, border)
		for name, vni := range shared {
			if w.short == "cpt" && name == "storage" {
				continue
			}
			fmt.Fprintf(&connections, "  - {gateway: %s-leaves, network: %s, vlan: %d}\n", w.short, name, vni-6900)
			fmt.Fprintf(&connections, "  - {gateway: %s-wan, network: %s, vni: %d}\n", w.short, name, vni)
		}
	}
	for i := range 30 {
		fmt.Fprintf(&connections, "  - {gateway: ams-leaves, network: tenant-%02d, vlan: %d}\n", i, 1000+i)
	}
	gateways.WriteString("  ber-legacy: {devices: [{switch: ber-leaf2, ports: {eth2: [200]}}]}\n")
	connections.WriteString("  - {gateway: ber-legacy, network: red}\n")
	return "bordergw: 1\nsite: dc1\nswitches:\n" + switches.String() + "networks:\n" + networks.String() +
		"gateways:\n" + gateways.String() + "connections:\n" + connections.String()
}

// soon is how fast a page is to show what has happened.
const soon = 2 * time.Second

//go:build neutron

package neutron_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

// world is what all scenes share: one Neutron with its database.
type world struct {
	*testing.T
	db     database
	server *server
	// address is where Neutron looks for bordergw.
	address string
	// tokens is bordergw's file of accounts.
	tokens string
}

const token = "sesame"

// newWorld takes what is to be in the configuration of Neutron beside what all tests need.
func newWorld(t *testing.T, more string) *world {
	t.Helper()
	w := newWorldToStart(t, more)
	w.server.start(t)
	return w
}

// newWorldToStart has a Neutron that does not run yet.
func newWorldToStart(t *testing.T, more string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{T: t, address: fmt.Sprintf("127.0.0.1:%d", ovsdbtest.ReservePort(t)), tokens: filepath.Join(dir, "tokens.yaml")}
	tokenFile := filepath.Join(dir, "token")
	write(t, w.tokens, "- {token: "+token+", user: neutron, project: service, roles: [admin]}\n")
	write(t, tokenFile, token+"\n")
	w.db = startDatabase(t)
	w.server = newServer(t, w.db, "http://"+w.address, tokenFile, more)
	t.Cleanup(func() {
		if t.Failed() {
			w.server.showLog(t)
		}
	})
	return w
}

// addAgents writes what the agents of the hypervisors would report.
func (w *world) addAgents() {
	w.Helper()
	for host, address := range hypervisors {
		w.db.sql(w.T, fmt.Sprintf("insert into agents (id, agent_type, `binary`, topic, host, admin_state_up, created_at, started_at, "+
			"heartbeat_timestamp, configurations) values (uuid(), 'Open vSwitch agent', 'neutron-openvswitch-agent', 'N/A', '%s', 1, "+
			"utc_timestamp(), utc_timestamp(), utc_timestamp() + interval 1 day, "+
			`'{"tunneling_ip": "%s", "tunnel_types": ["vxlan"], "bridge_mappings": {}, "l2_population": true}')`, host, address))
	}
}

// hypervisors are hosts that have an agent.
var hypervisors = map[string]string{"h1": "10.0.0.11", "h2": "10.0.0.12"}

// scene is a world with a bordergw of its own.
type scene struct {
	*testing.T
	*world
	neutron rest
	// direct is bordergw, asked without Neutron.
	direct   rest
	bordergw *bordergw
}

// admin is Neutron as its administrator sees it, in a project.
func (w *world) admin(project string) rest {
	return rest{w.server.url, identity("admin", project, "admin")}
}

// newScene is a scene whose bordergw listens where Neutron looks for it.
func newScene(t *testing.T, w *world) *scene {
	t.Helper()
	return sceneAt(t, w, w.address)
}

func sceneAt(t *testing.T, w *world, address string) *scene {
	t.Helper()
	s := &scene{T: t, world: w, neutron: w.admin("ops")}
	s.bordergw = newBordergw(t, address, "--auth", "token", "--token-file", w.tokens)
	s.direct = rest{s.bordergw.url, http.Header{"X-Auth-Token": {token}}}
	t.Cleanup(s.tidy)
	if address == w.address {
		s.reachable()
	}
	return s
}

// openGate is gate.open where Neutron looks for bordergw. What the scene leaves is deleted through it.
func (s *scene) openGate(g gate) (closeGate func()) {
	s.Helper()
	closeGate = g.open(s.T, s.address, s.bordergw.url)
	s.Cleanup(s.tidy)
	return closeGate
}

// reachable waits until each of Neutron's processes finds bordergw: after a failure a process
// fails for two seconds without asking.
func (s *scene) reachable() {
	s.Helper()
	before := len(s.server.log(s.T))
	poll.Until(s.T, patience, func() error {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { _, _ = s.neutron.try(s.T, http.MethodGet, paths[device], nil) })
		}
		all.Wait()
		last := map[string]string{}
		for _, m := range listed.FindAllStringSubmatch(s.server.log(s.T)[before:], -1) {
			last[m[1]] = m[2]
		}
		statuses := slices.Collect(maps.Values(last))
		if len(statuses) < apiWorkers || slices.ContainsFunc(statuses, func(s string) bool { return s != "200" }) {
			return fmt.Errorf("lists of devices by process: %v", last)
		}
		return nil
	})
}

// tidy leaves Neutron without objects for the next scene.
func (s *scene) tidy() {
	if s.server.process.hasEnded() {
		s.server.start(s.world.T)
	}
	for _, kind := range []string{connection, gateway, port, network} {
		for _, o := range s.neutron.list(s.T, kind, "") {
			s.neutron.remove(s.T, kind, o["id"].(string))
		}
	}
}

// vtep is a switch, its database, and the gateway device that Neutron shows for it.
type vtep struct {
	*ovsdbtest.Server
	id, name string
}

// newSwitch starts a database with a switch of ports p1 to p4 and more, and registers it through Neutron.
func (s *scene) newSwitch(name, tunnelIP string, more ...string) vtep {
	s.Helper()
	v := vtep{Server: ovsdbtest.Start(s.T), name: name}
	v.AddSwitch(name, tunnelIP, append([]string{"p1", "p2", "p3", "p4"}, more...)...)
	v.id = s.neutron.create(s.T, device, object{"name": name, "management_ip": "127.0.0.1", "management_port": v.Port()})["id"].(string)
	s.inSync(v)
	return v
}

func (s *scene) inSync(v vtep) {
	s.Helper()
	poll.Until(s.T, patience, func() error {
		if status := s.neutron.get(s.T, device, v.id)["status"]; status != "IN_SYNC" {
			return fmt.Errorf("device %s is %s", v.name, status)
		}
		return nil
	})
}

// newNetwork makes a VXLAN network and returns its id and VNI.
func (s *scene) newNetwork(name string) (id, vni string) {
	s.Helper()
	n := s.neutron.create(s.T, network, object{"name": name})
	return n["id"].(string), fmt.Sprint(n["provider:segmentation_id"])
}

// networkOfVNI makes a network for borders that join sites directly: they need one VNI on both sides.
func (s *scene) networkOfVNI(name string, vni int) (id string) {
	s.Helper()
	return s.neutron.create(s.T, network, object{"name": name, "provider:network_type": "vxlan", "provider:segmentation_id": vni})["id"].(string)
}

// portDevice is a device of a gateway in networking-l2gw's form.
func portDevice(v vtep, port string, vlans ...any) object {
	i := object{"name": port}
	if len(vlans) > 0 {
		i["segmentation_id"] = vlans
	}
	return object{"device_name": v.name, "interfaces": []any{i}}
}

func (s *scene) newGateway(name string, devices ...any) string {
	s.Helper()
	return s.neutron.create(s.T, gateway, object{"name": name, "devices": devices})["id"].(string)
}

func (s *scene) connect(gatewayID, networkID string) string {
	s.Helper()
	return s.neutron.create(s.T, connection, object{"l2_gateway_id": gatewayID, "network_id": networkID})["id"].(string)
}

// managed are the ids that bordergw has with Neutron's mark.
func (s *scene) managed(kind string) []string {
	s.Helper()
	return ids(s.direct.list(s.T, kind, "?managed_by=neutron"))
}

// rows are the ids of a kind in Neutron.
func (s *scene) rows(kind string) []string {
	s.Helper()
	return ids(s.neutron.list(s.T, kind, ""))
}

// differs says how bordergw's gateways and connections are not Neutron's.
func (s *scene) differs() error {
	s.Helper()
	for _, kind := range []string{gateway, connection} {
		if here, there := s.rows(kind), s.managed(kind); !slices.Equal(here, there) {
			return fmt.Errorf("%s: Neutron has %v, bordergw %v", kind, here, there)
		}
	}
	return nil
}

// holds waits until a switch's database has these rows and no others, and logs the time.
func (s *scene) holds(within time.Duration, v vtep, what string, want ...string) {
	s.Helper()
	s.Logf("measured: %s after %s", what, rig.Holds(s.T, within, v.Server, want...).Round(time.Millisecond))
}

// nothingIsLeft: neither side has a gateway or a connection, in no table.
func (s *scene) nothingIsLeft() {
	s.Helper()
	for _, table := range []string{"l2gateways", "l2gatewaydevices", "l2gatewayinterfaces", "l2gatewayconnections"} {
		require.Equal(s.T, "0", s.db.sql(s.T, "select count(*) from "+table), table)
	}
	for _, kind := range []string{gateway, connection} {
		require.Empty(s.T, s.direct.list(s.T, kind, ""))
	}
}

// column is one attribute of several objects, sorted.
func column(objects []object, name string) []string {
	var out []string
	for _, o := range objects {
		out = append(out, fmt.Sprint(o[name]))
	}
	slices.Sort(out)
	return out
}

// synced waits for a comparison that began after now.
func (s *scene) synced() {
	s.Helper()
	after := time.Now().UTC().Truncate(time.Second)
	poll.Until(s.T, 2*resync+patience, func() error {
		a, err := s.direct.try(s.T, http.MethodGet, "/v1/managers/neutron", nil)
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(a.text, `"synced_at":"`)
		stamp, _, _ := strings.Cut(rest, `"`)
		if at, err := time.Parse(time.RFC3339, stamp); err != nil || !at.After(after) {
			return errors.New("no comparison since: " + a.text)
		}
		return nil
	})
}

// TestNeutron plays all scenes with one Neutron.
func TestNeutron(t *testing.T) {
	began := time.Now()
	w := newWorld(t, "")
	w.addAgents()
	t.Logf("measured: set up after %s", time.Since(began).Round(time.Second))
	for _, scene := range []struct {
		name string
		play func(*testing.T, *world)
	}{
		{"Start", startScene}, {"ByName", byNameScene}, {"ByID", byIDScene}, {"Stitch", stitchScene}, {"Projects", projectsScene}, {"Refusals", refusalsScene},
		{"Ports", portsScene}, {"TwoProcesses", twoProcessesScene}, {"Clients", clientsScene}, {"ClientsAlone", clientsAloneScene},
		{"Away", awayScene}, {"Silent", silentScene}, {"LostReply", lostReplyScene}, {"Wiped", wipedScene}, {"Cascade", cascadeScene}, {"Golden", goldenScene}, {"Killed", killedScene}, {"Emptied", emptiedScene},
	} {
		t.Run(scene.name, func(t *testing.T) { scene.play(t, w) })
	}
}

//go:build neutron

package neutron_test

import (
	"fmt"
	"net/http"
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

const (
	// refusedWithin is how long a user waits for the 503.
	refusedWithin = 10 * time.Second
	// owedWithin is how long after its return bordergw may have what was deleted meanwhile.
	owedWithin = 30 * time.Second
)

// unavailable: a request is 503 in time.
func (s *scene) unavailable(method, path string, body any) {
	s.Helper()
	w, began := poll.Start(s.T), time.Now()
	a, err := s.neutron.try(s.T, method, path, body)
	require.NoError(s.T, err)
	require.Equal(s.T, []any{http.StatusServiceUnavailable, "BorderGatewayUnavailable"}, []any{a.status, a.kind()}, "%s %s: %s", method, path, a.text)
	s.Logf("measured: %s %s is 503 after %s", method, path, time.Since(began).Round(time.Millisecond))
	require.Less(s.T, w.Counted(), refusedWithin)
}

// unavailableToAll: what needs bordergw is 503, and what only reads Neutron's rows is not.
func (s *scene) unavailableToAll(sw vtep, gw, net string) {
	s.Helper()
	s.unavailable("POST", paths[gateway], object{gateway: object{"name": "new", "devices": []any{portDevice(sw, "p3", 5)}}})
	s.unavailable("PUT", paths[gateway]+"/"+gw, object{gateway: object{"name": "new"}})
	s.unavailable("POST", paths[connection], object{connection: object{"l2_gateway_id": gw, "network_id": net}})
	s.unavailable("GET", paths[device], nil)
}

// awayScene: bordergw is away. Creates are 503 and leave nothing, deletes are done and owed.
func awayScene(t *testing.T, w *world) {
	s := newScene(t, w)
	sw := s.newSwitch("sw1", "192.0.2.1")
	blue, vni := s.newNetwork("blue")
	red, _ := s.newNetwork("red")
	gw, kept := s.newGateway("g", portDevice(sw, "p1", 100)), s.newGateway("kept", portDevice(sw, "p2", 200))
	conn := s.connect(gw, blue)
	s.holds(patience, sw, "connection", "ls "+blue+" "+vni, "bind sw1 p1 100 "+blue)

	s.bordergw.kill()
	before := len(s.server.log(t))
	s.unavailableToAll(sw, kept, red)
	refused := s.server.log(t)[before:]
	require.Contains(t, refused, "index failed")
	require.NotContains(t, refused, "Traceback")
	s.neutron.remove(t, connection, conn)
	s.neutron.remove(t, gateway, gw)
	s.saidOnce(s.server.log(t)[before+len(refused):])
	require.Empty(t, s.rows(connection))
	require.Equal(t, []string{kept}, s.rows(gateway))
	require.Equal(t, []string{"kept"}, column(s.neutron.list(t, gateway, ""), "name"))

	s.bordergw.start()
	s.holds(owedWithin, sw, "owed deletions on the switch")
	s.Logf("measured: owed deletions after %s more", poll.Until(t, owedWithin, s.differs))
	require.Equal(t, []string{kept}, s.managed(gateway))
	require.Equal(t, "kept", s.direct.get(t, gateway, kept)["name"])
}

// saidOnce: of two deletions that bordergw did not get there is a line each, with the cause once.
func (s *scene) saidOnce(log string) {
	s.Helper()
	owed := 0
	for line := range strings.Lines(log) {
		if strings.Contains(line, "is deleted here, but not in bordergw yet") {
			owed++
			require.Equal(s.T, 1, strings.Count(line, "does not serve"), line)
		}
	}
	require.Equal(s.T, 2, owed, log)
}

// silentScene: bordergw takes connections and answers nothing.
func silentScene(t *testing.T, w *world) {
	s := newScene(t, w)
	sw := s.newSwitch("sw1", "192.0.2.1")
	red, _ := s.newNetwork("red")
	kept := s.newGateway("kept", portDevice(sw, "p2", 200))
	s.bordergw.pause(t)
	s.unavailableToAll(sw, kept, red)
	s.bordergw.resume(t)
	s.reachable()
	require.Equal(t, []string{kept}, s.rows(gateway))
	require.Empty(t, s.rows(connection))
	// What it had received is carried out now, perhaps after a first comparison.
	s.Logf("measured: the same again after %s", poll.Until(t, owedWithin, func() error {
		if name := s.direct.get(t, gateway, kept)["name"]; name != "kept" {
			return fmt.Errorf("the gateway is named %s", name)
		}
		return s.differs()
	}))
	s.synced()
	require.NoError(t, s.differs())
	require.Equal(t, "kept", s.direct.get(t, gateway, kept)["name"])
}

// lostReplyScene: bordergw does what it is asked, and the first answer to each POST gets lost. Each
// object is there once.
func lostReplyScene(t *testing.T, w *world) {
	s := sceneAt(t, w, "127.0.0.1:0")
	var lost heard
	s.openGate(gate{after: func(r *http.Request) bool { return r.Method != http.MethodPost || !lost.add(r.URL.Path) }})
	s.reachable()

	sw := s.newSwitch("sw1", "192.0.2.1")
	blue, vni := s.newNetwork("blue")
	gw := s.newGateway("g", portDevice(sw, "p1", 100))
	conn := s.connect(gw, blue)
	require.ElementsMatch(t, []string{paths[device], paths[gateway], paths[network], paths[connection]}, lost.all)
	for kind, id := range map[string]string{device: sw.id, gateway: gw, network: blue, connection: conn} {
		require.Equal(t, []string{id}, ids(s.direct.list(t, kind, "")), kind)
	}
	require.NoError(t, s.differs())
	s.holds(patience, sw, "connection", "ls "+blue+" "+vni, "bind sw1 p1 100 "+blue)
}

// wipedScene: bordergw's store is lost. After the devices are registered again it has everything as before.
func wipedScene(t *testing.T, w *world) {
	s := newScene(t, w)
	sw := s.newSwitch("sw1", "192.0.2.1")
	blue, vni := s.newNetwork("blue")
	red := s.networkOfVNI("red", 7000)
	s.newPort(blue, "h1")
	s.connect(s.newGateway("g", portDevice(sw, "p1", 100)), blue)
	border := s.newGateway("b", object{"device_id": sw.id, "segmentation_id": 7000})
	s.connect(border, red)
	var before []string
	poll.True(t, patience, "both networks and the port are on the switch", func() bool {
		before = rig.Picture(sw.Server)
		return len(before) == 5
	})
	require.Subset(t, before, []string{"ls " + blue + " " + vni, "ls " + red + " 7000", "flood " + blue + " 10.0.0.11"})

	s.bordergw.kill()
	s.bordergw.wipe()
	s.bordergw.start()
	require.Empty(t, s.direct.list(t, gateway, ""))
	s.direct.create(t, device, object{"id": sw.id, "name": sw.name, "management_ip": "127.0.0.1", "management_port": sw.Port(), "tenant_id": "ops"})
	s.Logf("measured: everything is back after %s", poll.Until(t, 2*resync+patience, s.differs))
	s.holds(patience, sw, "rows", before...)
	require.Len(t, s.macsThere(blue), 1)
	require.Equal(t, []string{sw.id}, s.rows(device))
}

// cascadeScene: a network is deleted with its connections, and the comparison that finds it does not
// touch what others have in bordergw.
func cascadeScene(t *testing.T, w *world) {
	s := newScene(t, w)
	sw := s.newSwitch("sw1", "192.0.2.1")
	blue, vni := s.newNetwork("blue")
	gw := s.newGateway("g", portDevice(sw, "p1", 100))
	s.connect(gw, blue)
	theirs := s.direct.create(t, network, object{"name": "theirs", "provider:segmentation_id": 9000})["id"].(string)
	foreign := s.direct.create(t, gateway, object{"name": "foreign", "devices": []any{portDevice(sw, "p3", 300)}})["id"].(string)
	s.direct.create(t, connection, object{"l2_gateway_id": foreign, "network_id": theirs})
	foreignRows := []string{"ls " + theirs + " 9000", "bind sw1 p3 300 " + theirs}
	s.holds(patience, sw, "connections", append([]string{"ls " + blue + " " + vni, "bind sw1 p1 100 " + blue}, foreignRows...)...)

	s.neutron.remove(t, network, blue)
	require.Empty(t, s.rows(connection))
	s.holds(patience, sw, "cascade", foreignRows...)
	poll.Until(t, patience, s.differs)
	poll.True(t, patience, "the network is deleted in bordergw", func() bool { return len(s.managed(network)) == 0 })
	s.synced()
	s.neutron.remove(t, gateway, gw)
	require.NoError(t, s.differs())
	require.Equal(t, []string{foreign}, ids(s.direct.list(t, gateway, "")))
	require.Equal(t, []string{theirs}, ids(s.direct.list(t, network, "")))
	require.Len(t, s.direct.list(t, connection, ""), 1)
	s.holds(patience, sw, "foreign rows", foreignRows...)
}

// killedScene: Neutron is killed after it has stored changes and before bordergw has got them.
func killedScene(t *testing.T, w *world) {
	s := sceneAt(t, w, fmt.Sprintf("127.0.0.1:%d", ovsdbtest.ReservePort(t)))
	pass := s.openGate(gate{})
	s.reachable()
	sw := s.newSwitch("sw1", "192.0.2.1")
	blue, vni := s.newNetwork("blue")
	conn := s.connect(s.newGateway("g", portDevice(sw, "p1", 100)), blue)
	s.holds(patience, sw, "connection", "ls "+blue+" "+vni, "bind sw1 p1 100 "+blue)
	pass()

	var held heard
	over := make(chan struct{})
	release := sync.OnceFunc(func() { close(over) })
	t.Cleanup(release)
	drop := s.openGate(gate{before: func(r *http.Request) bool {
		if r.Method == http.MethodGet {
			return true
		}
		held.add(r.Method)
		<-over
		return false
	}})
	var asked sync.WaitGroup
	asked.Go(func() { _, _ = s.neutron.try(t, "DELETE", paths[connection]+"/"+conn, nil) })
	asked.Go(func() {
		_, _ = s.neutron.try(t, "POST", paths[gateway], object{gateway: object{"name": "late", "devices": []any{portDevice(sw, "p2", 200)}}})
	})
	for _, want := range []string{"DELETE", "POST"} {
		poll.True(t, patience, "bordergw is asked to "+want, func() bool { return held.has(want) })
	}
	s.server.process.kill()
	asked.Wait()
	release()
	drop()
	require.Equal(t, []string{conn}, s.managed(connection), "bordergw does not know it yet")

	s.openGate(gate{})
	s.server.start(w.T)
	s.Logf("measured: both sides are the same %s after Neutron's return", poll.Until(t, owedWithin, s.differs))
	require.Empty(t, s.managed(connection))
	require.Equal(t, []string{"g", "late"}, column(s.direct.list(t, gateway, ""), "name"))
	s.holds(patience, sw, "deleted connection")
}

// emptiedScene: the rows of connections are gone, and nobody has deleted them. They stay in bordergw, and
// a connection that is made and deleted meanwhile changes nothing of that.
func emptiedScene(t *testing.T, w *world) {
	s := newScene(t, w)
	sw := s.newSwitch("sw1", "192.0.2.1")
	blue, vni := s.newNetwork("blue")
	red, _ := s.newNetwork("red")
	gw := s.newGateway("g", portDevice(sw, "p1", 100))
	conn := s.connect(gw, blue)
	rows := []string{"ls " + blue + " " + vni, "bind sw1 p1 100 " + blue}
	s.holds(patience, sw, "connection", rows...)

	before := strings.Count(s.server.log(t), noMassDeletion)
	s.db.sql(t, "delete from l2gatewayconnections")
	s.server.process.kill()
	s.server.start(w.T)
	s.complains(before)
	require.Equal(t, []string{conn}, s.managed(connection))

	other := s.connect(s.newGateway("g2", portDevice(sw, "p2", 200)), red)
	s.neutron.remove(t, connection, other)
	s.complains(strings.Count(s.server.log(t), noMassDeletion))
	require.Equal(t, []string{conn}, s.managed(connection))
	s.holds(patience, sw, "the same rows", rows...)
}

const noMassDeletion = "that this Neutron neither knows nor has deleted"

// complains waits for one more refusal of a comparison.
func (s *scene) complains(before int) {
	s.Helper()
	poll.True(s.T, 2*resync+patience, "a comparison refuses to delete", func() bool {
		return strings.Count(s.server.log(s.T), noMassDeletion) > before
	})
}

// heard are different words, in the order of their arrival.
type heard struct {
	mu  sync.Mutex
	all []string
}

// add reports whether a word is new.
func (h *heard) add(word string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(h.all, word) {
		return false
	}
	h.all = append(h.all, word)
	return true
}

func (h *heard) has(word string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.all, word)
}

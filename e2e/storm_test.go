package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// storm is a client that changes definitions without pause. It
// ignores refusals and missing answers, and remembers the answers that it gets.
type storm struct {
	c     *controller
	rng   *rand.Rand
	racks []*rack
	// seen is what there was when last asked; what is not known to be stale.
	seen  definitions
	stale map[string]bool
	// made and gone hold the paths of what was acknowledged.
	made, gone map[string]bool
	// accepted counts the changes that were acknowledged.
	accepted atomic.Int64
	failure  error
}

// Limits to the number of objects.
const (
	maxNetworks, maxGateways, maxConnections, maxMACs = 8, 10, 16, 200

	firstBorderVNI = 7000
)

func newStorm(c *controller, racks []*rack, seed uint64) *storm {
	return &storm{
		c: c, rng: rand.New(rand.NewPCG(seed, 1)), racks: racks, stale: allStale(), made: map[string]bool{}, gone: map[string]bool{},
	}
}

// run ends with stop, or at an answer that must not be. Between two changes it
// leaves a moment, which keeps it from spinning while nobody answers.
func (s *storm) run(stop <-chan struct{}) {
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	for s.failure == nil {
		select {
		case <-stop:
			return
		case <-pace.C:
			s.step()
		}
	}
}

func allStale() map[string]bool {
	return map[string]bool{networks: true, gateways: true, connections: true, devices: true}
}

// look asks for what may have changed, and reports whether it got an answer.
func (s *storm) look() bool {
	for path := range s.stale {
		var now definitions
		if !s.read(path, &now) {
			return false
		}
		switch path {
		case networks:
			s.seen.Networks = now.Networks
		case gateways:
			s.seen.Gateways = now.Gateways
		case connections:
			s.seen.Connections = now.Connections
		case devices:
			s.seen.Devices = now.Devices
		}
		delete(s.stale, path)
	}
	return true
}

// step makes one change that fits what there is.
func (s *storm) step() {
	if !s.look() {
		return
	}
	d := &s.seen
	switch s.rng.IntN(9) {
	case 0:
		s.network(d)
	case 1, 2:
		s.gateway(d)
	case 3, 4, 5:
		s.connection(d)
	case 6:
		s.update(d)
	default:
		s.mac(d)
	}
}

func (s *storm) network(d *definitions) {
	if len(d.Networks) == maxNetworks {
		n := d.Networks[s.rng.IntN(maxNetworks)]
		if !slices.ContainsFunc(d.Connections, func(c connectionShown) bool { return c.Network == n.ID }) {
			s.remove(networks, n.ID)
		}
		return
	}
	attributes := object{"name": "n"}
	if s.rng.IntN(2) == 0 {
		attributes["provider:segmentation_id"] = firstBorderVNI + s.rng.IntN(4)
	}
	s.create(networks, attributes)
}

func (s *storm) gateway(d *definitions) {
	if len(d.Gateways) == maxGateways {
		g := d.Gateways[s.rng.IntN(maxGateways)]
		if !slices.ContainsFunc(d.Connections, func(c connectionShown) bool { return c.Gateway == g.ID }) {
			s.remove(gateways, g.ID)
		}
		return
	}
	if s.rng.IntN(3) == 0 {
		s.create(gateways, object{"name": "border", "devices": []object{{
			"device_id": s.racks[s.rng.IntN(len(s.racks))].device, "segmentation_id": firstBorderVNI + s.rng.IntN(4),
		}}})
		return
	}
	s.create(gateways, object{"name": "access", "devices": s.switches()})
}

// switches are one or two devices with ports and VLANs.
func (s *storm) switches() (list []object) {
	var names []string
	for _, r := range s.racks {
		for name := range r.tunnels {
			names = append(names, name)
		}
	}
	s.rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names[:1+s.rng.IntN(2)] {
		list = append(list, s.onSwitch(name))
	}
	return list
}

func (s *storm) onSwitch(name string) object {
	vlan := 1 + s.rng.IntN(200)
	return onSwitch(name, port("p1", vlan, vlan+1), port("p2", vlan))
}

func (s *storm) connection(d *definitions) {
	n := len(d.Connections)
	switch {
	case s.full(n, maxConnections):
		s.remove(connections, d.Connections[s.rng.IntN(n)].ID)
	case len(d.Gateways) > 0 && len(d.Networks) > 0:
		s.create(connections, object{
			"l2_gateway_id": d.Gateways[s.rng.IntN(len(d.Gateways))].ID,
			"network_id":    d.Networks[s.rng.IntN(len(d.Networks))].ID,
		})
	}
}

// update gives a gateway's first device other VLANs.
func (s *storm) update(d *definitions) {
	if len(d.Gateways) == 0 {
		return
	}
	g := d.Gateways[s.rng.IntN(len(d.Gateways))]
	if name := g.Devices[0].Name; name != "" {
		s.send(http.MethodPut, gateways+"/"+g.ID, object{"l2_gateway": object{"devices": []object{s.onSwitch(name)}}})
	}
}

// mac adds some far MACs, so that a plan takes a while, or removes one. No
// two devices know the same one.
func (s *storm) mac(d *definitions) {
	i := s.rng.IntN(len(d.Devices))
	dev := &d.Devices[i]
	path := devices + "/" + dev.ID + "/remote_mac_entries"
	if n := len(dev.MACs); s.full(n, maxMACs) {
		s.remove(path, dev.MACs[s.rng.IntN(n)].ID)
		return
	}
	var entries []object
	for range 1 + s.rng.IntN(30) {
		entries = append(entries, object{
			"mac_address":     fmt.Sprintf("00:aa:%02x:00:%02x:%02x", i, s.rng.IntN(256), s.rng.IntN(256)),
			"vtep_address":    fmt.Sprintf("198.51.100.%d", s.rng.IntN(20)),
			"segmentation_id": firstBorderVNI + s.rng.IntN(4),
		})
	}
	a, ok := s.send(http.MethodPost, path, object{"remote_mac_entries": entries})
	if !ok {
		return
	}
	var made struct {
		Entries []struct{ ID string } `json:"remote_mac_entries"`
	}
	s.decode(a, &made)
	for _, e := range made.Entries {
		s.made[path+"/"+e.ID] = true
	}
}

// full draws whether to remove one of n rather than to add one.
func (s *storm) full(n, limit int) bool { return n >= limit || n > limit/2 && s.rng.IntN(3) == 0 }

func (s *storm) create(collection string, attributes object) {
	key := singular[collection]
	a, ok := s.send(http.MethodPost, collection, object{key: attributes})
	if !ok {
		return
	}
	var made map[string]struct{ ID string }
	s.decode(a, &made)
	s.made[collection+"/"+made[key].ID] = true
}

func (s *storm) decode(a answer, into any) {
	if err := json.Unmarshal([]byte(a.text), into); err != nil {
		s.failure = fmt.Errorf("%s: %w", a.text, err)
	}
}

func (s *storm) remove(collection, id string) {
	path := collection + "/" + id
	delete(s.made, path) // it may go without that we hear of it
	if _, ok := s.send(http.MethodDelete, path, nil); ok {
		s.gone[path] = true
	}
}

// read reports whether an answer came.
func (s *storm) read(path string, into any) bool {
	a, err := s.c.try(http.MethodGet, path, nil)
	if err != nil {
		return false
	}
	if a.status != http.StatusOK {
		s.failure = fmt.Errorf("GET %s: %d %s", path, a.status, a.text)
		return false
	}
	s.decode(a, into)
	return s.failure == nil
}

// send reports whether the change was acknowledged. A change of unknown outcome
// may have been made all the same.
func (s *storm) send(method, path string, body any) (answer, bool) {
	a, err := s.c.try(method, path, body)
	switch {
	case err != nil:
		s.stale = allStale()
		return a, false
	case a.status >= 500 || a.status == http.StatusBadRequest:
		s.failure = fmt.Errorf("%s %s: %d %s", method, path, a.status, strings.TrimSpace(a.text))
		return a, false
	case a.status >= 300:
		return a, false
	}
	for collection := range singular {
		if strings.HasPrefix(path, collection) {
			s.stale[collection] = true
		}
	}
	s.accepted.Add(1)
	return a, true
}

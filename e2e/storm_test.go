package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

// storm is a client that changes definitions without pause. It does not mind
// refusals, nor answers that do not come, and remembers what it was told.
type storm struct {
	c     *controller
	rng   *rand.Rand
	racks []*rack
	// made and gone hold the paths of what was acknowledged.
	made, gone map[string]bool
	// accepted counts the changes that were acknowledged.
	accepted int
	failure  error
}

// Limits to the number of objects.
const (
	maxNetworks, maxGateways, maxConnections, maxMACs = 6, 8, 14, 60

	firstBorderVNI = 7000
)

func newStorm(c *controller, racks []*rack, seed uint64) *storm {
	return &storm{c: c, rng: rand.New(rand.NewPCG(seed, 1)), racks: racks, made: map[string]bool{}, gone: map[string]bool{}}
}

// run ends with stop, or at an answer that must not be.
func (s *storm) run(stop <-chan struct{}) {
	for s.failure == nil {
		select {
		case <-stop:
			return
		default:
			s.step()
		}
	}
}

// step makes one change that fits what there is.
func (s *storm) step() {
	var d definitions
	for _, path := range []string{networks, gateways, connections, devices} {
		if !s.read(path, &d) {
			return
		}
	}
	switch s.rng.IntN(9) {
	case 0:
		s.network(&d)
	case 1, 2:
		s.gateway(&d)
	case 3, 4, 5:
		s.connection(&d)
	case 6:
		s.update(&d)
	default:
		s.mac(&d)
	}
}

func (s *storm) network(d *definitions) {
	switch n := len(d.Networks); {
	case s.full(n, maxNetworks):
		s.remove(networks, d.Networks[s.rng.IntN(n)].ID)
	case s.rng.IntN(2) == 0:
		s.create(networks, object{"name": "n", "provider:segmentation_id": firstBorderVNI + 100 + s.rng.IntN(50)})
	default:
		s.create(networks, object{"name": "n"})
	}
}

func (s *storm) gateway(d *definitions) {
	switch n := len(d.Gateways); {
	case s.full(n, maxGateways):
		s.remove(gateways, d.Gateways[s.rng.IntN(n)].ID)
	case s.rng.IntN(3) == 0:
		s.create(gateways, object{"name": "border", "devices": []object{{
			"device_id": s.racks[s.rng.IntN(len(s.racks))].device, "segmentation_id": firstBorderVNI + s.rng.IntN(4),
		}}})
	default:
		s.create(gateways, object{"name": "access", "devices": s.switches()})
	}
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

// mac adds or removes a far station. No two devices know the same one.
func (s *storm) mac(d *definitions) {
	i := s.rng.IntN(len(d.Devices))
	dev := &d.Devices[i]
	path := devices + "/" + dev.ID + "/remote_mac_entries"
	if n := len(dev.MACs); s.full(n, maxMACs) {
		s.remove(path, dev.MACs[s.rng.IntN(n)].ID)
		return
	}
	a, ok := s.send(http.MethodPost, path, object{"remote_mac_entry": object{
		"mac_address":     fmt.Sprintf("00:aa:%02x:00:00:%02x", i, s.rng.IntN(256)),
		"vtep_address":    fmt.Sprintf("198.51.100.%d", s.rng.IntN(20)),
		"segmentation_id": firstBorderVNI + s.rng.IntN(4),
	}})
	s.acknowledge(path, "remote_mac_entry", a, ok)
}

// full draws whether to remove one of n rather than to add one.
func (s *storm) full(n, limit int) bool { return s.rng.IntN(limit+1) < n }

func (s *storm) create(collection string, attributes object) {
	a, ok := s.send(http.MethodPost, collection, object{singular[collection]: attributes})
	s.acknowledge(collection, singular[collection], a, ok)
}

func (s *storm) acknowledge(collection, key string, a answer, ok bool) {
	if !ok {
		return
	}
	var made map[string]struct{ ID string }
	if err := json.Unmarshal([]byte(a.text), &made); err != nil {
		s.failure = fmt.Errorf("%s: %w", a.text, err)
		return
	}
	s.made[collection+"/"+made[key].ID] = true
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
	if err := json.Unmarshal([]byte(a.text), into); err != nil {
		s.failure = fmt.Errorf("GET %s: %s: %w", path, a.text, err)
	}
	return s.failure == nil
}

// send reports whether the change was acknowledged.
func (s *storm) send(method, path string, body any) (answer, bool) {
	a, err := s.c.try(method, path, body)
	if err != nil {
		return a, false
	}
	if a.status >= 500 || a.status == http.StatusBadRequest {
		s.failure = fmt.Errorf("%s %s: %d %s", method, path, a.status, strings.TrimSpace(a.text))
		return a, false
	}
	if a.status >= 300 {
		return a, false
	}
	s.accepted++
	return a, true
}

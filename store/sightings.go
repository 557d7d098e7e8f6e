package store

import (
	"sync"

	"bordergw/model"
)

const (
	// maxSightings bounds what is remembered of one device, in logical switches.
	maxSightings = 1 << 16
	// maxSightingName bounds a name in bytes: the id of a network with a suffix. A
	// longer one is cut; no network of ours has it.
	maxSightingName = 4*maxID + len(model.BorderSuffix)
)

// sightings are the VNIs that switches were last seen to use, whoever wrote them. They
// are not durable: a switch reports them again when it is read.
type sightings struct {
	mu       sync.RWMutex
	byDevice map[string]map[string]model.VNI // by name of the logical switch
	// byVNI counts the devices that have a logical switch of that name. A switch may
	// show all of its own with one VNI.
	byVNI map[model.VNI]map[string]int
}

// sighting is a logical switch of a device's database.
type sighting struct{ device, logicalSwitch string }

func (s *sightings) note(device string, all bool, vnis map[string]model.VNI) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byDevice == nil {
		s.byDevice, s.byVNI = map[string]map[string]model.VNI{}, map[model.VNI]map[string]int{}
	}
	if all {
		for name := range s.byDevice[device] {
			if vnis[name] == 0 {
				s.set(sighting{device, name}, 0)
			}
		}
	}
	for name, v := range vnis {
		s.set(sighting{device, name[:min(len(name), maxSightingName)]}, v)
	}
}

func (s *sightings) set(at sighting, v model.VNI) {
	of := s.byDevice[at.device]
	if old := of[at.logicalSwitch]; old != 0 {
		s.count(old, at.logicalSwitch, -1)
		if delete(of, at.logicalSwitch); len(of) == 0 {
			delete(s.byDevice, at.device)
		}
	}
	if v == 0 || len(of) >= maxSightings {
		return
	}
	if len(of) == 0 {
		of = map[string]model.VNI{}
		s.byDevice[at.device] = of
	}
	of[at.logicalSwitch] = v
	s.count(v, at.logicalSwitch, 1)
}

func (s *sightings) count(v model.VNI, name string, by int) {
	names := s.byVNI[v]
	if names == nil {
		names = map[string]int{}
		s.byVNI[v] = names
	}
	if names[name] += by; names[name] == 0 {
		delete(names, name)
	}
	if len(names) == 0 {
		delete(s.byVNI, v)
	}
}

// of reports whether a switch uses the VNI for that network.
func (s *sightings) of(v model.VNI, network string) bool {
	own, _ := s.names(v, network)
	return own > 0
}

// other reports whether a switch uses the VNI for anything but that network.
func (s *sightings) other(v model.VNI, network string) bool {
	own, all := s.names(v, network)
	return all > own
}

// names counts the names that logical switches with the VNI have: those of a network,
// and all.
func (s *sightings) names(v model.VNI, network string) (own, all int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := s.byVNI[v]
	for _, name := range []string{network, network + model.BorderSuffix} {
		if names[name] > 0 {
			own++
		}
	}
	return own, len(names)
}

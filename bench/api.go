package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	workConnection = "new connection"
	workVLAN       = "new VLAN"
	workCreate     = "create a gateway"
	workList       = "list gateways"
	createGateways = 200
	listGateways   = 1000
	// apiRows stand while changes are made through the API.
	apiRows = 10_000
	// neutronRows are what stands before the peer's first change.
	neutronRows = 0
	neutron     = "Neutron with networking-l2gw"
)

// apiChange waits for the rows of one change made through the API.
func apiChange(b *bench) error {
	s, err := newSite(b.programs, apiRows)
	if err != nil {
		return err
	}
	target, err := s.newTarget()
	if err != nil {
		return err
	}
	bindings, err := target.watch("Physical_Port", "vlan_bindings")
	if err != nil {
		return err
	}
	for i := range b.changes() / 2 {
		if err := errors.Join(b.once(workConnection, apiRows, ours, func() (sample, error) { return s.newConnection(target, bindings, i) }),
			b.once(workVLAN, apiRows, ours, func() (sample, error) { return s.newVLAN(target, bindings, i) })); err != nil {
			return err
		}
	}
	b.stop(target.server)
	if err := s.end(); err != nil || !b.peers {
		return err
	}
	return neutronConnections(b, b.changes()/4)
}

func binding(vlan int) string { return fmt.Sprintf(`[%d,["uuid"`, vlan) }

func (s *site) newConnection(target *member, bindings *watcher, i int) (sample, error) {
	network, vlan := siteNetworks+i, 1000+i
	if err := s.d.createNetwork(networkName(network), vniOf(network)); err != nil {
		return sample{}, err
	}
	return bindings.timed(binding(vlan), func() error {
		_, err := s.d.connect(target.gateway, networkName(network), vlan)
		return err
	})
}

// newVLAN connects one more VLAN to a network of many MACs.
func (s *site) newVLAN(target *member, bindings *watcher, i int) (sample, error) {
	vlan := 2000 + i
	gateway, err := s.d.createGateway(fmt.Sprintf("dst%d", s.targets), port, vlan)
	if err != nil {
		return sample{}, err
	}
	return bindings.timed(binding(vlan), func() error {
		_, err := s.d.connect(gateway, networkName(0), 0)
		return err
	})
}

// gateways creates gateways one by one, and lists them once there are many.
func gateways(b *bench) error {
	ourAPI, err := b.startDaemon()
	if err != nil {
		return err
	}
	servers := []apiServer{{ours, ourAPI}}
	if b.peers {
		n, err := b.startNeutron()
		if err != nil {
			return err
		}
		servers = append(servers, apiServer{neutron, n})
	}
	for made := 0; made < listGateways; made += createGateways { // five times, whatever b.runs is
		for _, s := range servers {
			if err := b.once(workCreate, createGateways, s.who, func() (sample, error) { return s.create(made) }); err != nil {
				return err
			}
		}
	}
	for range b.runs {
		for _, s := range servers {
			if err := b.once(workList, listGateways, s.who, s.list); err != nil {
				return err
			}
		}
	}
	b.endAll()
	return nil
}

// apiServer is one of those that make and list gateways.
type apiServer struct {
	who string
	*daemon
}

// create makes createGateways, when there are some already.
func (s apiServer) create(made int) (sample, error) {
	m := startMeter(s.process)
	for i := range createGateways {
		if _, err := s.createGateway(fmt.Sprintf("sw%d", made+i), port, 1); err != nil {
			return sample{}, err
		}
	}
	got := m.stop(time.Now())
	got.wall /= createGateways
	got.cpu /= createGateways
	return got, nil
}

// list lists all.
func (s apiServer) list() (sample, error) {
	var answer struct {
		Gateways []object `json:"l2_gateways"`
	}
	m := startMeter(s.process)
	err := s.do(http.MethodGet, gatewaysPath, nil, &answer)
	if err == nil && len(answer.Gateways) != listGateways {
		err = fmt.Errorf("the list has %d gateways", len(answer.Gateways))
	}
	return m.stop(time.Now()), err
}

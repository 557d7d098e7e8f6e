package main

import "fmt"

const (
	siteNetworks = 100
	siteSources  = 50
	port         = "p1"
)

// site is a daemon and one database with 50 switches, which have learned
// MACs in 100 networks.
type site struct {
	p       *programs
	d       *daemon
	source  *server
	rows    rowSet
	targets int
}

func sourceIPs() (names, ips []string) {
	for i := range siteSources {
		names = append(names, fmt.Sprintf("src%d", i))
		ips = append(ips, tunnelIP(i+1))
	}
	return names, ips
}

// newSite returns a site that has learned so many MACs and is in sync.
func newSite(p *programs, macs int, args ...string) (*site, error) {
	s := &site{p: p}
	var err error
	if s.source, err = p.startVtep(); err != nil {
		return nil, err
	}
	if err := s.learn(macs); err != nil {
		return nil, err
	}
	if s.d, err = p.startDaemon(args...); err != nil {
		return nil, err
	}
	for i := range siteNetworks {
		if err := s.d.createNetwork(networkName(i), vniOf(i)); err != nil {
			return nil, err
		}
	}
	if _, err := s.join("src0", tunnelIP(1), s.source); err != nil {
		return nil, err
	}
	return s, s.d.inSync(1, "")
}

func (s *site) learn(count int) error {
	names, ips := sourceIPs()
	if err := s.source.transact(switches(names, ips, port)...); err != nil {
		return err
	}
	logical, locators := s.rows.header(siteNetworks, ips)
	macs := s.rows.macs("Ucast_Macs_Local", count)
	n := min(perTransaction, len(macs))
	if err := s.source.transact(append(append(logical, locators...), macs[:n]...)...); err != nil {
		return err
	}
	return s.source.load(macs[n:])
}

// member is what the API calls a switch of all networks.
type member struct {
	*server
	id, gateway string
	paths       []string // of its objects, in the order to delete them
}

// join registers a switch and connects it to all networks.
func (s *site) join(name, ip string, server *server) (m *member, err error) {
	m = &member{server: server}
	if m.id, err = s.d.register(name, ip, server); err != nil {
		return nil, err
	}
	if m.gateway, err = s.d.createGateway(name, port); err != nil {
		return nil, err
	}
	for i := range siteNetworks {
		id, err := s.d.connect(m.gateway, networkName(i), i+1)
		if err != nil {
			return nil, err
		}
		m.paths = append(m.paths, connectionsPath+"/"+id)
	}
	m.paths = append(m.paths, gatewaysPath+"/"+m.gateway, devicesPath+"/"+m.id)
	return m, nil
}

// pausedTarget is a new switch, a member of all networks, whose database hangs:
// it is dialled while all is being defined, and answers when resumed.
func (s *site) pausedTarget() (*member, error) {
	s.targets++
	name, ip := fmt.Sprintf("dst%d", s.targets), tunnelIP(1000+s.targets)
	server, err := s.p.target(name, ip)
	if err != nil {
		return nil, err
	}
	if err := server.pause(); err != nil {
		return nil, err
	}
	return s.join(name, ip, server)
}

// newPair is a site and a switch beside it that is to have all its MACs.
func newPair(p *programs, macs int) (*site, *member, error) {
	s, err := newSite(p, macs)
	if err != nil {
		return nil, nil, err
	}
	target, err := s.newTarget()
	return s, target, err
}

// newTarget is a switch in sync.
func (s *site) newTarget() (*member, error) {
	m, err := s.pausedTarget()
	if err != nil {
		return nil, err
	}
	if err := m.resume(); err != nil {
		return nil, err
	}
	return m, s.d.inSync(1, "&id="+m.id)
}

// leave removes a member again. Its database dies first: what is being removed
// is not to be measured.
func (s *site) leave(m *member) error {
	s.p.stop(m.server)
	return s.d.remove(m.paths...)
}

func (s *site) end() error {
	err := s.p.stopDaemon(s.d)
	s.p.stop(s.source)
	return err
}

// vtepRequests is the floor's work for a new switch: the rows that the daemon
// would write.
func vtepRequests(rows int) (*rowSet, [][]byte) {
	r := &rowSet{}
	_, ips := sourceIPs()
	logical, locators := r.header(siteNetworks, ips, mark)
	macs := r.macs("Ucast_Macs_Remote", rows)
	n := min(perTransaction, len(macs))
	out := [][]byte{transaction(0, vtepDB, logical), transaction(1, vtepDB, append(locators, macs[:n]...))}
	return r, append(out, requests(append(macs[n:], r.ends(port)...))...)
}

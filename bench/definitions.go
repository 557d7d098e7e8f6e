package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	workConnect    = "POST connection, API to rows"
	workDisconnect = "DELETE connection, API to rows"
	workOneVLAN    = "PUT gateway with one more VLAN, API to rows"
	workNetwork    = "POST network"
	workGateway    = "POST gateway"
	workLists      = "list connections"
	workImport     = "import connections, to rows"
	workImported   = "import connections, to the answer"
	workIdle       = "connections with nothing to do"
	workAgain      = "restart with connections"
	workTriples    = "networks, gateways and connections, one after the other"
	// definitionPorts are those of each switch. The connections are evenly on them.
	definitionPorts = 48
	idleWindow      = 10 * time.Second
	// firstTriples is what all of them are compared with.
	firstTriples = 1_000
)

// definitions measures what a change costs beside many connections, each of a network and
// a gateway of its own on the same two switches. The changes of all sizes are made in turn.
func definitions(b *bench) error {
	var sites []*tenancy
	for i := range b.runs {
		for _, n := range b.connections() {
			t, err := b.importTenancy(n)
			if err != nil {
				return fmt.Errorf("%d connections: %w", n, err)
			}
			if i == b.runs-1 {
				sites = append(sites, t)
				continue
			}
			if err := t.end(); err != nil {
				return err
			}
		}
	}
	for _, m := range []struct {
		times int
		do    func(*tenancy) error
	}{{b.changes() / 2, b.changeTenancy}, {b.runs, b.listTenancy}, {1, b.leaveTenancy}} {
		if err := inTurn(sites, m.times, m.do); err != nil {
			return err
		}
	}
	return nil
}

// inTurn does something a number of times with each.
func inTurn(sites []*tenancy, times int, do func(*tenancy) error) error {
	for range times {
		for _, t := range sites {
			if err := do(t); err != nil {
				return fmt.Errorf("%d connections: %w", t.size, err)
			}
		}
	}
	return nil
}

func (o options) connections() []int {
	if o.smoke {
		return []int{100, 2_000}
	}
	return []int{100, 1_000, 10_000}
}

// tenancy is a daemon with two switches and a number of connections.
type tenancy struct {
	p        *programs
	d        *daemon
	size     int
	switches []*server
	// bound see the bindings that come, gone the logical switches that go.
	bound, gone []*watcher
	made        int // changes so far
}

// newTenancy starts two switches and a daemon that does not know of them.
func newTenancy(p *programs, size int) (*tenancy, error) {
	t := &tenancy{p: p, size: size}
	for i := range 2 {
		server, err := p.startVtep()
		if err != nil {
			return nil, err
		}
		if err := server.transact(switchOf(switchName(i), tunnelIP(i), definitionPorts)...); err != nil {
			return nil, err
		}
		t.switches = append(t.switches, server)
	}
	var err error
	t.d, err = p.startDaemon()
	return t, err
}

// importTenancy imports that many connections, and has the raw client write the same
// rows to two other switches.
func (b *bench) importTenancy(size int) (*tenancy, error) {
	if err := b.once(workImport, size, floor, func() (sample, error) { return rawTenancy(b.programs, size) }); err != nil {
		return nil, err
	}
	t, err := newTenancy(b.programs, size)
	if err != nil {
		return nil, err
	}
	m := startMeter(t.d.process, t.switches...)
	if err := t.d.do(http.MethodPost, "/v1/import", t.definitions(), nil); err != nil {
		return nil, err
	}
	b.add(workImported, size, ours, m.stop(time.Now()))
	if err := errors.Join(t.d.inSync(len(t.switches), ""), quiet(t.switches...)); err != nil {
		return nil, err
	}
	got, err := m.stopAtLastWrite()
	b.add(workImport, size, ours, got)
	return t, errors.Join(err, t.right(), t.watch())
}

func (t *tenancy) watch() error {
	for _, s := range t.switches {
		bound, err := s.watch("Physical_Port", "vlan_bindings")
		if err != nil {
			return err
		}
		gone, err := s.watchGone("Logical_Switch", "name")
		if err != nil {
			return err
		}
		t.bound, t.gone = append(t.bound, bound), append(t.gone, gone)
	}
	return nil
}

// right fails unless each switch has a logical switch and a flood list for every connection.
func (t *tenancy) right() error {
	for _, s := range t.switches {
		for _, table := range []string{"Logical_Switch", "Mcast_Macs_Remote"} {
			found, err := s.ids(table, "[]")
			if err == nil && len(found) != t.size {
				err = fmt.Errorf("%d rows are in %s, not %d", len(found), table, t.size)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// port and VLAN of one of the standing connections.
func place(i int) (port string, vlan int) {
	return fmt.Sprintf("p%d", i%definitionPorts), i/definitionPorts + 1
}

// definitions are an import of everything.
func (t *tenancy) definitions() object {
	var r records
	var networks, devices, gateways, connections []object
	for i, s := range t.switches {
		devices = append(devices, r.add(newUUID(), deviceRecord(i, s)))
	}
	for i := range t.size {
		gateway := newUUID()
		port, vlan := place(i)
		var parts []object
		for s := range t.switches {
			parts = append(parts, object{"id": newUUID(), "device_name": switchName(s), "interfaces": []object{{"name": port, "vlans": []int{vlan}}}})
		}
		networks = append(networks, r.add(networkName(i), object{"name": networkName(i), "vni": vniOf(i), "admin_state_up": true}))
		gateways = append(gateways, r.add(gateway, object{"name": fmt.Sprintf("gw-%d", i), "ha_mode": "active-active", "devices": parts}))
		connections = append(connections, r.add(newUUID(), object{"l2_gateway_id": gateway, "network_id": networkName(i)}))
	}
	return object{"format": 1, "networks": networks, "gateway_devices": devices, "l2_gateways": gateways,
		"l2_gateway_connections": connections, "quotas": nil}
}

// changeTenancy makes each change once and takes it back.
func (b *bench) changeTenancy(t *tenancy) error {
	t.made++
	port := fmt.Sprintf("p%d", t.made%definitionPorts)
	vlan := 1000 + 2*t.made // no other change has it, nor the one after it
	c := &tenant{tenancy: t, name: fmt.Sprintf("new-%d", t.made), port: port}
	for _, step := range []struct {
		work string
		do   func() (sample, error)
	}{
		{workNetwork, c.createNetwork},
		{workGateway, func() (sample, error) { return c.createGateway(vlan) }},
		{workConnect, func() (sample, error) { return c.connect(vlan) }},
		{workOneVLAN, func() (sample, error) { return c.addVLAN(vlan, vlan+1) }},
		{workDisconnect, c.disconnect},
	} {
		if err := b.once(step.work, t.size, ours, step.do); err != nil {
			return fmt.Errorf("%s: %w", step.work, err)
		}
	}
	return t.d.remove(gatewaysPath+"/"+c.gateway, networksPath+"/"+c.name)
}

// tenant is what one change makes.
type tenant struct {
	*tenancy
	name, port          string // name is that of the network, and its id
	gateway, connection string
}

func (c *tenant) createNetwork() (sample, error) {
	return answered(func() error {
		_, err := c.d.create(networksPath, "network", object{"id": c.name, "name": c.name})
		return err
	})
}

func (c *tenant) createGateway(vlan int) (sample, error) {
	return answered(func() (err error) {
		c.gateway, err = c.d.create(gatewaysPath, "l2_gateway", object{"name": c.name, "tenant_id": "default", "devices": c.devices(vlan)})
		return err
	})
}

func (c *tenant) devices(vlans ...int) (out []object) {
	for i := range c.switches {
		out = append(out, object{"device_name": switchName(i), "interfaces": []object{{"name": c.port, "segmentation_id": vlans}}})
	}
	return out
}

func (c *tenant) connect(vlan int) (sample, error) {
	return timed(c.bound, binding(vlan), func() (err error) {
		c.connection, err = c.d.connect(c.gateway, c.name, 0)
		return err
	})
}

func (c *tenant) addVLAN(vlans ...int) (sample, error) {
	return timed(c.bound, binding(vlans[len(vlans)-1]), func() error {
		return c.d.do(http.MethodPut, gatewaysPath+"/"+c.gateway, object{"l2_gateway": object{"devices": c.devices(vlans...)}}, nil)
	})
}

func (c *tenant) disconnect() (sample, error) {
	return timed(c.gone, fmt.Sprintf("%q", c.name), func() error { return c.d.remove(connectionsPath + "/" + c.connection) })
}

// answered measures to the answer of a request, for what makes no rows.
func answered(deed func() error) (sample, error) {
	time.Sleep(spacing)
	began := time.Now()
	err := deed()
	return sample{wall: time.Since(began)}, err
}

// listTenancy lists all connections. Nobody decodes them while it is measured.
func (b *bench) listTenancy(t *tenancy) error {
	return b.once(workLists, t.size, ours, func() (sample, error) {
		m := startMeter(t.d.process)
		err := t.d.do(http.MethodGet, connectionsPath, nil, nil)
		return m.stop(time.Now()), err
	})
}

// leaveTenancy measures what nothing to do costs, and a restart.
func (b *bench) leaveTenancy(t *tenancy) error {
	time.Sleep(calm)
	m := startMeter(t.d.process, t.switches...)
	time.Sleep(idleWindow)
	got := m.stop(time.Now())
	got.wall = 0
	b.add(workIdle, t.size, ours, got)
	if err := t.d.end(); err != nil {
		return err
	}
	if err := b.once(workAgain, t.size, ours, t.restart); err != nil {
		return err
	}
	return t.end()
}

// restart starts the daemon on its store until both are in sync. It may not write.
func (t *tenancy) restart() (sample, error) {
	began := time.Now()
	if err := errors.Join(t.d.start(t.p.binary), t.d.inSync(len(t.switches), "")); err != nil {
		return sample{}, err
	}
	got := sample{wall: time.Since(began), cpu: t.d.cpu(), memory: t.d.memory("VmHWM")}
	time.Sleep(calm)
	return got, errors.Join(notWritten(began, t.switches...), t.right())
}

func (t *tenancy) end() error {
	err := t.p.stopDaemon(t.d)
	t.p.stop(t.switches...)
	return err
}

// rawTenancy has the raw client write the rows of that many connections.
func rawTenancy(p *programs, size int) (sample, error) {
	work, servers := make([][][]byte, 2), make([]*server, 2)
	for i := range servers {
		var err error
		if servers[i], err = p.startVtep(); err != nil {
			return sample{}, err
		}
		defer p.stop(servers[i])
		if err := servers[i].transact(switchOf(switchName(i), tunnelIP(i), definitionPorts)...); err != nil {
			return sample{}, err
		}
		work[i] = tenancyRows(size, tunnelIP(1-i))
	}
	return runFloor(servers, work)
}

// tenancyRows are the requests that write a switch's rows.
func tenancyRows(size int, peer string) [][]byte {
	r := &rowSet{}
	logical, locators := r.header(size, []string{peer}, mark)
	ops := r.floods()
	n := min(perTransaction, len(ops))
	out := append(requests(logical), transaction(1, vtepDB, append(locators, ops[:n]...)))
	out = append(out, requests(ops[n:])...)
	ports := map[string][]string{}
	for i, ls := range r.logical {
		port, vlan := place(i)
		ports[port] = append(ports[port], fmt.Sprintf(`[%d,%s]`, vlan, ref(ls)))
	}
	var bound []string
	for port, bindings := range ports {
		bound = append(bound, bindingsOf(port, bindings))
	}
	return append(out, requests(bound)...)
}

// triples creates connections one after the other, each with a network and a gateway.
func triples(b *bench) error {
	t, err := newTenancy(b.programs, 0)
	if err != nil {
		return err
	}
	for i, s := range t.switches {
		if _, err := t.d.register(switchName(i), tunnelIP(i), s); err != nil {
			return err
		}
	}
	if err := t.d.inSync(len(t.switches), ""); err != nil {
		return err
	}
	sizes := b.connections()
	m := startMeter(t.d.process, t.switches...)
	for ; t.size < sizes[len(sizes)-1]; t.size++ {
		if err := t.triple(t.size); err != nil {
			return err
		}
		if made := t.size + 1; made == firstTriples || made == sizes[len(sizes)-1] {
			b.add(workTriples, made, ours, m.stop(time.Now()))
		}
	}
	if err := errors.Join(t.d.inSync(len(t.switches), ""), quiet(t.switches...), t.right()); err != nil {
		return err
	}
	return t.end()
}

func (t *tenancy) triple(i int) error {
	port, vlan := place(i)
	c := &tenant{tenancy: t, port: port}
	if _, err := t.d.create(networksPath, "network", object{"id": networkName(i), "name": networkName(i)}); err != nil {
		return err
	}
	gateway, err := t.d.create(gatewaysPath, "l2_gateway", object{"name": fmt.Sprintf("gw-%d", i), "tenant_id": "default", "devices": c.devices(vlan)})
	if err != nil {
		return err
	}
	_, err = t.d.connect(gateway, networkName(i), 0)
	return err
}

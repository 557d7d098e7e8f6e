package main

import (
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	ovnController = "ovn-controller-vtep"
	ovnDB         = "OVN_Southbound"
	ovnSchema     = "/usr/share/ovn/ovn-sb.ovsschema"
)

// cloud is a southbound database with the MACs of ports, a switch, and
// ovn-controller-vtep between them.
type cloud struct {
	south, vtep *server
	controller  process
	datapaths   []string
	chassis     []string
}

func newCloud(p *programs, rows int) (*cloud, error) {
	south, err := p.startServers(1, ovnDB, ovnSchema)
	if err != nil {
		return nil, err
	}
	vtep, err := p.target("dst", tunnelIP(1000))
	if err != nil {
		return nil, err
	}
	c := &cloud{south: south[0], vtep: vtep}
	var r rowSet
	logical, _ := r.header(siteNetworks, nil)
	return c, errors.Join(vtep.transact(append(logical, r.bindings(port))...), c.fill(rows))
}

// fill makes what ovn-northd and the hypervisors would have made.
func (c *cloud) fill(rows int) error {
	ops := []string{`{"op":"insert","table":"SB_Global","row":{}}`}
	names, ips := sourceIPs()
	for i, name := range names {
		encap, id := newUUID(), newUUID()
		c.chassis = append(c.chassis, id)
		ops = append(ops, insert("Encap", encap, fmt.Sprintf(`"type":"vxlan","ip":%q,"chassis_name":%q`, ips[i], name)),
			insert("Chassis", id, fmt.Sprintf(`"name":%q,"hostname":%q,"encaps":%s`, name, name, ref(encap))))
	}
	for n := range siteNetworks {
		id := newUUID()
		c.datapaths = append(c.datapaths, id)
		ops = append(ops, insert("Datapath_Binding", id, fmt.Sprintf(`"tunnel_key":%d`, vniOf(n))),
			insert("Port_Binding", newUUID(), fmt.Sprintf(`"logical_port":"vtep-%d","type":"vtep","datapath":%s,"tunnel_key":1,"options":["map",[["vtep-physical-switch","dst"],["vtep-logical-switch",%q]]]`,
				n, ref(id), networkName(n))))
	}
	if err := c.south.transact(ops...); err != nil {
		return err
	}
	macs := make([]string, rows)
	for i := range macs {
		macs[i] = c.portBinding(i%siteNetworks, i/siteNetworks)
	}
	return c.south.load(macs)
}

func (c *cloud) portBinding(network, i int) string {
	mac := macOf(network, i)
	return insert("Port_Binding", newUUID(), fmt.Sprintf(`"logical_port":%q,"datapath":%s,"tunnel_key":%d,"chassis":%s,"mac":%q`,
		mac, ref(c.datapaths[network]), i+2, ref(c.chassis[i%len(c.chassis)]), mac+" 10.0.0.1"))
}

// start runs the controller in the benchmark's directory.
func (c *cloud) start() error {
	c.controller = process{command(ovnController, "--vtep-db="+c.vtep.unix, "--ovnsb-db="+c.south.unix,
		"-vconsole:off", "-vsyslog:off")}
	c.controller.Env = append(os.Environ(), "OVN_RUNDIR="+c.vtep.dir)
	c.controller.Stderr = os.Stderr
	return c.controller.Start()
}

// push measures from the moment that the switch's database answers.
func (c *cloud) push(rows int) (got sample, err error) {
	if err := errors.Join(c.empty(), c.vtep.pause(), c.start()); err != nil {
		return got, err
	}
	defer c.controller.kill()
	time.Sleep(dialled) // it reads the southbound meanwhile
	m := startMeter(c.controller, c.vtep, c.south)
	if err := c.vtep.resume(); err != nil {
		return got, err
	}
	if err := c.standing(rows); err != nil {
		return got, err
	}
	got = m.stop(time.Now())
	last, err := lastWrite(c.vtep)
	got.wall = last.Sub(m.began)
	return got, errors.Join(err, c.vtep.holds(rows))
}

// empty takes all MACs away.
func (c *cloud) empty() error {
	return c.vtep.transact(`{"op":"delete","table":"Ucast_Macs_Remote","where":[]}`, `{"op":"delete","table":"Mcast_Macs_Remote","where":[]}`)
}

// standing waits until the switch has as many rows.
func (c *cloud) standing(rows int) error {
	for range attempts {
		if err := quiet(c.vtep); err != nil {
			return err
		}
		if c.vtep.holds(rows) == nil {
			return nil
		}
	}
	return c.vtep.holds(rows)
}

// watched starts the controller for single changes.
func (c *cloud) watched(rows int) (*watcher, error) {
	if err := errors.Join(c.start(), c.standing(rows)); err != nil {
		return nil, err
	}
	return c.vtep.watch("Ucast_Macs_Remote", "MAC")
}

// appear adds one more MAC to the southbound database.
func (c *cloud) appear(seen *watcher, i int) (sample, error) {
	network, own := i%siteNetworks, c.controller.cpu()
	got, err := seen.timed(macOf(network, lateMACs+i), func() error { return c.south.transact(c.portBinding(network, lateMACs+i)) })
	got.cpu = c.controller.cpu() - own
	return got, err
}

// lateMACs are numbered from here; Port_Binding.tunnel_key ends at 32767.
const lateMACs = 20_000

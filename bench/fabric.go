package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// fabric is many switches, each with a database of its own. They have learned MACs
// in networks that they share.
type fabric struct {
	p        *programs
	d        *daemon
	servers  []*server
	switches []*fabricSwitch
	members  map[int][]int // switches by network
}

// fabricSwitch is what a switch's database holds by itself, and the ids that its
// rows have.
type fabricSwitch struct {
	networks []int
	logical  map[int]string // id by network
	own      string         // id of the own locator
	macs     []learnedMAC   // learned here
	far      map[int]string // id of a locator by switch
}

type learnedMAC struct {
	network int
	mac     string
}

const (
	networksEach = 10
	macsEach     = 100 // of a switch, or of a network of a switch
)

// pairs shares ten networks between every two switches.
func pairs(i int) []int {
	out := make([]int, networksEach)
	for n := range out {
		out[n] = i/2*networksEach + n
	}
	return out
}

// one network for all.
func oneNetwork(int) []int { return []int{0} }

func switchName(i int) string { return fmt.Sprintf("sw%03d", i) }

// newFabric starts the databases; nothing but local rows is in them.
func newFabric(p *programs, n int, networks func(int) []int, macs int) (*fabric, error) {
	f := &fabric{p: p, members: map[int][]int{}}
	var err error
	if f.servers, err = p.startServers(n, vtepDB, vtepSchema); err != nil {
		return nil, err
	}
	for i, server := range f.servers {
		sw := newFabricSwitch(i, networks(i), macs)
		for _, network := range sw.networks {
			f.members[network] = append(f.members[network], i)
		}
		f.switches = append(f.switches, sw)
		if err := server.transact(sw.localRows(i)...); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func newFabricSwitch(i int, networks []int, macs int) *fabricSwitch {
	sw := &fabricSwitch{networks: networks, logical: map[int]string{}, own: newUUID(), far: map[int]string{}}
	for _, network := range networks {
		sw.logical[network] = newUUID()
	}
	for s := range macs {
		network := networks[s%len(networks)]
		sw.macs = append(sw.macs, learnedMAC{network, macOf(network, i*macs+s)})
	}
	return sw
}

func (sw *fabricSwitch) localRows(i int) []string {
	ops := append(switches([]string{switchName(i)}, []string{tunnelIP(i)}, port), locator(tunnelIP(i), sw.own))
	for _, network := range sw.networks {
		ops = append(ops, logicalSwitch(network, sw.logical[network]))
	}
	for _, s := range sw.macs {
		ops = append(ops, ucast("Ucast_Macs_Local", s.mac, sw.logical[s.network], sw.own))
	}
	return ops
}

// peers are the switches that share a network with one, each once.
func (f *fabric) peers(i int) (out []int) {
	for _, network := range f.switches[i].networks {
		out = append(out, f.members[network]...)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(p int) bool { return p == i })
}

// remoteRows are the rows that a switch must have: MACs, flood lists, bindings.
func (f *fabric) remoteRows(i int) [][]byte {
	sw := f.switches[i]
	var locators, macs, ends []string
	for _, p := range f.peers(i) {
		sw.far[p] = newUUID()
		locators = append(locators, locator(tunnelIP(p), sw.far[p]))
		for _, s := range f.switches[p].macs {
			if id, ok := sw.logical[s.network]; ok {
				macs = append(macs, ucast("Ucast_Macs_Remote", s.mac, id, sw.far[p]))
			}
		}
	}
	for n, network := range sw.networks {
		ends = append(ends, f.floodAndBinding(i, n, network)...)
	}
	// The flood lists first: they refer to all locators.
	return append([][]byte{transaction(0, vtepDB, append(locators, ends...))}, requests(macs)...)
}

func (f *fabric) floodAndBinding(i, n, network int) []string {
	sw, set := f.switches[i], newUUID()
	var refs []string
	for _, p := range f.members[network] {
		if p != i {
			refs = append(refs, ref(sw.far[p]))
		}
	}
	ls := ref(sw.logical[network])
	return []string{
		fmt.Sprintf(`{"op":"update","table":"Logical_Switch","where":[["_uuid","==",%s]],"row":{%s}}`, ls, mark),
		insert("Physical_Locator_Set", set, `"locators":["set",[`+strings.Join(refs, ",")+`]]`),
		insert("Mcast_Macs_Remote", newUUID(), fmt.Sprintf(`"MAC":"unknown-dst","logical_switch":%s,"locator_set":%s`, ls, ref(set))),
		fmt.Sprintf(`{"op":"mutate","table":"Physical_Port","where":[["name","==",%q]],"mutations":[["vlan_bindings","insert",["map",[[%d,%s]]]]]}`, port, n+1, ls),
	}
}

// clear takes away what a controller wrote.
func (f *fabric) clear() error {
	for _, s := range f.servers {
		err := s.transact(`{"op":"delete","table":"Ucast_Macs_Remote","where":[]}`, `{"op":"delete","table":"Mcast_Macs_Remote","where":[]}`,
			`{"op":"update","table":"Physical_Port","where":[],"row":{"vlan_bindings":["map",[]]}}`,
			`{"op":"update","table":"Logical_Switch","where":[],"row":{"other_config":["map",[]]}}`)
		if err != nil {
			return err
		}
	}
	return nil
}

// definitions are an import for /v1/import: all that an operator would create.
func (f *fabric) definitions() object {
	var r records
	var networks, devices, gateways, connections []object
	for network := range len(f.members) {
		networks = append(networks, r.add(networkName(network), object{"name": networkName(network), "vni": vniOf(network), "admin_state_up": true}))
	}
	for i, s := range f.servers {
		devices = append(devices, r.add(newUUID(), deviceRecord(i, s)))
		gateway := newUUID()
		gateways = append(gateways, r.add(gateway, object{"name": switchName(i), "ha_mode": "active-active", "devices": []object{
			{"id": newUUID(), "device_name": switchName(i), "interfaces": []object{{"name": port}}},
		}}))
		for n, network := range f.switches[i].networks {
			connections = append(connections, r.add(newUUID(), object{"l2_gateway_id": gateway, "network_id": networkName(network),
				"segmentation_id": object{"kind": "vlan", "value": n + 1}}))
		}
	}
	return object{"format": 1, "networks": networks, "gateway_devices": devices, "l2_gateways": gateways,
		"l2_gateway_connections": connections, "quotas": nil}
}

// records numbers the records of an import in the order of creation.
type records int

func (r *records) add(id string, o object) object {
	*r++
	o["id"], o["seq"], o["revision"], o["project_id"], o["created_at"] = id, *r, *r, "default", "2026-01-01T00:00:00Z"
	return o
}

// deviceRecord is the record of a registered switch.
func deviceRecord(i int, s *server) object {
	return object{"name": switchName(i), "type": "hw_vtep", "management_ip": "127.0.0.1", "management_port": s.port,
		"management_protocol": "ovsdb", "tunnel_ips": []string{tunnelIP(i)}, "border_mode": "direct", "drift_policy": "repair"}
}

// sync has a daemon with an empty store bring all to what is defined, from the
// moment that the databases answer.
func (f *fabric) sync(args ...string) (got sample, err error) {
	if f.d, err = f.p.startDaemon(args...); err != nil {
		return got, err
	}
	if err := f.all((*server).pause); err != nil {
		return got, err
	}
	if err := f.d.do(http.MethodPost, "/v1/import", f.definitions(), nil); err != nil {
		return got, err
	}
	time.Sleep(dialled)
	m := startMeter(f.d.process, f.servers...)
	if err := errors.Join(f.all((*server).resume), f.d.inSync(len(f.servers), "")); err != nil {
		return got, err
	}
	return f.finished(m)
}

// finished measures work whose end the daemon can not know: a switch is in sync
// with what the others have reported so far. The work is over when the databases are
// right and nothing is written for a while.
func (f *fabric) finished(m *meter) (got sample, err error) {
	for range attempts {
		if err = quiet(f.servers...); err != nil {
			return got, err
		}
		if got, err = m.stopAtLastWrite(); err != nil {
			return got, err
		}
		if err = f.right(); err == nil {
			return got, nil
		}
	}
	return got, err
}

const (
	attempts  = 20
	quietTime = 1500 * time.Millisecond
)

// quiet waits until nothing was written for a while.
func quiet(servers ...*server) error {
	began := time.Now()
	return poll(20*time.Millisecond, func() (bool, error) {
		last, err := lastWrite(servers...)
		return time.Since(began) > quietTime && time.Since(last) > quietTime, err
	})
}

func (f *fabric) all(do func(*server) error) error {
	for _, s := range f.servers {
		if err := do(s); err != nil {
			return err
		}
	}
	return nil
}

// right fails unless every database has the MACs of all others.
func (f *fabric) right() error {
	for i, s := range f.servers {
		want := 0
		for _, p := range f.peers(i) {
			for _, st := range f.switches[p].macs {
				if _, ok := f.switches[i].logical[st.network]; ok {
					want++
				}
			}
		}
		if err := s.holds(want); err != nil {
			return fmt.Errorf("%s: %w", switchName(i), err)
		}
	}
	return nil
}

// raw has the raw client write the same, after some questions.
func (f *fabric) raw(questions ...[]byte) (sample, error) {
	work := make([][][]byte, len(f.servers))
	for i := range work {
		work[i] = append(slices.Clone(questions), f.remoteRows(i)...)
	}
	// As for bordergw, the kernel has the connections and the servers take them up
	// when the time has begun.
	if err := f.all((*server).pause); err != nil {
		return sample{}, err
	}
	client, err := readyFloor(f.servers, work)
	if err != nil {
		return sample{}, err
	}
	m := startMeter(client.process, f.servers...)
	if err := errors.Join(f.all((*server).resume), client.play()); err != nil {
		return sample{}, err
	}
	return m.stop(time.Now()), errors.Join(client.end(), f.right())
}

func (f *fabric) end() {
	f.p.stop(f.servers...)
}

//go:build neutron

package neutron_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/lab"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

// withAgents is what a Neutron that speaks to agents has in its configuration. Comparisons are rare: what is to be in
// time comes without them.
const withAgents = `[DEFAULT]
transport_url = rabbit://guest:guest@127.0.0.1:%d/
[bordergw]
resync_interval = 300
`

// fabric is a scene with frames: hypervisors with real agents, and emulated switches.
type fabric struct {
	*scene
	lab         *lab.Lab
	free        *poll.Watch
	hypervisors map[string]*hypervisor
	switches    map[string]vtep
	machines    map[string]*machine
	// The network, and its VNI.
	blue, vni string
}

// machine is a virtual machine with its port of Neutron.
type machine struct {
	*lab.Machine
	port string
	// host is the hypervisor where Neutron has the port. at is where the cable ends: there, or at a switch.
	host, at string
}

var (
	switchNames     = []string{"sw1", "sw2"}
	hypervisorNames = []string{"hv1", "hv2"}
)

func newFabric(t *testing.T) *fabric {
	t.Helper()
	f := &fabric{hypervisors: map[string]*hypervisor{}, switches: map[string]vtep{}, machines: map[string]*machine{}}
	f.lab = newLab(t)
	broker := startBroker(t)
	w := newWorld(t, fmt.Sprintf(withAgents, broker))
	for _, name := range hypervisorNames {
		f.hypervisors[name] = newHypervisor(t, f.lab.Hypervisor(name), broker)
	}
	f.scene = newScene(t, w)
	f.free = poll.Start(t)
	t.Logf("measured: agents are there after %s", poll.Until(t, longPatience, f.agentsAlive).Round(time.Millisecond))
	for _, name := range switchNames {
		f.register(name)
	}
	f.blue, f.vni = f.newNetwork("blue")
	// The prefix of all hosts of the lab.
	f.neutron.create(t, subnet, object{"network_id": f.blue, "cidr": "192.168.0.0/16", "ip_version": 4, "enable_dhcp": false, "gateway_ip": nil})
	return f
}

func newLab(t *testing.T) *lab.Lab {
	t.Helper()
	dir, err := os.MkdirTemp("/run", "lab")
	require.NoError(t, err)
	// A real switch takes a row in milliseconds; the emulator looks once a second.
	prompt, err := filepath.Abs("../frames/testdata/prompt.py")
	require.NoError(t, err)
	cfg := lab.Config{Dir: dir, Hypervisors: hypervisorNames}
	for _, name := range switchNames {
		cfg.Switches = append(cfg.Switches, lab.SwitchConfig{Name: name, Emulator: prompt})
	}
	l, err := lab.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	require.NoError(t, l.Up(limited(t)))
	return l
}

// limited is a context for what starts and ends processes: on a busy machine each takes its time.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), longPatience)
	t.Cleanup(cancel)
	return ctx
}

// agentsAlive is nil if Neutron has heard of the agents of all hypervisors lately.
func (f *fabric) agentsAlive() error {
	alive := 0
	for _, a := range f.neutron.do(f.T, http.StatusOK, http.MethodGet, "/v2.0/agents", nil)["agents"].([]any) {
		if a.(object)["alive"] == true {
			alive++
		}
	}
	if alive < len(hypervisorNames) {
		return fmt.Errorf("%d agents are alive", alive)
	}
	return nil
}

// register makes a switch of the lab a gateway device.
func (f *fabric) register(name string) {
	f.Helper()
	sw := f.lab.Switch(name)
	v := vtep{Server: ovsdbtest.Attach(f.T, sw.Dir(), int(sw.Endpoint().Port())), name: name}
	v.id = f.neutron.create(f.T, device, object{"name": name, "management_ip": "127.0.0.1", "management_port": v.Port()})["id"].(string)
	f.inSync(v)
	f.switches[name] = v
}

// address is the tunnel address of a switch or a hypervisor.
func (f *fabric) address(name string) string {
	if sw := f.lab.Switch(name); sw != nil {
		return sw.TunnelIP().String()
	}
	return f.lab.Hypervisor(name).TunnelIP().String()
}

// boot makes a port on a host, and a machine that is plugged in there; it returns when the port was made, before the
// agent has wired it.
func (f *fabric) boot(name, host, ip string) (made time.Time) {
	f.Helper()
	body := virtualMachine(f.blue, host)
	body["fixed_ips"] = []any{object{"ip_address": ip}}
	p := f.neutron.create(f.T, port, body)
	made = time.Now()
	ctx := limited(f.T)
	m, err := f.lab.NewMachine(ctx, name, p["mac_address"].(string), netip.MustParseAddr(ip))
	require.NoError(f.T, err)
	f.machines[name] = &machine{Machine: m, port: p["id"].(string), host: host, at: host}
	require.NoError(f.T, m.PlugInto(ctx, f.lab.Hypervisor(host), p["id"].(string)))
	return made
}

// active waits until Neutron has heard from the agent that a machine's port is wired, and returns when.
func (f *fabric) active(name string) time.Time {
	f.Helper()
	poll.Until(f.T, patience, func() error {
		if status := f.neutron.get(f.T, port, f.machines[name].port)["status"]; status != "ACTIVE" {
			return fmt.Errorf("the port of %s is %s", name, status)
		}
		return nil
	})
	return time.Now()
}

// wanted are the rows that a switch is to have.
func (f *fabric) wanted(name string) []string {
	rows := []string{"ls " + f.blue + " " + f.vni, bindings[name] + " " + f.blue}
	var members []string
	for _, n := range switchNames {
		if n != name {
			members = append(members, f.address(n))
		}
	}
	for _, m := range f.machines {
		if m.host != "" {
			members = append(members, f.address(m.host))
		}
		if m.at != name {
			rows = append(rows, "mac "+f.blue+" "+m.MAC+" "+f.address(m.at))
		}
	}
	slices.Sort(members)
	rows = append(rows, "flood "+f.blue+" "+strings.Join(slices.Compact(members), " "))
	slices.Sort(rows)
	return rows
}

// bindings is what each switch has in the network.
var bindings = map[string]string{"sw1": "bind sw1 p1 0", "sw2": "bind sw2 p2 100"}

// written is nil if all switches have the rows that they are to have, each once. MACs of hosts behind switches come and
// go with their frames: they do not count.
func (f *fabric) written() error {
	for _, name := range switchNames {
		have, err := rig.TryPicture(f.switches[name].Server)
		if err != nil {
			return err
		}
		have = slices.DeleteFunc(have, func(row string) bool { return strings.Contains(row, " 02:00:00:") })
		if want := f.wanted(name); !slices.Equal(have, want) {
			return fmt.Errorf("%s holds\n%s\nand not\n%s", name, strings.Join(have, "\n"), strings.Join(want, "\n"))
		}
	}
	return nil
}

// reached is nil if the agents of these hypervisors have each switch once in the flood entry of the network and for a
// tunnel. What they have of each other is Neutron's own.
func (f *fabric) reached(hosts ...string) error {
	var want []string
	for _, name := range switchNames {
		want = append(want, f.address(name))
	}
	for _, host := range hosts {
		v, ctx := f.hypervisors[host], limited(f.T)
		flooded, err := v.floodsTo(ctx, f.vni)
		if err != nil {
			return err
		}
		tunnels, err := v.tunnels(ctx)
		if err != nil {
			return err
		}
		if !slices.Equal(f.ofSwitches(flooded), want) || !slices.Equal(f.ofSwitches(tunnels), want) {
			return fmt.Errorf("%s floods to %v and has tunnels to %v, not to %v", host, flooded, tunnels, want)
		}
	}
	return nil
}

// ofSwitches leaves out the addresses of hypervisors.
func (f *fabric) ofSwitches(addresses []string) []string {
	return slices.DeleteFunc(slices.Clone(addresses), func(a string) bool {
		return slices.ContainsFunc(hypervisorNames, func(h string) bool { return f.address(h) == a })
	})
}

// measured waits, and logs how long that took since a moment: it has to be so within that time, in which the machine was free.
func (f *fabric) measured(what string, since time.Time, most time.Duration, check func() error) {
	f.Helper()
	poll.Until(f.T, most, check)
	f.Logf("measured: | %s | %s |", what, time.Since(since).Round(time.Millisecond))
}

// ping has all of these reach each other.
func (f *fabric) ping(names ...string) {
	f.Helper()
	for _, from := range names {
		for _, to := range names {
			if from != to {
				require.NoError(f.T, f.lab.Ping(limited(f.T), from, to))
			}
		}
	}
}

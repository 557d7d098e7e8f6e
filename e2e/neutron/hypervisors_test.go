//go:build neutron

package neutron_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bordergw/internal/lab"
)

// agentConf takes the directory, the host, the URL of the broker, the tunnel address and the socket of the
// hypervisor's ovsdb-server. polling_interval is the smallest there is.
const agentConf = `[DEFAULT]
host = %[2]s
transport_url = %[3]s
state_path = %[1]s
log_file = %[1]s/agent.log
[ovs]
local_ip = %[4]s
datapath_type = netdev
ovsdb_connection = unix:%[5]s
[agent]
tunnel_types = vxlan
l2_population = true
polling_interval = 1
root_helper = env
root_helper_daemon =
[securitygroup]
enable_security_group = false
firewall_driver = noop
[oslo_concurrency]
lock_path = %[1]s
`

// hypervisor is one with a real agent of Neutron.
type hypervisor struct {
	*lab.Hypervisor
	dir   string
	agent *process
}

func newHypervisor(t *testing.T, h *lab.Hypervisor, brokerPort int) *hypervisor {
	t.Helper()
	v := &hypervisor{Hypervisor: h, dir: t.TempDir()}
	broker := fmt.Sprintf("rabbit://guest:guest@%s:%d/", h.Controller(), brokerPort)
	write(t, filepath.Join(v.dir, "agent.conf"), fmt.Sprintf(agentConf, v.dir, h.Name, broker, h.TunnelIP(), h.Socket()))
	v.start(t)
	t.Cleanup(func() {
		if log, err := os.ReadFile(filepath.Join(v.dir, "agent.log")); err == nil && t.Failed() {
			lines := trouble.FindAllString(string(log), -1)
			t.Logf("agent of %s:\n%s", h.Name, strings.Join(lines[max(0, len(lines)-10):], "\n"))
		}
	})
	return v
}

// start runs the agent until the test ends.
func (v *hypervisor) start(t *testing.T) {
	t.Helper()
	cmd := v.Command("neutron-openvswitch-agent", "--config-file", filepath.Join(v.dir, "agent.conf"))
	cmd.Env = append(cmd.Env, "PYTHONWARNINGS=ignore")
	v.agent = run(t, cmd, filepath.Join(v.dir, "output"))
}

// dump is what the tunnel bridge has for flows, without counters and without what its tunnels have learned.
func (v *hypervisor) dump(ctx context.Context) ([]string, error) {
	out, err := v.Run(ctx, "ovs-ofctl", "--names", "--no-stats", "dump-flows", "br-tun")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(strings.Split(out, "\n"), learned.MatchString), nil
}

var (
	// learned are flows that age. The flow that makes them says so only in its actions.
	learned = regexp.MustCompile(`hard_timeout=.* actions=`)
	cookie  = regexp.MustCompile(`cookie=(0x[0-9a-f]+),\s*`)
)

// flows are those of the tunnel bridge, sorted, without what differs between two runs of an agent.
func (v *hypervisor) flows(ctx context.Context) ([]string, error) {
	all, err := v.dump(ctx)
	for i, flow := range all {
		all[i] = strings.TrimSpace(cookie.ReplaceAllString(flow, ""))
	}
	slices.Sort(all)
	return all, err
}

// cookies are the marks of all agents that have made flows.
func (v *hypervisor) cookies(ctx context.Context) (all []string, err error) {
	flows, err := v.dump(ctx)
	for _, flow := range flows {
		for _, m := range cookie.FindAllStringSubmatch(flow, -1) {
			all = append(all, m[1])
		}
	}
	slices.Sort(all)
	return slices.Compact(all), err
}

var tunnelPort = regexp.MustCompile(`output:"?vxlan-([0-9a-f]{8})`)

// floodsTo are the tunnel addresses that frames of a network are flooded to, in order, one that is there twice twice.
func (v *hypervisor) floodsTo(ctx context.Context, vni string) ([]string, error) {
	all, err := v.flows(ctx)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(vni)
	if err != nil {
		return nil, err
	}
	var to []string
	for _, flow := range all {
		if !strings.HasPrefix(flow, "table=22,") || !strings.Contains(flow, fmt.Sprintf(":%#x->NXM_NX_TUN_ID[]", n)) {
			continue
		}
		for _, m := range tunnelPort.FindAllStringSubmatch(flow, -1) {
			to = append(to, unhex(m[1]))
		}
	}
	slices.Sort(to)
	return to, nil
}

// tunnels are the far ends of the tunnels that there are, in order.
func (v *hypervisor) tunnels(ctx context.Context) ([]string, error) {
	out, err := v.Run(ctx, "ovs-vsctl", "list-ports", "br-tun")
	if err != nil {
		return nil, err
	}
	var to []string
	for _, name := range strings.Fields(out) {
		if address, ok := strings.CutPrefix(name, "vxlan-"); ok {
			to = append(to, unhex(address))
		}
	}
	slices.Sort(to)
	return to, nil
}

// unhex is the address that the agent has made a port's name of.
func unhex(digits string) string {
	n, _ := strconv.ParseUint(digits, 16, 32)
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()
}

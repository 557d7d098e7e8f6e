package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
)

func TestDescribeAndTrace(t *testing.T) {
	serveIn(t, t.TempDir())
	var servers []*ovsdbtest.Server
	for i, name := range []string{"sw1", "sw2"} {
		s := ovsdbtest.Start(t)
		s.AddSwitch(name, "192.0.2."+strconv.Itoa(i+1), "p1")
		must(t, "device", "create", name, "--management-ip", "127.0.0.1", "--management-port", strconv.Itoa(s.Port()))
		servers = append(servers, s)
	}
	must(t, "wait", "device/sw1", "device/sw2", "--timeout", "20s")
	require.Equal(t, "device/sw1 InSync\ndevice/sw2 InSync\n", must(t, "wait", "--for", "InSync", "--timeout", "20s"), "all devices")
	must(t, "network", "create", "blue", "--vni", "5001", "--id", "blue-id")
	must(t, "gateway", "create", "gw1", "--device", "name=sw1,interface_names=p1|10", "--device", "name=sw2,interface_names=p1|10")
	must(t, "connection", "create", "gw1/blue")
	must(t, "wait", "gw1/blue", "--timeout", "20s")
	servers[0].VtepCtl("add-ucast-local", "blue-id", "02:00:00:00:00:0a", "192.0.2.1")
	servers[1].VtepCtl("add-ucast-local", "blue-id", "02:00:00:00:00:0b", "192.0.2.2")
	t.Run("trace", tracePrints)
	t.Run("describe", describePrints)
	t.Run("watch", watchPrints)
}

func tracePrints(t *testing.T) {
	var r result
	poll.True(t, patience, "both ways are known", func() bool {
		r = runArgs(t.Context(), "trace", "02:00:00:00:00:0a", "0200.0000.000b")
		return r.code == exitOK && strings.Count(r.out, ": reaches\n") == 2
	})
	require.Equal(t, `02:00:00:00:00:0a (sw1) -> 02:00:00:00:00:0b (sw2): reaches
  1 sw1  ok       port       p1 vlan 10 bound to blue
  2 sw1  ok       switch     Logical_Switch blue key 5001
  3 sw1  ok       unicast    Ucast_Macs_Remote 02:00:00:00:00:0b in blue -> 192.0.2.2
  4 sw2  ok       switch     Logical_Switch blue takes key 5001, as the locator says
  5 sw2  ok       local MAC  Ucast_Macs_Local 02:00:00:00:00:0b at 192.0.2.2
  6 sw2  ok       port       p1 vlan 10 bound to blue
02:00:00:00:00:0b (sw2) -> 02:00:00:00:00:0a (sw1): reaches
  1 sw2  ok       port       p1 vlan 10 bound to blue
  2 sw2  ok       switch     Logical_Switch blue key 5001
  3 sw2  ok       unicast    Ucast_Macs_Remote 02:00:00:00:00:0a in blue -> 192.0.2.1
  4 sw1  ok       switch     Logical_Switch blue takes key 5001, as the locator says
  5 sw1  ok       local MAC  Ucast_Macs_Local 02:00:00:00:00:0a at 192.0.2.1
  6 sw1  ok       port       p1 vlan 10 bound to blue
`, r.out)
	r = runArgs(t.Context(), "trace", "--network", "blue", "sw1:p1:10", "02:00:00:00:00:0c")
	require.Equal(t, exitNo, r.code, r.errOut)
	require.Contains(t, r.out, "02:00:00:00:00:0c: unknown (see 3)")
	require.Contains(t, r.out, "no switch has learned 02:00:00:00:00:0c in blue")
	require.Equal(t, exitFailure, runArgs(t.Context(), "trace", "x", "y").code)
}

func describePrints(t *testing.T) {
	var out string
	poll.True(t, patience, "the history has it", func() bool {
		out = must(t, "describe", "connection", "gw1/blue")
		return strings.Contains(out, "connection/gw1/blue ")
	})
	require.Regexp(t, `(?m)^name +gw1/blue$`, out)
	require.Regexp(t, `(?m)^  CONDITION +TRUE +SINCE +REASON +MESSAGE$`, out)
	require.Regexp(t, `(?m)^  Programmed +yes +2\S+Z +\S+ +-$`, out)
	require.Regexp(t, `(?m)^  \S+Z +info +definition.created +connection/gw1/blue +`, out)
	require.Contains(t, out, "network/blue", "what it hangs on is there too")
	require.NotRegexp(t, `(?m)^conditions +\S`, out, "conditions stand once")

	must(t, "network", "create", "idle", "--vni", "5009")
	must(t, "gateway", "create", "lost", "--allow-missing-ports", "--device", "name=sw1,interface_names=p9|10")
	must(t, "connection", "create", "lost/idle")
	require.Regexp(t, `(?m)^reason +[A-Z]\w+$`, must(t, "describe", "connection", "lost/idle"), "as show and list say")
	must(t, "connection", "delete", "connection/lost/idle")

	require.Contains(t, must(t, "describe", "switch", "sw1"), "definition.created   device/sw1")
	var both struct {
		Device json.RawMessage `json:"gateway_device"`
		Events []model.Event
	}
	require.NoError(t, json.Unmarshal([]byte(must(t, "describe", "device", "sw1", "-o", "json")), &both))
	require.NotEmpty(t, both.Events)
	require.Contains(t, string(both.Device), `"sw1"`)
	r := runArgs(t.Context(), "describe", "devise", "sw1")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errOut, `did you mean "device"`)
}

// printed is what a command prints while it runs.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func watchPrints(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out, code := &printed{}, make(chan int, 1)
	go func() { code <- execute(ctx, []string{"network", "list", "-w"}, strings.NewReader(""), out, out) }()
	shows := func(line string) {
		t.Helper()
		poll.True(t, patience, "the list shows "+line, func() bool {
			for _, cells := range columns(out.String()) {
				if strings.Join(cells, " ") == line {
					return true
				}
			}
			return false
		})
	}
	shows("NAME VNI STATUS")
	shows("blue 5001 ACTIVE")
	must(t, "network", "create", "red", "--vni", "5002")
	shows("red 5002 ACTIVE")
	must(t, "network", "delete", "red")
	shows("red 5002 ACTIVE DELETED")
	interrupt()
	require.Equal(t, exitOK, <-code)
	require.Equal(t, exitUsage, runArgs(t.Context(), "network", "list", "-w", "-o", "json").code)
}

func TestExplain(t *testing.T) {
	t.Setenv("BORDERGW_URL", "http://127.0.0.1:1") // it needs no daemon
	require.Regexp(t, `^attribute  device\.border_mode
type       direct \| stitch \| relay
set by     create, update
           how frames pass between sites: direct \(default\), .*
$`, must(t, "explain", "device.border_mode"))
	require.Regexp(t, `\n +what the switch is able to do: one of .*ovs-vtep.* \(default auto, .*\+bfd\n`, must(t, "explain", "device.profile"))
	for _, kind := range columns(must(t, "explain"))[1:] {
		for _, line := range columns(must(t, "explain", kind[0])) {
			require.NotContains(t, line, "-", "%s: each attribute is described", kind[0])
			require.NotContains(t, line[1], "<nil>")
		}
	}
	require.Contains(t, runArgs(t.Context(), "explain", "network.vni").errOut, `a network has no attribute "vni": --vni gives network.provider:segmentation_id`)
	all := must(t, "explain", "gateway")
	require.Regexp(t, `(?m)^ATTRIBUTE +TYPE +SET BY +WHAT IT IS$`, all)
	require.Regexp(t, `(?m)^ha_mode +active-active \| active-passive +create, update`, all)
	r := runArgs(t.Context(), "explain", "device.bordermode")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errOut, `did you mean "border_mode"`)
}

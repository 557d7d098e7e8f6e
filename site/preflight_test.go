package site_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/site"
	"bordergw/store"
)

// seen answers with what a test sets.
type seen struct {
	phase   string
	preview model.Preview
	asked   int
}

func (s *seen) DeviceStatus(string) model.DeviceStatus { return model.DeviceStatus{Phase: s.phase} }

func (s *seen) Preview(_, _ *model.Definitions) (model.Preview, error) {
	s.asked++
	return s.preview, nil
}

// checked compares a file and checks the plan, as a daemon does.
func checked(t *testing.T, s *store.Store, text string, by *seen, allow ...string) *site.Plan {
	t.Helper()
	p, err := site.Compare(s.Definitions(), parsed(t, text), site.Options{})
	require.NoError(t, err)
	next, err := s.Try(p.Apply)
	require.NoError(t, err)
	require.NoError(t, p.Check(s.Definitions(), next, by, allow))
	p.Seal()
	return p
}

// findings are those of a plan in words.
func findings(p *site.Plan) (out []string) {
	for _, f := range p.Findings {
		out = append(out, f.Code+" "+f.Object+": "+f.Message)
	}
	return out
}

const twoRegistered = `
switches:
  sw1: {address: "192.0.2.1:6640"}
  sw2: {address: "192.0.2.2:6640"}
`

const pair = twoRegistered + `networks: {blue: }
gateways:
  gw1: {devices: [{switch: sw1, ports: {p1: []}}, {switch: sw2, ports: {p2: []}}]}
`

const joined = `connections:
  - {gateway: gw1, network: blue, vlan: 100}
`

// registered has the switches of the pair registered and read, each with the ports p1 and p2.
func registered(t *testing.T, change func(name string, sw *model.SwitchInventory)) *store.Store {
	s := openStore(t)
	applied(t, s, parsed(t, twoRegistered), site.Options{})
	for gd := range s.Definitions().Devices.All() {
		sw := model.SwitchInventory{Name: gd.Name, TunnelIPs: []model.VTEPAddress{{10, 0, 0, gd.Name[2] - '0'}}, Ports: []model.PortInventory{{Name: "p1"}, {Name: "p2"}}}
		if change != nil {
			change(gd.Name, &sw)
		}
		require.NoError(t, s.SetInventory(t.Context(), gd.ID, model.Inventory{Switches: []model.SwitchInventory{sw}}))
	}
	return s
}

const (
	mtu = "W07 site dc1: the first connection: the network between the switches has to carry frames that are 50 bytes longer than those of the hosts (MTU 1,550 for 1,500)"
	way = "W01 gateway gw1: switches sw1 and sw2 both bind VLAN 100: where that is one network behind them, frames go round (ha: active-passive prevents it)"
)

func TestFindings(t *testing.T) {
	inSync := model.DeviceInSync
	for name, c := range map[string]struct {
		change func(string, *model.SwitchInventory)
		edit   [2]string
		seen   seen
		want   []string
	}{
		"nothing is wrong": {nil, [2]string{", {switch: sw2, ports: {p2: []}}", ""}, seen{phase: inSync}, []string{mtu}},
		"two switches":     {nil, [2]string{}, seen{phase: inSync}, []string{way, mtu}},
		"one at a time":    {nil, [2]string{"gw1: {", "gw1: {ha: active-passive, "}, seen{phase: inSync}, []string{mtu}},
		"other VLANs":      {nil, [2]string{"p1: []}}, {switch: sw2, ports: {p2: []", "p1: [100]}}, {switch: sw2, ports: {p2: [200]"}, seen{phase: inSync}, []string{mtu}},
		"no tunnel IP": {func(name string, sw *model.SwitchInventory) {
			if name == "sw2" {
				sw.TunnelIPs = nil
			}
		}, [2]string{}, seen{phase: inSync}, []string{way, "W02 switch sw2: no tunnel IP is known: other switches can not reach it", mtu}},
		"away": {nil, [2]string{}, seen{phase: model.DeviceUnreachable},
			[]string{way, "W03 switch sw1: it is unreachable: it is written when it is back", "W03 switch sw2: it is unreachable: it is written when it is back", mtu}},
		"obstacles": {nil, [2]string{}, seen{phase: inSync, preview: model.Preview{Switches: []model.SwitchPreview{
			{DeviceID: "x", Name: "sw1", Known: true, Obstacles: []model.Obstacle{
				{Kind: model.TakenVLAN, Text: "a"}, {Kind: model.TakenVNI, Text: "b"}, {Kind: model.TakenName, Text: "c"}, {Kind: model.SwitchLack, Text: "d"}}},
			{DeviceID: "y", Name: "sw9", Status: model.DeviceReading},
		}}}, []string{"E02 switch sw1: a", "E03 switch sw1: b", "E04 switch sw1: c", "E05 switch sw1: d", way, "W03 switch sw9: it is READING: it is written when it has been read", mtu}},
		"clash": {nil, [2]string{}, seen{phase: inSync, preview: model.Preview{Refused: []model.RefusedConnection{
			{Connection: &model.L2GatewayConnection{}, Kind: model.TakenVLAN, Texts: []string{"a"}}, {Connection: &model.L2GatewayConnection{}, Texts: []string{"b"}},
		}}}, []string{"E02 connection /: a", "E06 connection /: b", way, mtu}},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(pair+joined, c.edit[0], c.edit[1], 1)
			if strings.Contains(text, "p1: [100]") {
				text = strings.Replace(text, ", vlan: 100", "", 1)
			}
			s := registered(t, c.change)
			p := checked(t, s, text, &c.seen)
			require.Equal(t, c.want, findings(p))
			require.Equal(t, strings.HasPrefix(c.want[0], "E"), p.Refused != nil)
		})
	}
}

// TestPortsAhead: a port that may be named before it is there is no obstacle, whatever the switch lacks.
func TestPortsAhead(t *testing.T) {
	s := registered(t, nil)
	text := strings.Replace(pair+joined, "p1: []", "p1: [], p9: {vlans: [], provision_ahead: true}", 1)
	device := ""
	for gd := range s.Definitions().Devices.All() {
		if gd.Name == "sw1" {
			device = gd.ID
		}
	}
	lacks := func(port string) model.Obstacle {
		return model.Obstacle{Kind: model.NoPort, Text: "port " + port + " of switch sw1 not found", Switch: "sw1", Port: port}
	}
	by := &seen{phase: model.DeviceInSync, preview: model.Preview{Switches: []model.SwitchPreview{
		{DeviceID: device, Name: "sw1", Known: true, Obstacles: []model.Obstacle{lacks("p9"), lacks("p1")}}}}}
	found := findings(checked(t, s, text, by))
	require.Contains(t, found, "E01 switch sw1: port p1 of switch sw1 not found")
	require.NotContains(t, strings.Join(found, " "), "p9")
}

// TestPlanWithoutChange asks no switch.
func TestPlanWithoutChange(t *testing.T) {
	s := registered(t, nil)
	applied(t, s, parsed(t, pair), site.Options{})
	by := &seen{phase: model.DeviceInSync}
	require.Empty(t, checked(t, s, pair, by).Findings)
	require.Zero(t, by.asked)
}

// TestTokenOfSwitches: a token rests upon logical switches and bindings of switches that have been read, not upon MACs. What is
// found now is named.
func TestTokenOfSwitches(t *testing.T) {
	s := registered(t, nil)
	by := &seen{phase: model.DeviceInSync, preview: model.Preview{Switches: []model.SwitchPreview{{DeviceID: "x", Name: "sw1", Known: true, Steps: []string{"bind"}}}}}
	first := checked(t, s, pair+joined, by).Token
	sw := &by.preview.Switches[0]
	sw.MACs.Add, sw.Floods = 3, 1
	require.Equal(t, first, checked(t, s, pair+joined, by).Token)
	sw.Structure[0] = 1
	sw.Obstacles = []model.Obstacle{{Kind: model.TakenVLAN, Text: "VLAN 100 of port p1 is bound to theirs"}}
	now := checked(t, s, pair+joined, by)
	require.NotEqual(t, first, now.Token)
	details := now.Differs(first)
	require.Equal(t, "what switches hold or lack has changed", details[0])
	require.Equal(t, "now found: E02 switch sw1: VLAN 100 of port p1 is bound to theirs", details[1])
	require.Equal(t, "now to be written to switch sw1: bind", details[len(details)-1])
	require.NotNil(t, now.Refused)
	require.Nil(t, checked(t, s, pair+joined, by, "E02").Refused)
	require.Equal(t, []string{"the token is no token of a plan"}, now.Differs("x"))
}

// TestFindingsOnPortsOfRollback: a rollback asks no rule about ports, so that what they lack is found.
func TestFindingsOnPortsOfRollback(t *testing.T) {
	s := registered(t, nil)
	applied(t, s, parsed(t, pair+joined), site.Options{})
	past := *s.Definitions()
	for c := range s.Definitions().Connections.All() {
		require.NoError(t, s.Edit(t.Context(), func(e model.Editor) error { return e.DeleteConnection(c.ID) }))
	}
	for gd := range s.Definitions().Devices.All() {
		ports := []model.PortInventory{{Name: "p1", Faults: []string{"cable\x1b"}}}
		sw := model.SwitchInventory{Name: gd.Name, TunnelIPs: []model.VTEPAddress{{10, 0, 0, gd.Name[2] - '0'}}, Ports: ports}
		require.NoError(t, s.SetInventory(t.Context(), gd.ID, model.Inventory{Switches: []model.SwitchInventory{sw}}))
	}
	now := s.Definitions()
	p := site.Rollback(now, &model.Past{At: 1, Then: &past, Now: now}, site.Options{})
	next, err := s.Try(p.Apply)
	require.NoError(t, err)
	require.NoError(t, p.Check(now, next, &seen{phase: model.DeviceInSync}, nil))
	require.Subset(t, findings(p), []string{"E01 switch sw2: port p2 of switch sw2 not found", "W04 switch sw1: port p1 reports: cable\x1b"})
	require.NotNil(t, p.Refused)
}

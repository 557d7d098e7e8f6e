package topology_test

import (
	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

func scenarios(t *testing.T) []string {
	files, err := filepath.Glob("testdata/compile/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// scenario collects definitions and facts, one a line; ids are names:
//
//	network NAME VNI [FAR-END...]
//	device NAME [type T] [ip IP] [profile P] [mode M] [site S] [stitch PORT,PORT]
//	far DEVICE MAC IP VNI           a remote MAC entry
//	switch DEVICE NAME [IP...]      as last seen; fault WORD adds to the last
//	gateway NAME DEV...             DEV is SWITCH:PORT[#VLAN][,PORT...] or @DEVICE[/VNI]
//	connect NAME NETWORK GATEWAY [vlan N] [vni N] [stitch DEVICE=VLAN]
//	learned NETWORK MAC DEVICE IP
//	endpoints NETWORK SOURCE SITE IP[=MAC,...]...   what a source answers for; SITE - for none
//	down DEVICE | retired DEVICE | tombstone NETWORK | growonly | prune
type scenario struct {
	t           testing.TB
	networks    []*model.Network
	devices     []*model.GatewayDevice
	far         []*model.RemoteMAC
	inventories []*model.Inventory
	gateways    []*model.L2Gateway
	connections []*model.L2GatewayConnection
	tombstones  []*model.Tombstone
	holdings    []*model.Holding
	retired     []string
	learned     map[string]*mactable.Learned
	endpoints   []*model.EndpointSet
	down        map[string]bool
	growOnly    bool
	prune       bool
	count       uint64
}

func parse(t testing.TB, ar *txtar.Archive) *scenario {
	s := &scenario{t: t}
	for line := range strings.Lines(string(ar.Files[0].Data)) {
		if f := strings.Fields(line); len(f) > 0 {
			s.line(f)
		}
	}
	return s
}

func (s *scenario) record(id string) model.Record {
	s.count++
	return model.Record{ID: id, Seq: s.count}
}

func (s *scenario) line(f []string) {
	switch f[0] {
	case "network":
		n := &model.Network{Record: s.record(f[1]), Name: "name-of-" + f[1], VNI: s.vni(f[2])}
		for _, ip := range f[3:] {
			n.FarEnds = append(n.FarEnds, s.ip(ip))
		}
		s.networks = append(s.networks, n)
	case "device":
		s.device(f)
	case "far":
		s.far = append(s.far, &model.RemoteMAC{DeviceID: s.deviceOf(f[1]).ID, Seq: uint64(len(s.far)), RemoteMACEntry: model.RemoteMACEntry{
			ID: fmt.Sprint("far", len(s.far)), MAC: s.mac(f[2]), VTEPAddress: s.ip(f[3]), SegmentationID: s.vni(f[4])}})
	case "switch":
		s.seen(f)
	case "fault":
		sw := s.inventories[len(s.inventories)-1].Switches
		sw[len(sw)-1].Faults = append(sw[len(sw)-1].Faults, f[1])
	case "missing", "no-tunnel-ip":
		sw := s.inventories[len(s.inventories)-1].Switches
		last := &sw[len(sw)-1]
		last.Missing, last.NoTunnelIP = last.Missing || f[0] == "missing", last.NoTunnelIP || f[0] == "no-tunnel-ip"
	case "gateway":
		s.gateway(f)
	case "connect":
		s.connect(f)
	case "learned":
		s.learn(f)
	case "endpoints":
		s.source(f)
	case "down":
		s.down = map[string]bool{f[1]: true}
	case "retired":
		s.retired = append(s.retired, f[1])
	case "tombstone":
		s.tombstones = append(s.tombstones, &model.Tombstone{Record: s.record(f[1])})
	case "growonly":
		s.growOnly = true
	case "prune":
		s.prune = true
	default:
		require.Fail(s.t, "bad line", "%v", f)
	}
}

func (s *scenario) device(f []string) {
	d := &model.GatewayDevice{Record: s.record(f[1]), Name: f[1], Type: model.HWVTEP}
	for i := 2; i+1 < len(f); i += 2 {
		switch v := f[i+1]; f[i] {
		case "type":
			d.Type = model.DeviceType(v)
		case "ip":
			d.TunnelIPs = append(d.TunnelIPs, s.ip(v))
		case "profile":
			d.Profile = v
		case "mode":
			d.BorderMode = model.BorderMode(v)
		case "site":
			d.Site = v
		case "stitch":
			d.StitchPorts = strings.Split(v, ",")
		}
	}
	s.devices = append(s.devices, d)
}

func (s *scenario) seen(f []string) {
	sw := model.SwitchInventory{Name: f[2]}
	for _, ip := range f[3:] {
		sw.TunnelIPs = append(sw.TunnelIPs, s.ip(ip))
	}
	for _, inv := range s.inventories {
		if inv.ID == f[1] {
			inv.Switches = append(inv.Switches, sw)
			return
		}
	}
	s.inventories = append(s.inventories, &model.Inventory{Record: s.record(f[1]), Switches: []model.SwitchInventory{sw}})
}

func (s *scenario) gateway(f []string) {
	g := &model.L2Gateway{Record: s.record(f[1]), Name: f[1]}
	for i, word := range f[2:] {
		d := model.Device{ID: fmt.Sprint(f[1], i)}
		if id, border := strings.CutPrefix(word, "@"); border {
			id, vni, _ := strings.Cut(id, "/")
			d.DeviceID = id
			if vni != "" {
				d.SegmentationID = s.vni(vni)
			}
		} else {
			name, ports, _ := strings.Cut(word, ":")
			d.DeviceName = name
			for _, p := range strings.Split(ports, ",") {
				port, vlan, own := strings.Cut(p, "#")
				itf := model.Interface{Name: port}
				if own {
					itf.VLANs = []model.VLAN{model.VLAN(s.number(vlan))}
				}
				d.Interfaces = append(d.Interfaces, itf)
			}
		}
		g.Devices = append(g.Devices, d)
	}
	s.gateways = append(s.gateways, g)
}

func (s *scenario) connect(f []string) {
	c := &model.L2GatewayConnection{Record: s.record(f[1]), NetworkID: f[2], L2GatewayID: f[3]}
	for i := 4; i+1 < len(f); i += 2 {
		switch f[i] {
		case "vlan":
			c.SegmentationID = model.VLANID(model.VLAN(s.number(f[i+1])))
		case "vni":
			c.SegmentationID = model.VXLANID(s.vni(f[i+1]))
		case "stitch":
			dev, vlan, _ := strings.Cut(f[i+1], "=")
			c.StitchVLANs = map[string]model.VLAN{dev: model.VLAN(s.number(vlan))}
		}
	}
	s.connections = append(s.connections, c)
}

func (s *scenario) learn(f []string) {
	s.win(f[1], mactable.Candidate{
		MAC: s.mac(f[2]), Source: mactable.Local, Database: vtep.DatabaseID(s.deviceOf(f[3]).Seq), Endpoint: s.ip(f[4]),
	})
}

// win makes a candidate the winner of its MAC.
func (s *scenario) win(network string, c mactable.Candidate) {
	if s.learned == nil {
		s.learned = map[string]*mactable.Learned{}
	}
	l := s.learned[network]
	if l == nil {
		l = &mactable.Learned{}
		s.learned[network] = l
	}
	l.Winners = append(l.Winners, c)
	slices.SortFunc(l.Winners, func(a, b mactable.Candidate) int { return a.MAC.Compare(b.MAC) })
}

func (s *scenario) source(f []string) {
	var endpoints []model.Endpoint
	for _, word := range f[4:] {
		ip, macs, _ := strings.Cut(word, "=")
		e := model.Endpoint{VTEPAddress: s.ip(ip)}
		for mac := range strings.SplitSeq(macs, ",") {
			if mac != "" {
				e.MACs = append(e.MACs, model.EndpointMAC{MAC: s.mac(mac), VTEPAddress: e.VTEPAddress})
			}
		}
		endpoints = append(endpoints, e)
	}
	set, err := model.NewEndpointSet(f[1], f[2], strings.Trim(f[3], "-"), endpoints)
	require.NoError(s.t, err)
	set.Record = s.record(set.ID)
	s.endpoints = append(s.endpoints, set)
	for _, m := range set.MACs {
		s.win(f[1], mactable.Candidate{MAC: m.MAC, Source: mactable.Remote, Database: vtep.DatabaseID(set.Seq), Endpoint: m.VTEPAddress})
	}
}

func (s *scenario) deviceOf(name string) *model.GatewayDevice {
	return s.devices[slices.IndexFunc(s.devices, func(d *model.GatewayDevice) bool { return d.ID == name })]
}

func (s *scenario) number(text string) int {
	n, err := strconv.Atoi(text)
	require.NoError(s.t, err)
	return n
}

func (s *scenario) vni(text string) model.VNI { return model.VNI(s.number(text)) }

func (s *scenario) ip(text string) model.VTEPAddress {
	a, err := model.ParseVTEPAddress(text)
	require.NoError(s.t, err)
	return a
}

func (s *scenario) mac(text string) model.MAC {
	m, err := model.ParseMAC(text)
	require.NoError(s.t, err)
	return m
}

// reverse makes networks, gateways and connections in the opposite order.
// That of devices counts: the earliest of a name wins.
func (s *scenario) reverse() {
	for _, n := range s.networks {
		n.Seq = 1000 - n.Seq
	}
	for _, g := range s.gateways {
		g.Seq = 1000 - g.Seq
	}
	for _, c := range s.connections {
		c.Seq = 1000 - c.Seq
	}
}

func (s *scenario) input() topology.Input {
	defs := &model.Definitions{
		StoreID: "us", Endpoints: model.NewTable(s.endpoints), Networks: model.NewTable(s.networks), Inventories: model.NewTable(s.inventories),
		Gateways: model.NewTable(s.gateways), Connections: model.NewTable(s.connections), Tombstones: model.NewTable(s.tombstones), Holdings: model.NewHoldings(s.holdings),
		RemoteMACs: model.NewRemoteMACs(s.far),
	}
	for _, d := range s.devices {
		if slices.Contains(s.retired, d.ID) {
			defs.Retired = defs.Retired.With(&model.RetiredDevice{GatewayDevice: *d})
		} else {
			defs.Devices = defs.Devices.With(d)
		}
	}
	return topology.Input{Definitions: defs, Learned: mactable.WinnersOf(s.learned), Down: s.down, GrowOnly: s.growOnly, Prune: s.prune}
}

// dump prints a view in an order that depends on its content only.
func dump(v *topology.View) string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(v.Wants())) {
		dumpWant(&b, id, v.Want(id))
	}
	for _, id := range slices.Sorted(maps.Keys(maps.Collect(v.Outcomes()))) {
		dumpOutcome(&b, id, v.Outcome(id))
	}
	return b.String()
}

func dumpWant(b *strings.Builder, id string, w *vtep.Want) {
	fmt.Fprintf(b, "device %s: database %d%s\n", id, w.Self, flags(map[string]bool{
		" source-node": w.SourceNode, " macs-full": w.MACsFull, " grow-only": w.GrowOnly, " prune": w.Prune,
	}))
	for s := range w.Segments.All() {
		fmt.Fprintf(b, "  segment %s key %s %s%s\n", s.Name, s.TunnelKey, s.Description, flags(map[string]bool{" incomplete": s.Incomplete}))
		for _, m := range s.MACs {
			fmt.Fprintf(b, "    mac %s -> %s home %d\n", m.MAC, m.Locator, m.Location)
		}
		for _, e := range s.Flood {
			fmt.Fprintf(b, "    flood %s home %d\n", e.Locator, e.Location)
		}
	}
	for bind := range w.Bindings.All() {
		fmt.Fprintf(b, "  bind %s %s %s -> %s\n", bind.Switch, bind.Port, bind.VLAN, bind.LogicalSwitch)
	}
	for _, t := range w.Tunnels {
		fmt.Fprintf(b, "  tunnel %s\n", t)
	}
}

func flags(set map[string]bool) (out string) {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] {
			out += name
		}
	}
	return out
}

func dumpOutcome(b *strings.Builder, id string, o *topology.Outcome) {
	fmt.Fprintf(b, "connection %s\n", id)
	var parts []string
	for _, part := range o.Parts {
		parts = append(parts, fmt.Sprintf("  part %s: %s, %d bindings\n", part.Device.ID, strings.Join(part.LogicalSwitches, " "), len(part.Bindings)))
	}
	slices.Sort(parts)
	b.WriteString(strings.Join(parts, ""))
	for _, l := range []struct {
		name  string
		texts []string
	}{{"error", o.Errors}, {"waiting", o.Waiting}, {"unsupported", o.Unsupported}, {"standby", o.Standby}} {
		for _, text := range l.texts {
			fmt.Fprintf(b, "  %s: %s\n", l.name, text)
		}
	}
}

package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

const simulationSteps = 2000

// simulation drives a store at random and keeps, in maps, what must be there.
// Its world is small, so that everything collides: two switches that were read,
// a few ports, VLANs and VNIs.
type simulation struct {
	*fixture
	rand     *rand.Rand
	switches []*model.GatewayDevice
	networks map[string]*model.Network
	gateways map[string]*model.L2Gateway
	conns    map[string]*model.L2GatewayConnection
	// residue is what switches may still have of what was given up.
	residue map[onWire]bool
	// done counts what succeeded, refused what did not, by kind of step.
	done, refusals map[string]int
}

func testSimulation(t *testing.T, open Open) {
	s := &simulation{
		fixture: newFixture(t, open), rand: rand.New(rand.NewPCG(1, 2)),
		networks: map[string]*model.Network{}, gateways: map[string]*model.L2Gateway{},
		conns: map[string]*model.L2GatewayConnection{}, residue: map[onWire]bool{}, done: map[string]int{}, refusals: map[string]int{},
	}
	s.switches = append(s.switches, s.seen("sw1", 1, "p1", "p2"), s.seen("sw2", 2, "p1", "p2"))
	steps := []struct {
		name string
		do   func() error
	}{
		{"create network", s.createNetwork}, {"delete network", s.deleteNetwork},
		{"create gateway", s.createGateway}, {"update gateway", s.updateGateway}, {"delete gateway", s.deleteGateway},
		{"connect", s.createConnection}, {"connect", s.createConnection}, {"disconnect", s.deleteConnection},
		{"confirm", s.confirmSwitch},
	}
	for i := range simulationSteps {
		step := steps[s.rand.IntN(len(steps))]
		before, used := s.Definitions(), s.wire()
		err := step.do()
		s.remain(used)
		var refusal *model.Error
		switch {
		case err == nil:
			s.done[step.name]++
		case errors.As(err, &refusal):
			s.refusals[step.name]++
			require.Same(t, before, s.Definitions(), "step %d, %s: %v", i, step.name, err)
		default:
			require.NoError(t, err, "step %d, %s", i, step.name)
		}
		s.check(i)
		if i%250 == 249 {
			s.reopen()
		}
	}
	for _, step := range steps {
		require.Positive(t, s.done[step.name], step.name)
		require.True(t, s.refusals[step.name] > 0 || step.name == "confirm", step.name)
	}
}

// pick takes a record at random, the same one in every run, or one that does
// not exist.
func pick[T any](s *simulation, from map[string]*T) string {
	ids := append(slices.Sorted(maps.Keys(from)), "no such id")
	return ids[s.rand.IntN(len(ids))]
}

func (s *simulation) createNetwork() error {
	n := model.Network{Record: model.Record{ID: fmt.Sprint("n", s.rand.IntN(8))}}
	if s.rand.IntN(3) == 0 {
		n.VNI = s.someVNI()
	}
	_, exists := s.networks[n.ID]
	for _, o := range s.networks {
		exists = exists || n.VNI != 0 && o.VNI == n.VNI
	}
	for c := range s.borders() {
		exists = exists || n.VNI == c.vni && n.VNI != 0
	}
	exists = exists || n.VNI != 0 && s.lingers(n.VNI, n.ID)
	got, err := s.CreateNetwork(s.ctx, n)
	require.Equal(s.t, exists, err != nil, "create network: %v", err)
	if err == nil {
		s.networks[got.ID] = got
	}
	return err
}

func (s *simulation) deleteNetwork() error {
	id := pick(s, s.networks)
	blocked := s.networks[id] == nil
	for _, c := range s.conns {
		blocked = blocked || c.NetworkID == id
	}
	err := s.DeleteNetwork(s.ctx, id)
	require.Equal(s.t, blocked, err != nil, "delete network: %v", err)
	if err == nil {
		delete(s.networks, id)
	}
	return err
}

func (s *simulation) someVNI() model.VNI   { return model.VNI(99 + s.rand.IntN(8)) }
func (s *simulation) someVLAN() model.VLAN { return model.VLAN(s.rand.IntN(4)) }

func (s *simulation) someDevice() model.Device {
	gd := s.switches[s.rand.IntN(len(s.switches))]
	if s.rand.IntN(3) == 0 {
		return byID(gd.ID, s.someVNI()*model.VNI(s.rand.IntN(2)))
	}
	i := port(fmt.Sprint("p", 1+s.rand.IntN(2)))
	for range s.rand.IntN(3) {
		i.VLANs = append(i.VLANs, s.someVLAN())
	}
	if s.rand.IntN(2) == 0 {
		return byID(gd.ID, 0, i)
	}
	return named(gd.Name, i)
}

func (s *simulation) createGateway() error {
	devices := []model.Device{s.someDevice()}
	if s.rand.IntN(4) == 0 {
		devices = append(devices, s.someDevice())
	}
	g, err := s.CreateL2Gateway(s.ctx, model.L2Gateway{Devices: devices})
	if err == nil {
		s.gateways[g.ID] = g
	}
	return err
}

func (s *simulation) updateGateway() error {
	id := pick(s, s.gateways)
	g, err := s.UpdateL2Gateway(s.ctx, id, model.L2GatewayUpdate{Devices: []model.Device{s.someDevice()}, ReplaceDevices: s.rand.IntN(2) == 0})
	if err == nil {
		s.gateways[id] = g
	}
	return err
}

func (s *simulation) deleteGateway() error {
	id := pick(s, s.gateways)
	blocked := s.gateways[id] == nil
	for _, c := range s.conns {
		blocked = blocked || c.L2GatewayID == id
	}
	err := s.DeleteL2Gateway(s.ctx, id)
	require.Equal(s.t, blocked, err != nil, "delete gateway: %v", err)
	if err == nil {
		delete(s.gateways, id)
	}
	return err
}

func (s *simulation) createConnection() error {
	c := model.L2GatewayConnection{NetworkID: pick(s, s.networks), L2GatewayID: pick(s, s.gateways)}
	switch s.rand.IntN(3) {
	case 0:
		c.SegmentationID = model.VLANID(s.someVLAN())
	case 1:
		c.SegmentationID = model.VXLANID(s.someVNI())
	}
	got, err := s.CreateConnection(s.ctx, c)
	if err != nil {
		return err
	}
	old := s.networks[c.NetworkID]
	n, _ := s.Definitions().Networks.Get(c.NetworkID)
	require.Contains(s.t, s.allowedVNIs(got, old), n.VNI)
	s.conns[got.ID], s.networks[n.ID] = got, n
	return nil
}

// allowedVNIs is what a network's VNI may be after a connection.
func (s *simulation) allowedVNIs(c *model.L2GatewayConnection, n *model.Network) []model.VNI {
	if n.VNI != 0 {
		return []model.VNI{n.VNI}
	}
	var out []model.VNI
	taken := map[model.VNI]bool{}
	for _, o := range s.networks {
		taken[o.VNI] = true
	}
	for _, d := range s.gateways[c.L2GatewayID].Devices {
		if v := d.BorderVNI(c.SegmentationID); v != 0 && !taken[v] {
			out = append(out, v)
		}
	}
	if out != nil {
		return out[:1]
	}
	for b := range s.borders() {
		taken[b.vni] = true
	}
	for b := range s.residue {
		taken[b.vni] = true
	}
	for _, g := range s.gateways {
		for _, d := range g.Devices {
			taken[d.SegmentationID] = true
		}
	}
	for v := s.opts.VNIRange.First; v <= s.opts.VNIRange.Last; v++ {
		if !taken[v] {
			return []model.VNI{v}
		}
	}
	return nil
}

func (s *simulation) deleteConnection() error {
	id := pick(s, s.conns)
	err := s.DeleteConnection(s.ctx, id)
	require.Equal(s.t, s.conns[id] == nil, err != nil, "delete connection: %v", err)
	delete(s.conns, id)
	return err
}

// onWire is a VNI that a network has on a device.
type onWire struct {
	network, device string
	vni             model.VNI
}

func (s *simulation) deviceOf(d model.Device) string {
	for _, gd := range s.switches {
		if gd.ID == d.DeviceID || gd.Name == d.DeviceName {
			return gd.ID
		}
	}
	return ""
}

// borders are all VNIs between sites.
func (s *simulation) borders() map[onWire]bool {
	out := map[onWire]bool{}
	for _, c := range s.conns {
		for _, d := range s.gateways[c.L2GatewayID].Devices {
			if v := d.BorderVNI(c.SegmentationID); v != 0 {
				out[onWire{c.NetworkID, s.deviceOf(d), v}] = true
			}
		}
	}
	return out
}

// wire is every VNI that a network has on a device.
func (s *simulation) wire() map[onWire]bool {
	out := s.borders()
	for _, c := range s.conns {
		for _, d := range s.gateways[c.L2GatewayID].Devices {
			out[onWire{c.NetworkID, s.deviceOf(d), s.networks[c.NetworkID].VNI}] = true
		}
	}
	return out
}

// remain notes what a step left on the switches.
func (s *simulation) remain(used map[onWire]bool) {
	now := s.wire()
	for u := range used {
		if !now[u] {
			s.residue[u] = true
		}
	}
	for u := range now {
		delete(s.residue, u)
	}
}

// lingers reports whether a switch may have the VNI for another network, which has it
// no more.
func (s *simulation) lingers(v model.VNI, network string) bool {
	used := map[string]bool{}
	for u := range s.wire() {
		used[u.network] = used[u.network] || u.vni == v
	}
	for r := range s.residue {
		if n := s.networks[r.network]; r.vni == v && r.network != network && !used[r.network] && (n == nil || n.VNI != v) {
			return true
		}
	}
	return false
}

func (s *simulation) confirmSwitch() error {
	gd := s.switches[s.rand.IntN(len(s.switches))]
	s.confirm(gd.ID)
	for r := range s.residue {
		if r.device == gd.ID {
			delete(s.residue, r)
		}
	}
	return nil
}

// check compares the snapshot with the maps and looks for broken rules.
func (s *simulation) check(step int) {
	d := s.Definitions()
	same(s, step, d.Networks, s.networks)
	same(s, step, d.Gateways, s.gateways)
	same(s, step, d.Connections, s.conns)
	owner := map[string]string{}
	claim := func(key, by string) {
		if other, ok := owner[key]; ok && other != by {
			s.t.Fatalf("step %d: %s belongs to %s and %s", step, key, other, by)
		}
		owner[key] = by
	}
	for _, n := range s.networks {
		if n.VNI != 0 {
			claim(fmt.Sprint("VNI ", n.VNI), n.ID)
		}
	}
	for b := range s.borders() {
		claim(fmt.Sprint("VNI between sites ", b.vni, " on ", b.device), b.network)
	}
	carried := map[string]bool{}
	for _, c := range s.conns {
		for _, dev := range s.gateways[c.L2GatewayID].Devices {
			at := s.deviceOf(dev)
			carried[c.NetworkID+"@"+at] = true
			for _, i := range dev.Interfaces {
				for _, v := range i.VLANIDs(c.SegmentationID) {
					claim(fmt.Sprint("VLAN ", v, " of ", i.Name, " on ", at), c.ID)
				}
			}
		}
	}
	for r := range s.residue {
		got, ok := d.Released.Get(model.ReleasedID(model.WireID{VNI: r.vni}, r.network))
		require.True(s.t, ok && got.On(r.device) != nil, "step %d: nobody knows that %v may stand", step, r)
	}
	for ts := range d.Tombstones.All() {
		require.NotEmpty(s.t, ts.Pending)
		for _, p := range ts.Pending {
			require.False(s.t, carried[ts.ID+"@"+p], "step %d: network %s is live and dead on %s", step, ts.ID, p)
		}
	}
}

func same[T any, P model.Recorder[T]](s *simulation, step int, got model.Table[T, P], want map[string]*T) {
	list := slices.SortedFunc(maps.Values(want), func(a, b *T) int { return cmp.Compare(P(a).Meta().Seq, P(b).Meta().Seq) })
	require.Equal(s.t, len(list), got.Len(), "step %d", step)
	i := 0
	for r := range got.All() {
		require.Equal(s.t, list[i], (*T)(r), "step %d", step)
		i++
	}
}

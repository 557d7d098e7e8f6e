package faults_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// stitched are two sites: "a" has the switch a1 and the borders ab and ac, "b" has
// b1 and bb. All borders stitch.
type stitched struct {
	*rig.Site
	names   []string
	servers map[string]*ovsdbtest.Server
	proxies map[string]*rig.Proxy
	devices map[string]string
	ips     map[string]string
}

func newStitched(t *testing.T) *stitched {
	s := &stitched{
		Site:  rig.New(t, reconcile.Options{HAHold: time.Second}),
		names: []string{"a1", "ab", "ac", "b1", "bb"}, servers: map[string]*ovsdbtest.Server{},
		proxies: map[string]*rig.Proxy{}, devices: map[string]string{}, ips: map[string]string{},
	}
	for i, name := range s.names {
		server := ovsdbtest.Start(t)
		ip := fmt.Sprintf("192.0.2.%d", i+1)
		server.AddSwitch(name, ip, "p1", "xa", "xb")
		proxy := rig.NewProxy(t, server.Port())
		gd := model.GatewayDevice{Name: name, ManagementPort: uint16(proxy.Port()), Site: name[:1]}
		if name[1] != '1' {
			gd.BorderMode, gd.StitchPorts = model.BorderStitch, []string{"xa", "xb"}
		}
		s.servers[name], s.proxies[name], s.ips[ip] = server, proxy, name
		s.devices[name] = s.RegisterAs(gd)
	}
	return s
}

// stretch joins a network to the switches and the borders of both sites.
func (s *stitched) stretch(network string, vni, between model.VNI, vlan model.VLAN) {
	s.Join(s.Network(network, vni), rig.At{Switch: "a1", Port: "p1", VLAN: vlan}, rig.At{Switch: "b1", Port: "p1", VLAN: vlan})
	var g model.L2Gateway
	for _, border := range []string{"ab", "ac", "bb"} {
		g.Devices = append(g.Devices, model.Device{DeviceID: s.devices[border], SegmentationID: between})
	}
	gw, err := s.Store.CreateL2Gateway(s.T.Context(), g)
	require.NoError(s.T, err)
	_, err = s.Store.CreateConnection(s.T.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: network})
	require.NoError(s.T, err)
}

// plane is what all databases say at one instant.
type plane struct {
	vni   map[[2]string]string   // by switch and logical switch
	flood map[[2]string][]string // addresses
	bound map[[2]string][]string // ports with VLANs
	ips   map[string]string      // switches by address
}

// plane reads all databases, again until nothing was written meanwhile: what is
// seen was so at one time.
func (s *stitched) plane() *plane {
	for {
		before, lines := s.written(), map[string][]string{}
		for name, server := range s.servers {
			lines[name] = rig.Picture(server)
		}
		if !slices.Equal(before, s.written()) {
			continue
		}
		p := &plane{vni: map[[2]string]string{}, flood: map[[2]string][]string{}, bound: map[[2]string][]string{}, ips: s.ips}
		for name := range lines {
			for _, line := range lines[name] {
				p.add(name, strings.Fields(line))
			}
		}
		return p
	}
}

func (s *stitched) written() (n []int) {
	for _, name := range s.names {
		n = append(n, s.servers[name].Transactions())
	}
	return n
}

func (p *plane) add(name string, words []string) {
	switch words[0] {
	case "ls":
		p.vni[[2]string{name, words[1]}] = words[2]
	case "flood":
		p.flood[[2]string{name, words[1]}] = words[2:]
	case "bind":
		at := [2]string{name, words[4]}
		p.bound[at] = append(p.bound[at], words[2]+" "+words[3])
	}
}

// frame is a broadcast in a logical switch, with how it came there: by a tunnel, or
// by a port.
type frame struct {
	at     [2]string
	tunnel bool
	port   string
}

// next is where a frame comes from where it is. What came by a tunnel goes into no
// other, and nothing leaves by the port that it came by.
func (p *plane) next(f frame) (out []frame) {
	for _, port := range p.bound[f.at] {
		if far, ok := p.throughCable(f.at[0], port); ok && port != f.port {
			out = append(out, far)
		}
	}
	if f.tunnel {
		return out
	}
	for _, ip := range p.flood[f.at] {
		to := p.ips[ip]
		for at, vni := range p.vni {
			if at[0] == to && vni == p.vni[f.at] {
				out = append(out, frame{at: at, tunnel: true})
			}
		}
	}
	return out
}

// throughCable is the far end of the cable between xa and xb of a switch.
func (p *plane) throughCable(name, port string) (frame, bool) {
	other := map[string]string{"xa": "xb", "xb": "xa"}[port[:2]] + port[2:]
	for at, ports := range p.bound {
		if at[0] == name && slices.Contains(ports, other) {
			return frame{at: at, port: other}, true
		}
	}
	return frame{}, false
}

// loop is a way on which a broadcast that enters at p1 of a switch comes round, or nil.
func (p *plane) loop() []frame {
	for at, ports := range p.bound {
		for _, port := range ports {
			if !strings.HasPrefix(port, "p1") {
				continue
			}
			if way := p.round([]frame{{at: at, port: port}}); way != nil {
				return way
			}
		}
	}
	return nil
}

func (p *plane) round(way []frame) []frame {
	for _, f := range p.next(way[len(way)-1]) {
		if slices.Contains(way, f) {
			return append(way, f)
		}
		if r := p.round(append(slices.Clone(way), f)); r != nil {
			return r
		}
	}
	return nil
}

// reaches is how often a broadcast at p1 of one switch comes to another.
func (p *plane) reaches(from, to, network string) (n int) {
	todo := []frame{{at: [2]string{from, network}, port: p.bound[[2]string{from, network}][0]}}
	for len(todo) > 0 {
		f := todo[0]
		todo = append(todo[1:], p.next(f)...)
		if f.at[0] == to && f.tunnel {
			n++
		}
	}
	return n
}

// TestF89_StitchThroughFaults: sessions of stitched borders are cut after every few
// bytes, lost for longer than the hold, and the controller is ended and started while
// networks are joined. At no instant can a broadcast come round, and in the end each
// arrives once.
func TestF89_StitchThroughFaults(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	s := newStitched(t)
	looks := 0
	look := func() {
		require.Nil(t, s.plane().loop(), "a ring")
		looks++
	}
	borders := []string{"ab", "ac", "bb"}
	for round := range 12 {
		network := fmt.Sprintf("net%d", round)
		s.stretch(network, model.VNI(5000+round), model.VNI(9000+round), model.VLAN(100+round))
		p := s.proxies[borders[r.IntN(len(borders))]]
		switch round % 4 {
		case 0:
			p.CutAfter(rig.Direction(r.IntN(2)), r.IntN(3000))
		case 1:
			s.Stop()
			look()
			s.Start()
		case 2:
			p.Cut()
		case 3: // away for longer than the hold: another one takes its part
			p.CutAfter(rig.Up, 0)
			p.Cut()
		}
		for began := time.Now(); time.Since(began) < 1500*time.Millisecond; {
			look()
		}
		p.CutAfter(rig.Up, -1)
		p.CutAfter(rig.Down, -1)
		look()
	}
	began := time.Now()
	rig.Eventually(t, rig.Patience, func() error {
		p := s.plane()
		require.Nil(t, p.loop(), "a ring")
		for round := range 12 {
			network := fmt.Sprintf("net%d", round)
			for _, way := range [][2]string{{"a1", "b1"}, {"b1", "a1"}} {
				if len(p.bound[[2]string{way[0], network}]) == 0 {
					return fmt.Errorf("%s is not bound on %s", network, way[0])
				}
				if n := p.reaches(way[0], way[1], network); n != 1 {
					return fmt.Errorf("a broadcast in %s comes %d times from %s to %s", network, n, way[0], way[1])
				}
			}
		}
		return nil
	})
	measured(t, 0, time.Since(began))
	t.Logf("looked %d times", looks)
}

// TestRingIsSeen: two borders of one site that forward at once are a ring for the
// test above; one is none.
func TestRingIsSeen(t *testing.T) {
	for second, ring := range map[string]bool{"bind ac xb 1 net-border": true, "": false} {
		p := &plane{vni: map[[2]string]string{}, flood: map[[2]string][]string{}, bound: map[[2]string][]string{},
			ips: map[string]string{"1": "a1", "2": "ab", "3": "ac"}}
		for name, lines := range map[string][]string{
			"a1": {"ls net 10", "bind a1 p1 5 net", "flood net 2 3"},
			"ab": {"ls net 10", "ls net-border 20", "bind ab xa 1 net", "bind ab xb 1 net-border", "flood net 1 3", "flood net-border 3"},
			"ac": {"ls net 10", "ls net-border 20", "bind ac xa 1 net", second, "flood net 1 2", "flood net-border 2"},
		} {
			for _, line := range lines {
				if line != "" {
					p.add(name, strings.Fields(line))
				}
			}
		}
		require.Equal(t, ring, p.loop() != nil, "%v", p.loop())
	}
}

package frames_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
)

// hop is a part of a frame's way.
type hop struct {
	from, to string
	vni      uint32
}

// onWire asserts the way that known unicast takes from host to host.
func (s *scene) onWire(from, to string, want []hop) {
	s.Helper()
	s.goes(from, to, want)
	s.traces(from, to, want)
}

// goes asserts it of the underlay alone.
func (s *scene) goes(from, to string, want []hop) {
	s.Helper()
	s.reach(from, to)
	// Both hosts are known everywhere by now, or soon: until then frames for them are flooded.
	eventually(s.T, patience, func() error {
		if got := s.way(from, to); fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("frames from %s to %s go %v, want %v", from, to, got, want)
		}
		return nil
	})
}

// way watches the underlay during a ping for frames of the one host to the other, which it returns by hop.
func (s *scene) way(from, to string) (got []hop) {
	s.Helper()
	watch := s.watchWire()
	pinged := s.lab.Ping(soon(s.T), from, to)
	seen := map[hop]bool{}
	for _, p := range watch.stop(s) {
		if frame(p.Frame).between(s.lab.Host(from).MAC, s.lab.Host(to).MAC) {
			seen[watch.hop(p)] = true
		}
	}
	require.NoError(s, pinged)
	return inOrder(seen)
}

// wireWatch collects what the switches send to each other.
type wireWatch struct {
	captures []*lab.Capture
	names    map[netip.Addr]string // by tunnel IP
}

func (s *scene) watchWire() *wireWatch {
	s.Helper()
	w := &wireWatch{names: map[netip.Addr]string{}}
	for _, sw := range s.switches {
		c, err := s.lab.Capture(s.lab.Switch(sw.Name))
		require.NoError(s, err)
		w.captures = append(w.captures, c)
		w.names[s.lab.Switch(sw.Name).TunnelIP()] = sw.Name
	}
	return w
}

func (w *wireWatch) stop(s *scene) (all []lab.Packet) {
	s.Helper()
	for _, c := range w.captures {
		packets, err := c.Stop()
		require.NoError(s, err)
		all = append(all, packets...)
	}
	return all
}

func (w *wireWatch) hop(p lab.Packet) hop { return hop{w.names[p.From], w.names[p.To], p.VNI} }

// between is the key of the VNI that frames have from site to site, where all others are names of sites.
const between = "between"

// site is the underlay that a switch is in.
func (s *scene) site(name string) string {
	return s.switches[slices.IndexFunc(s.switches, func(c lab.SwitchConfig) bool { return c.Name == name })].Site
}

// requireCopies asserts of broadcasts on the wire that no hop had two copies of one, that none came back to the site of
// its sender, and that each hop had the VNI that is given for it.
func (s *scene) requireCopies(packets []lab.Packet, w *wireWatch, senders []string) {
	s.Helper()
	if s.vnis == nil {
		return
	}
	home := map[string]string{} // site by MAC
	for _, host := range senders {
		h := s.lab.Host(host)
		home[h.MAC] = s.site(s.switches[h.Switch()-1].Name)
	}
	type copied struct {
		hop
		text string
	}
	copies := map[copied]int{}
	for _, p := range packets {
		text, source, ok := frame(p.Frame).broadcast()
		if !ok || strings.HasPrefix(text, first) {
			continue
		}
		c := copied{w.hop(p), text}
		copies[c]++
		require.LessOrEqual(s, copies[c], 1, "copies of broadcast %q from %s to %s", text, c.from, c.to)
		from, to := s.site(c.from), s.site(c.to)
		require.False(s, from != to && to == home[source], "broadcast %q comes back from %s to %s", text, c.from, c.to)
		vni := s.vnis[between]
		if from == to {
			vni = s.vnis[from]
		}
		require.Equal(s, vni, c.vni, "VNI of broadcast %q from %s to %s", text, c.from, c.to)
	}
	require.NotEmpty(s, copies, "broadcasts on the wire")
}

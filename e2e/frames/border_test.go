package frames_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
	"bordergw/model"
)

// VNIs of the border scenarios.
const (
	vniA, vniB, vniC = 5001, 5004, 5006
	vniBorder        = 9001
)

// bordered are sites that only borders can leave. Site a has two of them.
func bordered() []lab.SwitchConfig {
	sites := []lab.SwitchConfig{
		{Name: "a1", Site: "a"}, {Name: "ab", Site: "a", Border: true, Cable: true}, {Name: "ac", Site: "a", Border: true, Cable: true},
		{Name: "b1", Site: "b"}, {Name: "bb", Site: "b", Border: true, Cable: true},
	}
	if full {
		sites = append(sites, lab.SwitchConfig{Name: "c1", Site: "c"}, lab.SwitchConfig{Name: "cb", Site: "c", Border: true, Cable: true})
	}
	return sites
}

func TestBorder(t *testing.T) {
	st := newStage(t, bordered())
	require.Error(t, st.lab.PingUnderlay(soon(t), st.lab.Switch("a1"), st.lab.Switch("b1")), "access switches of two sites reach each other")
	for _, mode := range []string{"stitch", "relay"} {
		st.useEmulator(t, map[string]string{"relay": "relay.py"}[mode])
		st.run(t, mode+", two networks", func(s *scene) { s.joinTwo(mode) })
		st.run(t, mode+", two borders in a site", func(s *scene) { s.twoBorders(mode) })
		if full {
			st.run(t, mode+", three sites", func(s *scene) { s.threeSites(mode) })
			st.run(t, mode+", border killed", func(s *scene) { s.borderKilled(mode) })
		}
	}
}

// register registers switches with their site; those with routes as borders.
func (s *scene) register(mode string, names ...string) {
	s.Helper()
	for _, sw := range s.switches {
		if !slices.Contains(names, sw.Name) {
			continue
		}
		attributes := object{"site": sw.Site}
		if sw.Border {
			attributes["border_mode"] = mode
			switch mode {
			case "stitch":
				attributes["stitch_ports"] = []string{"xa", "xb"}
			case "relay":
				attributes["profile"] = "auto+keyed-locators" // relay.py can what ovs-vtep can not
			}
		}
		s.device(sw.Name, attributes)
	}
}

// joinTwo joins networks of two sites, with VNIs of their own, by nothing but a VNI between the sites.
func (s *scene) joinTwo(mode string) {
	s.register(mode, "a1", "ab", "b1", "bb")
	a, b := s.network("a", vniA), s.network("b", vniB)
	s.connect(a, on("a1", "p1", 0), on("a1", "p2", 100))
	s.connect(b, on("b1", "p2", 200))
	s.connect(a, s.across("ab", vniBorder))
	s.connect(b, s.across("bb", vniBorder))
	s.settled()
	s.vnis = map[string]uint32{"a": vniA, "b": vniB, between: vniBorder}
	s.reach("h1", "t1", "u4")
	s.once([]string{"h1", "t1", "u4"}, []string{"h4", "t4", "u1"})
	s.onWire("h1", "u4", []hop{{"a1", "ab", vniA}, {"ab", "bb", vniBorder}, {"bb", "b1", vniB}})
	s.onWire("u4", "h1", []hop{{"b1", "bb", vniB}, {"bb", "ab", vniBorder}, {"ab", "a1", vniA}})
	s.floodsTo(a, "h1", "b1:p2:200", "a1", "ab", "bb", "b1")
}

// twoBorders has one network in two sites, of which one has two borders, and a host behind the one that is in reserve.
func (s *scene) twoBorders(mode string) {
	s.register(mode, "a1", "ab", "ac", "b1", "bb")
	net := s.network("net", vniA)
	s.connect(net, on("a1", "p1", 0), on("ac", "p1", 0), on("b1", "p1", 0))
	s.connect(net, s.across("ab", vniBorder), s.across("ac", vniBorder), s.across("bb", vniBorder))
	s.settled()
	s.vnis = map[string]uint32{"a": vniA, "b": vniA, between: vniBorder}
	s.reach("h1", "h3", "h4")
	s.once([]string{"h1", "h3", "h4"}, []string{"h2", "h5", "t1"})
	s.onWire("h1", "h4", []hop{{"a1", "ab", vniA}, {"ab", "bb", vniBorder}, {"bb", "b1", vniA}})
	s.onWire("h1", "h3", []hop{{"a1", "ac", vniA}})
	s.floodsTo(net, "h1", "b1:p1", "a1", "ab", "bb", "b1")
	s.floodsTo(net, "h4", "ac:p1", "b1", "bb", "ab", "ac")
}

// borderKilled kills the border that passes frames for its site, and brings it back.
func (s *scene) borderKilled(mode string) {
	s.register(mode, "a1", "ab", "ac", "b1", "bb")
	net := s.network("net", vniA)
	s.connect(net, on("a1", "p1", 0), on("b1", "p1", 0))
	s.connect(net, s.across("ab", vniBorder), s.across("ac", vniBorder), s.across("bb", vniBorder))
	s.settled()
	s.vnis = map[string]uint32{"a": vniA, "b": vniA, between: vniBorder}
	s.reach("h1", "h4")
	ab := s.lab.Switch("ab")
	loss, stalled := s.measured(mode+", border killed", "h1", "h4", 3*time.Second, ab.Crash)
	require.LessOrEqual(s, loss.Silence, haHold+3*emulatorRound+stalled)
	s.onWire("h1", "h4", []hop{{"a1", "ac", vniA}, {"ac", "bb", vniBorder}, {"bb", "b1", vniA}})
	s.once([]string{"h1", "h4"}, []string{"h2", "h3", "h5"})

	loss, stalled = s.measured(mode+", border comes back", "h1", "h4", 5*time.Second, func() {
		require.NoError(s, ab.Boot(soon(s.T)))
		s.settled()
	})
	require.LessOrEqual(s, loss.Silence, 3*emulatorRound+stalled)
	s.once([]string{"h1", "h4"}, []string{"h2", "h3", "h5"})

	bb := s.lab.Switch("bb") // the only border of its site
	bb.Crash()
	s.agree("h1", "h4", "border down", false, model.TraceUnknown, model.CheckSwitch)
	require.NoError(s, bb.Boot(soon(s.T)))
	eventually(s.T, 2*patience, func() error { return s.ctl.unsettled(s.T) })
}

// threeSites joins three networks of three sites; the border of the third has a host of its own.
func (s *scene) threeSites(mode string) {
	s.register(mode, "a1", "ab", "b1", "bb", "c1", "cb")
	hosts := []string{"h1", "h4", "h6", "h7"}
	for i, site := range []struct {
		access []object
		border string
		vni    int
	}{
		{[]object{on("a1", "p1", 0)}, "ab", vniA},
		{[]object{on("b1", "p1", 0)}, "bb", vniB},
		{[]object{on("c1", "p1", 0), on("cb", "p1", 0)}, "cb", vniC},
	} {
		net := s.network(fmt.Sprint("net", i), site.vni)
		s.connect(net, site.access...)
		s.connect(net, s.across(site.border, vniBorder))
	}
	s.settled()
	s.vnis = map[string]uint32{"a": vniA, "b": vniB, "c": vniC, between: vniBorder}
	s.reach(hosts...)
	s.once(hosts, []string{"h2", "h5", "t1"})
	s.onWire("h1", "h6", []hop{{"a1", "ab", vniA}, {"ab", "cb", vniBorder}, {"cb", "c1", vniC}})
	way := []hop{{"cb", "bb", vniBorder}, {"bb", "b1", vniB}}
	if mode == "stitch" { // what a stitched border learns is not believed: it shows every MAC of the other sites
		s.goes("h7", "h4", way)
		return
	}
	s.onWire("h7", "h4", way)
}

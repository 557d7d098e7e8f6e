package frames_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
)

// routed are three switches whose underlay is routed: each reaches each.
var routed = []lab.SwitchConfig{
	{Name: "sw1", Site: "a", Border: true}, {Name: "sw2", Site: "b", Border: true}, {Name: "sw3", Site: "c", Border: true},
}

func TestMesh(t *testing.T) {
	st := newStage(t, routed)
	moves := 1
	if full {
		moves = 5
	}
	st.run(t, "two, then three switches", meshes)
	st.run(t, "direct, two borders in a site", func(s *scene) { s.direct("east", "east") })
	st.run(t, "direct, a site of others", (*scene).foreignSite)
	st.run(t, "adopted, and a lost store", brownField)
	st.run(t, "trace", traceFaults)
	if full {
		st.run(t, "direct, three sites", func(s *scene) { s.direct("east", "south") })
	}
	st.run(t, "a host moves", func(s *scene) { s.moves(moves, 0) })
	if full {
		st.run(t, "a host moves and comes back at once", (*scene).quickReturn)
	}
	st.useEmulator(t, "prompt.py")
	st.run(t, "a host moves between prompt switches", func(s *scene) { s.moves(moves, 2*time.Second) })
	st.useEmulator(t, "")
	st.run(t, "faults", faults)
	st.run(t, "bfd", bfd)
	st.run(t, "active and passive", activePassive) // last: it changes the cabling
}

// meshes joins untagged and tagged hosts in two networks, first on two switches, then on three.
func meshes(s *scene) {
	for _, name := range []string{"sw1", "sw2", "sw3"} {
		s.device(name, nil)
	}
	one, two := s.network("one", vniA), s.network("two", vniB)
	first := []object{on("sw1", "p1", 0), on("sw2", "p2", 200)}
	second := []object{on("sw1", "p2", 100), on("sw2", "p1", 0)}
	gw1, gw2 := s.connect(one, first...), s.connect(two, second...)
	s.settled()
	s.apart([]string{"h1", "u2"}, []string{"t1", "h2"})
	s.vnis = map[string]uint32{between: vniA}
	s.once([]string{"h1", "u2"}, []string{"t1", "h2", "u1", "t2"})

	s.ctl.update(s.T, gateways, gw1, object{"replace_devices": true, "devices": append(first, on("sw3", "p2", 100))})
	s.ctl.update(s.T, gateways, gw2, object{"replace_devices": true, "devices": append(second, on("sw3", "p2", 200))})
	s.settled()
	s.apart([]string{"h1", "u2", "t3"}, []string{"t1", "h2", "u3"})
	s.once([]string{"h1", "u2", "t3"}, []string{"t1", "h2", "u3", "h3"})
	s.onWire("h1", "t3", []hop{{"sw1", "sw3", vniA}})
	s.vnis = map[string]uint32{between: vniB}
	s.once([]string{"t1", "h2", "u3"}, []string{"h1", "u2", "t3", "h3"})
	s.onWire("t1", "u3", []hop{{"sw1", "sw3", vniB}})
	require.NoError(s, s.ctl.unsettled(s.T))
}

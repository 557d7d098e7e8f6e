package pathtrace_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/pathtrace"
	"bordergw/vtep"
)

// TestPortBeyondBorders: a frame to a port finds its way through borders, and looks at each switch on
// the way and no more often where there are more sites.
func TestPortBeyondBorders(t *testing.T) {
	for _, mode := range []model.BorderMode{model.BorderRelay, model.BorderStitch} {
		for _, n := range []int{2, 3, 20} {
			l := sites(t, n, mode).settle()
			text := l.traced(l.port("a1"), l.port(fmt.Sprint("a", n)))
			require.Contains(t, text, "floods\n", "%s, %d sites", mode, n)
			require.Equal(t, []string{"a1", "b1", fmt.Sprint("b", n), fmt.Sprint("a", n)}, switchesOn(text), text)
			require.LessOrEqual(t, l.reads, 40, "%s, %d sites", mode, n)
		}
	}
}

// TestMemberMissing: a flood list that lacks a member breaks the way, and that is told of the switch that
// lacks it. Nothing goes round.
func TestMemberMissing(t *testing.T) {
	for _, n := range []int{2, 3, 20} {
		l := sites(t, n, model.BorderRelay).settle()
		last, border := fmt.Sprint("a", n), fmt.Sprint("b", n)
		l.unflood(border, last)
		text := l.traced(l.port("a1"), l.port(last))
		require.Contains(t, text, "breaks\n", text)
		require.Contains(t, text, fmt.Sprintf("%s wrong flood: unknown-dst of blue lacks %s (%s) BeingWritten", border, l.switches[last].Addresses[0], last))
		require.Equal(t, []string{"a1", "b1", border}, switchesOn(text), text)
		require.LessOrEqual(t, l.reads, 40+20*n, "rows read for %d sites", n)
	}
}

// TestBorderMissing: no device passes a frame from between sites on to a third site.
func TestBorderMissing(t *testing.T) {
	l := sites(t, 3, model.BorderRelay).settle()
	l.unflood("b1", "b3")
	text := l.traced(l.port("a1"), l.port("a3"))
	require.Contains(t, text, "breaks\n", text)
	require.Contains(t, text, "b1 wrong flood: unknown-dst of blue lacks "+l.switches["b3"].Addresses[0].String())
	require.Equal(t, []string{"a1", "b1"}, switchesOn(text), text)
}

// TestSplitHorizon: a row that leads back to the side that a frame came from is followed by no device.
func TestSplitHorizon(t *testing.T) {
	l := sites(t, 3, model.BorderRelay)
	mac := modeltest.MAC(1)
	l.learn("a2", mac)
	l.settle()
	text := l.traced(l.port("a1"), l.host("a2", mac))
	require.Contains(t, text, "reaches\n", text)
	require.Equal(t, []string{"a1", "b1", "b2", "a2"}, switchesOn(text), text)
	l.rows("b2").Remote[mac] = vtep.Locator{Addr: l.switches["b3"].Addresses[0], Key: l.rows("b1").Remote[mac].Key}
	text = l.traced(l.port("a1"), l.host("a2", mac))
	require.Contains(t, text, "breaks\n", text)
	require.Contains(t, text, "b2 wrong relay: frames from the other sites do not go back there (split horizon), and "+l.rows("b2").Remote[mac].String()+" is there")
}

// TestNotInNetwork: a flood list is to have no member for a switch that is not in the network. That is no
// row that is being written, and no reason to look everywhere.
func TestNotInNetwork(t *testing.T) {
	l := sites(t, 20, model.BorderRelay)
	l.Device("sw9", model.BorderDirect, modeltest.InSite("s20"))
	l.settle().parts = []pathtrace.Part{{Gateway: "gw1", Device: "a1", Switch: "a1"}}
	text := l.traced(l.port("a1"), l.port("sw9"))
	require.Contains(t, text, "breaks\n", text)
	require.Contains(t, text, "a1 wrong flood: unknown-dst of blue lacks the switch of sw9:p1 NotDefined: no gateway connected to blue names sw9")
	require.Equal(t, []string{"a1"}, switchesOn(text), text)
	require.LessOrEqual(t, l.reads, 20)
}

// TestOtherCopyArrives: a dead end does not count where another copy arrives.
func TestOtherCopyArrives(t *testing.T) {
	l := sites(t, 2, model.BorderRelay)
	in := modeltest.InSite("s2")
	l.Builder.Border(l.net, 9001, l.Device("b0", model.BorderRelay, in, modeltest.Keyed))
	l.settle()
	b0 := l.switches["b0"]
	b0.Database, b0.Away = nil, "unreachable"
	rows := l.rows("b1")
	rows.Flood = append([]vtep.Locator{{Addr: b0.Addresses[0], Key: rows.Flood[0].Key}}, rows.Flood...)
	text := l.traced(l.port("a1"), l.port("a2"))
	require.Contains(t, text, "floods\n", text)
	require.NotContains(t, text, "b0")
}

// TestStopped: nobody waits, and the walk ends.
func TestStopped(t *testing.T) {
	l := sites(t, 20, model.BorderRelay).settle()
	l.unflood("b20", "a20")
	l.stopped = true
	require.Contains(t, l.traced(l.port("a1"), l.port("a20")), "unknown\n")
	require.LessOrEqual(t, l.reads, 40)
}

// TestSharedAddress: of several switches with one tunnel address any may be meant.
func TestSharedAddress(t *testing.T) {
	l := newLab(t)
	for _, name := range []string{"a1", "a2", "a3"} {
		l.Access(l.net, l.Device(name, model.BorderDirect))
	}
	l.settle()
	l.switches["a3"].Addresses = append(l.switches["a3"].Addresses, l.switches["a2"].Addresses...)
	for _, to := range []string{"a2", "a3"} {
		text := l.traced(l.port("a1"), l.port(to))
		require.Contains(t, text, "floods\n", text)
		require.Equal(t, []string{"a1", to}, switchesOn(text), text)
	}
}

package topology_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

var update = flag.Bool("update", false, "rewrite the expected views in testdata")

// TestCompileScenarios compares views with testdata/compile: "input" is in the
// notation of scenario, "view" is what every switch should hold and what
// becomes of every connection.
func TestCompileScenarios(t *testing.T) {
	for _, file := range scenarios(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			require.NoError(t, err)
			view := dump(topology.Compile(parse(t, ar).input(), nil))
			if *update {
				ar.Files = []txtar.File{ar.Files[0], {Name: "view", Data: []byte(view)}}
				require.NoError(t, os.WriteFile(file, txtar.Format(ar), 0o644))
				return
			}
			require.Equal(t, string(ar.Files[1].Data), view)
		})
	}
}

// TestCompileIsPure: the same input gives the same view, records are shared
// with the previous view while nothing changes, and the order in which networks,
// gateways and connections were made does not show.
func TestCompileIsPure(t *testing.T) {
	for _, file := range scenarios(t) {
		ar, err := txtar.ParseFile(file)
		require.NoError(t, err)
		in := parse(t, ar).input()
		first := topology.Compile(in, nil)
		require.Equal(t, dump(first), dump(topology.Compile(in, nil)), file)
		second := topology.Compile(in, first)
		require.Equal(t, dump(first), dump(second), file)
		for id, w := range second.Wants() {
			for s := range w.Segments.All() {
				require.Same(t, first.Want(id).Segment(s.Name), s, file)
			}
		}
		for id, o := range second.Outcomes() {
			require.Same(t, first.Outcome(id), o, file)
		}
		backwards := parse(t, ar)
		backwards.reverse()
		require.Equal(t, dump(first), dump(topology.Compile(backwards.input(), nil)), file)
	}
}

// TestCompileRebuildsWhatChanged: a network whose records are the same keeps
// its part of the view, another one is built anew, and the old view stays as it
// was.
func TestCompileRebuildsWhatChanged(t *testing.T) {
	s := &scenario{t: t}
	for line := range strings.Lines(`device sw1
switch sw1 sw1 10.0.0.1
network net-a 100
network net-b 101
gateway g sw1:eth1
connect c1 net-a g vlan 10
connect c2 net-b g vlan 11`) {
		s.line(strings.Fields(line))
	}
	in := s.input()
	before := topology.Compile(in, nil)
	text := dump(before)
	net, _ := in.Definitions.Networks.Get("net-a")
	renamed := *net
	renamed.Name = "other"
	defs := *in.Definitions
	defs.Networks = defs.Networks.With(&renamed)
	in.Definitions = &defs
	after := topology.Compile(in, before)
	require.Equal(t, text, dump(before))
	require.Equal(t, "other", after.ListOf("sw1")[0].Description)
	require.NotSame(t, before.ListOf("sw1")[0], after.ListOf("sw1")[0])
	require.Same(t, before.ListOf("sw1")[1], after.ListOf("sw1")[1])
	require.Equal(t, dump(after), dump(topology.Compile(in, nil)), "as if built from nothing")
}

// TestClaims: what was written on a switch is held there, with the VNIs that it had, whatever became of the network;
// elsewhere only a name is known.
func TestClaims(t *testing.T) {
	s := &scenario{t: t}
	for line := range strings.Lines(`device sw1
device sw2
network net-a 100
network net-b 101`) {
		s.line(strings.Fields(line))
	}
	s.tombstones = []*model.Tombstone{
		{Record: model.Record{ID: "net-z"}, VNI: 109, Pending: []string{"sw2"}},
	}
	s.holdings = []*model.Holding{
		{DeviceID: "sw1", Name: "net-a", VNIs: []model.VNI{100, 99}}, {DeviceID: "sw1", Name: "net-a-border", VNIs: []model.VNI{200}},
		{DeviceID: "sw2", Name: "net-z", VNIs: []model.VNI{109}}, {DeviceID: "sw2", Name: "net-x", VNIs: []model.VNI{9}},
	}
	wants := topology.Compile(s.input(), nil).Wants()
	key := func(n int) *int { return &n }
	for _, c := range []struct {
		device, name string
		key          *int
		ownership    vtep.Ownership
	}{
		{"sw1", "net-a", key(100), vtep.Held},
		{"sw1", "net-a", key(99), vtep.Held},
		{"sw1", "net-a", nil, vtep.Held},
		{"sw1", "net-a", key(200), vtep.Managed},
		{"sw1", "net-a-border", key(200), vtep.Held},
		{"sw2", "net-a-border", key(200), vtep.Managed},
		{"sw2", "net-x", key(9), vtep.Held},
		{"sw2", "net-a", key(100), vtep.Managed},
		{"sw1", "net-b", key(101), vtep.Managed},
		{"sw2", "net-z", key(109), vtep.Held},
		{"sw1", "net-z", key(109), vtep.Managed},
		{"sw1", "net-c", nil, vtep.Foreign},
	} {
		require.Equal(t, c.ownership, wants[c.device].Owners.Of(c.name, c.key), "%s %s", c.device, c.name)
	}
}

// TestWantsAreSortedAndUnique: no want of any scenario has an unsorted or repeated MAC or member.
func TestWantsAreSortedAndUnique(t *testing.T) {
	for _, file := range scenarios(t) {
		ar, err := txtar.ParseFile(file)
		require.NoError(t, err)
		for _, w := range topology.Compile(parse(t, ar).input(), nil).Wants() {
			for s := range w.Segments.All() {
				for j := 1; j < len(s.MACs); j++ {
					require.Negative(t, s.MACs[j-1].MAC.Compare(s.MACs[j].MAC), file)
				}
				for j := 1; j < len(s.Flood); j++ {
					require.LessOrEqual(t, s.Flood[j-1].Locator.Compare(s.Flood[j].Locator), 0, file)
					require.NotEqual(t, s.Flood[j-1], s.Flood[j], file)
				}
			}
		}
	}
}

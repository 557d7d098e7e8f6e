package vtep_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
	"bordergw/vtep"
)

// TestFloodMissing: what a flood list lacks is what the next plan adds to it.
func TestFloodMissing(t *testing.T) {
	server := seed(t, "1.7.0", "switch sw1 10.0.0.1 10.0.0.9\nls net-a key 100 config bordergw=us\nls net-b key 101 config bordergw=us\n"+
		"ls net-c key 900\nls left key 103 config bordergw=us\nflood net-a unknown-dst 10.0.0.2 10.0.0.8\nflood left unknown-dst 10.0.0.2\n")
	s := open(t, server, nil)
	wanted := "self 1\n"
	for name, key := range map[string]string{"net-a": "100", "net-b": "101", "net-c": "102"} {
		wanted += "segment " + name + " " + key + "\n" + strings.ReplaceAll(
			"flood NET 10.0.0.1\nflood NET 10.0.0.9 5\nflood NET 10.0.0.2 2\nflood NET 10.0.0.3\nflood NET 10.0.0.4#7 4\nflood NET 10.0.0.5 1\n", "NET", name)
	}
	want := parseWant(t, wanted)
	missing := func(name string) (out []string) {
		rows, stands := s.Rows(want, name)
		require.True(t, stands)
		for _, l := range s.FloodMissing(want, &rows) {
			out = append(out, l.String())
		}
		return out
	}
	all := []string{"10.0.0.2", "10.0.0.3", "10.0.0.4#7"}
	require.Equal(t, all[1:], missing("net-a"), "neither its own addresses nor itself")
	require.Equal(t, all, missing("net-b"), "there is no row at all")
	require.Empty(t, missing("net-c"), "it is foreign: its VNI is another one")
	require.Empty(t, missing("left"))

	require.Empty(t, applied(t, s, s.Plan(want, vtep.Whole).Ops))
	require.Empty(t, missing("net-a"))
	require.Empty(t, missing("net-b"))
	server.VtepCtl("del-mcast-remote", "net-b", "unknown-dst", "10.0.0.3")
	poll.True(t, patience, "an external writer has taken one out", func() bool { return len(missing("net-b")) > 0 })
	require.Equal(t, all[1:2], missing("net-b"))
}

package vtep_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// TestF71_NamesInTexts: an external writer may name rows anything. Names in texts are
// cut, which is shown.
func TestF71_NamesInTexts(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	have := oneSwitch + "ls " + long + " key 900\nls b" + long + " key 101\nbind sw1 eth1 10 " + long
	d := parseDatabase(t, capsOf(t, "1.7.0"), rand.New(rand.NewPCG(1, 1)), have)
	plan := vtep.Diff(parseWant(t, "segment net-a 100\nbind sw1 eth1 10 net-a\nsegment net-b 101\nbind sw1 "+long+" 11 net-a"), d.state(t))
	reasons := map[vtep.Reason]bool{}
	for _, p := range plan.Problems {
		reasons[p.Reason] = true
		require.Contains(t, p.Message, "bytes more)")
		require.Less(t, len(p.Message), 1024)
	}
	require.True(t, reasons[vtep.VLANTaken] && reasons[vtep.VNITaken] && reasons[vtep.PortMissing], reasons)
}

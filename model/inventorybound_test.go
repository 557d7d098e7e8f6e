package model

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func stored(t *testing.T, list []SwitchInventory) int {
	text, err := json.Marshal(list)
	require.NoError(t, err)
	return len(text)
}

// TestBoundInventory: whatever a switch says of itself, what is kept of it has a bound
// in bytes, and what was left out is said.
func TestBoundInventory(t *testing.T) {
	long := strings.Repeat("é", 1<<19)
	ports := func(n int, name string) (out []PortInventory) {
		for i := range n {
			out = append(out, PortInventory{Name: fmt.Sprintf(name, i)})
		}
		return out
	}
	var faults []string
	for i := range 100_000 {
		faults = append(faults, fmt.Sprintf("fault %d", i))
	}
	var many []SwitchInventory
	for i := range 5000 {
		many = append(many, SwitchInventory{Name: fmt.Sprint("sw", i), Ports: ports(2, "p%d")})
	}
	for name, c := range map[string]struct {
		seen []SwitchInventory
		cut  string
	}{
		"ports":          {[]SwitchInventory{{Name: "sw", Ports: ports(1_000_000, "port-%d")}}, "of 1000000 ports"},
		"names of ports": {[]SwitchInventory{{Name: "sw", Ports: append(ports(30, long+"%d"), ports(2, "p%d")...)}}, "30 of 32 ports"},
		"middling names": {[]SwitchInventory{{Name: "sw", Ports: ports(100_000, long[:1000]+"%d")}}, "of 100000 ports"},
		"name of switch": {[]SwitchInventory{{Name: long}, {Name: "sw"}}, "1 of 2 switches"},
		"switches":       {many, "904 of 5000 switches"},
		"faults":         {[]SwitchInventory{{Name: "sw", Faults: faults, Ports: []PortInventory{{Name: "p", Faults: faults}}}}, "199970 fault texts"},
		"long fault":     {[]SwitchInventory{{Name: "sw", Faults: []string{long}}}, ""},
		"addresses":      {[]SwitchInventory{{Name: "sw", TunnelIPs: make([]VTEPAddress, 1000)}}, "984 tunnel addresses"},
		"a fault of each": {[]SwitchInventory{{Name: "sw", Ports: func() []PortInventory {
			out := ports(200_000, "p%d")
			for i := range out {
				out[i].Faults = faults[:20]
			}
			return out
		}()}}, "fault texts"},
	} {
		t.Run(name, func(t *testing.T) {
			kept, cut := BoundInventory(c.seen)
			require.Contains(t, cut, c.cut)
			require.NotEmpty(t, kept)
			require.Less(t, stored(t, kept), 20<<20)
			for _, sw := range kept {
				require.Less(t, len(sw.Name), 1<<10)
			}
			if again, cut := BoundInventory(kept); name != "a fault of each" {
				require.True(t, reflect.DeepEqual(kept, again), "what is kept is kept again")
				require.Empty(t, cut)
			}
		})
	}
}

// TestBoundInventoryOfLargeSite: nothing is left out of what a real site may have.
func TestBoundInventoryOfLargeSite(t *testing.T) {
	var site []SwitchInventory
	for i := range 1000 {
		sw := SwitchInventory{Name: fmt.Sprintf("leaf-%d.example.org", i), TunnelIPs: make([]VTEPAddress, 1)}
		for n := range 500 {
			sw.Ports = append(sw.Ports, PortInventory{Name: fmt.Sprintf("Ethernet%d", n)})
		}
		site = append(site, sw)
	}
	kept, cut := BoundInventory(site)
	require.Empty(t, cut)
	require.True(t, reflect.DeepEqual(site, kept))
}

// TestLacks: a port that is not among those that are kept may be there.
func TestLacks(t *testing.T) {
	sw := SwitchInventory{Ports: []PortInventory{{Name: "p1"}}}
	require.False(t, sw.Lacks("p1"))
	require.True(t, sw.Lacks("p2"))
	sw.PortsCut = 1
	require.False(t, sw.Lacks("p2"))
}

func TestClip(t *testing.T) {
	require.Equal(t, "ä", Clip("ä", 2))
	require.Equal(t, "… (2 bytes more)", Clip("ä", 1), "no half of a character")
	require.Equal(t, "ab… (3 bytes more)", Clip("abcde", 2))
}

package topology

import (
	"fmt"
	"strings"

	"bordergw/model"
)

// A MAC that an operator has placed (remote_mac_entries) stays there, whatever
// switches learn. One of them that has learned it all the same is contested: either the
// entry is out of date, or somebody uses the address of another.

// Contested are such MACs of one network.
type Contested struct {
	total    int
	byDevice map[string]int // by the id of the device that learned it
	first    []string       // at most maxContested of them, in words
}

// maxContested bounds those that a network's text names.
const maxContested = 10

func note(into map[string]*Contested, network string, s placed, by *model.GatewayDevice) {
	c := into[network]
	if c == nil {
		c = &Contested{byDevice: map[string]int{}}
		into[network] = c
	}
	c.total++
	c.byDevice[by.ID]++
	if len(c.first) < maxContested {
		c.first = append(c.first, fmt.Sprintf("%s, configured at %s, is claimed by device %s", s.MAC, s.Endpoint, by.DisplayName()))
	}
}

// String lists the first of them.
func (c *Contested) String() string {
	text := "MACs that are configured elsewhere were learned by a switch, and stay where they are configured: " + strings.Join(c.first, "; ")
	if more := c.total - len(c.first); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

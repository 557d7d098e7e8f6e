package reconcile

import (
	"bordergw/reconcile/mactable"
	"fmt"
	"slices"

	"bordergw/model"
)

// A station that an operator has placed (remote_mac_entries) stays there, whatever
// switches learn. One of them that has learned it all the same is contested: either the
// entry is out of date, or somebody uses the address of another.

// contested are such stations of one network.
type contested struct {
	total    int
	byDevice map[string]int // by the id of the device that learned it
	first    []string       // at most maxListed of them, in words
}

// contests finds the stations of the group that are both placed and learned, by network
// id. stations has the winner of each MAC.
func (g *group) contests(stations []placed) map[string]*contested {
	out := map[string]*contested{}
	for _, p := range g.nets {
		if p.learned == nil {
			continue
		}
		devices := p.devices()
		for _, s := range stations {
			if s.Source != mactable.Static {
				continue
			}
			claim := map[*model.GatewayDevice]bool{} // by whichever registrations
			for _, c := range slices.Concat(mactable.Of(p.learned.Winners, s.MAC), mactable.Of(p.learned.Others, s.MAC)) {
				if gd := devices[c.Database]; gd != nil && !claim[gd] {
					claim[gd] = true
					note(out, p.net.ID, s, gd)
				}
			}
		}
	}
	return out
}

func note(into map[string]*contested, network string, s placed, by *model.GatewayDevice) {
	c := into[network]
	if c == nil {
		c = &contested{byDevice: map[string]int{}}
		into[network] = c
	}
	c.total++
	c.byDevice[by.ID]++
	if len(c.first) < maxListed {
		c.first = append(c.first, fmt.Sprintf("%s, configured at %s, is claimed by device %s", s.MAC, s.Endpoint, deviceName(by)))
	}
}

// String lists the first of them.
func (c *contested) String() string {
	text := "stations that are configured elsewhere were learned by a switch, and stay where they are configured: " + listed(c.first)
	if more := c.total - len(c.first); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// contestedOf counts the contested stations that each device has learned, by its id.
func (v *View) contestedOf() map[string]int {
	out := map[string]int{}
	if v == nil {
		return out
	}
	for _, c := range v.contested {
		for id, n := range c.byDevice {
			out[id] += n
		}
	}
	return out
}

// tellContested logs in which networks stations come to be contested, and where that is
// over, in a line each.
func (l *Loop) tellContested(v *View) {
	for network, c := range v.contested {
		if !l.disputed[network] {
			l.disputed[network] = true
			l.log.WithField("network", network).Warn(c.String())
		}
	}
	for network := range l.disputed {
		if v.contested[network] == nil {
			delete(l.disputed, network)
			l.log.WithField("network", network).Info("no station that is configured elsewhere is claimed by a switch any more")
		}
	}
}

package e2e_test

import (
	"fmt"
	"testing"

	"bordergw/internal/ovsdbtest"
)

// TestBriefDefinitions: what is deleted while it is being written does not stay
// behind.
func TestBriefDefinitions(t *testing.T) {
	t.Parallel()
	s := ovsdbtest.Start(t)
	s.AddSwitch("tor1", "192.0.2.1", "p1")
	c := start(t)
	dev := c.register("tor1", s)
	c.reaches(patience, devices, dev, "IN_SYNC")
	for i := range 100 {
		gw := c.create(gateways, object{"devices": []object{onSwitch("tor1", port("p1", 1+i))}})
		net := c.create(networks, object{"name": fmt.Sprint(i)})
		conn := c.connect(gw, net, nil)
		c.remove(connections, conn)
		c.remove(networks, net)
		c.remove(gateways, gw)
	}
	holds(t, s)
}

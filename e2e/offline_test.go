package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

// soon is how fast a change on a reached switch must be answered.
const soon = 2 * time.Second

// TestOfflineDefinitions: what is defined for a switch that was never reached
// is accepted and stands when it appears.
func TestOfflineDefinitions(t *testing.T) {
	t.Parallel()
	s := ovsdbtest.Start(t)
	s.Stop()
	c := start(t)
	dev := c.register("tor1", s)
	c.reaches(patience, devices, dev, "UNREACHABLE")
	net := c.create(networks, object{"name": "n"})
	conn := c.connect(c.create(gateways, object{"devices": []object{onSwitch("tor1", port("p1", 100))}}), net, nil)
	far := c.create(networks, object{"name": "far"})
	c.addMAC(dev, "00:aa:00:00:00:01", "198.51.100.7", 7000)
	border := c.connect(c.create(gateways, object{"devices": []object{{"device_id": dev, "segmentation_id": 7000}}}), far, nil)
	c.reaches(patience, connections, conn, "PENDING", "tor1")
	c.reaches(patience, connections, border, "PENDING", "tor1")
	require.False(t, c.status(connections, conn).condition("Programmed").Status)

	s.Run() // a database without a switch
	c.reaches(patience, connections, conn, "PENDING", "tor1")
	s.AddSwitch("tor1", "192.0.2.1", "p1")
	c.reaches(patience, connections, conn, "ACTIVE")
	c.reaches(patience, connections, border, "ACTIVE")
	require.True(t, c.status(connections, conn).condition("Programmed").Status)
	holds(t, s, "ls "+net+" key 10000", "bind tor1 p1 100 "+net,
		"ls "+far+" key 7000", "flood "+far+" 198.51.100.7", "mac "+far+" 00:aa:00:00:00:01 198.51.100.7")
}

// TestOfflineDeletion: rows of what is deleted while the switch is away go when
// it returns, whether or not the controller was killed in between.
func TestOfflineDeletion(t *testing.T) {
	t.Parallel()
	for _, killed := range []bool{false, true} {
		for _, whole := range []bool{false, true} {
			name := map[bool]string{false: "connection", true: "device"}[whole] +
				map[bool]string{false: "", true: ", controller killed"}[killed]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				offlineDeletion(t, killed, whole)
			})
		}
	}
}

func offlineDeletion(t *testing.T, killed, whole bool) {
	s := ovsdbtest.Start(t)
	s.AddSwitch("tor1", "192.0.2.1", "p1")
	s.VtepCtl("add-ls", "foreign", "--", "bind-ls", "tor1", "p1", "300", "foreign")
	theirs := picture(s)
	c := start(t)
	dev := c.register("tor1", s)
	c.reaches(patience, devices, dev, "IN_SYNC")
	net := c.create(networks, object{"name": "n"})
	gw := c.create(gateways, object{"devices": []object{onSwitch("tor1", port("p1", 100))}})
	conn := c.connect(gw, net, nil)
	holds(t, s, append(theirs, "ls "+net+" key 10000", "bind tor1 p1 100 "+net)...)

	s.Stop()
	c.reaches(patience, devices, dev, "UNREACHABLE")
	c.remove(connections, conn)
	c.remove(networks, net)
	if whole {
		c.remove(gateways, gw)
		c.remove(devices, dev)
	}
	if killed {
		c.kill()
		c.run()
	}
	s.Run()
	holds(t, s, theirs...)
	if !whole {
		c.reaches(patience, devices, dev, "IN_SYNC")
		return
	}
	eventually(t, patience, func() error { return c.nothingPlanned(0) }) // it is left alone from now on
}

// TestPorts (F-27, F-28): a binding waits for its port, and follows it.
func TestPorts(t *testing.T) {
	s := ovsdbtest.Start(t)
	s.Stop()
	c := start(t)
	dev := c.register("tor1", s)
	net := c.create(networks, object{"name": "n"})
	gw := c.create(gateways, object{"devices": []object{onSwitch("tor1", port("p1", 100), port("p9", 100))}})
	conn := c.connect(gw, net, nil)
	s.Run()
	s.AddSwitch("tor1", "192.0.2.1", "p1")
	c.reaches(patience, devices, dev, "IN_SYNC")
	without := []string{"ls " + net + " key 10000", "bind tor1 p1 100 " + net}
	for range 2 {
		c.reaches(patience, connections, conn, "PENDING", "p9", "tor1")
		bound := c.status(connections, conn).condition("Bound")
		require.False(t, bound.Status)
		require.Contains(t, bound.Message, "p9")
		holds(t, s, without...)

		s.VtepCtl("add-port", "tor1", "p9")
		eventually(t, soon, func() error { return differences(s, append(without, "bind tor1 p9 100 "+net)) })
		c.reaches(soon, connections, conn, "ACTIVE")
		require.True(t, c.status(connections, conn).condition("Bound").Status)
		s.VtepCtl("del-port", "tor1", "p9")
	}
}

// TestOperatorsHand (F-43): what an operator takes away comes back.
func TestOperatorsHand(t *testing.T) {
	s := ovsdbtest.Start(t)
	s.AddSwitch("tor1", "192.0.2.1", "p1")
	c := start(t)
	dev := c.register("tor1", s)
	c.reaches(patience, devices, dev, "IN_SYNC")
	c.addMAC(dev, "00:aa:00:00:00:01", "198.51.100.7", 7000)
	net := c.create(networks, object{"provider:segmentation_id": 7000})
	c.connect(c.create(gateways, object{"devices": []object{
		{"device_id": dev, "segmentation_id": 7000, "interfaces": []object{port("p1", 100)}},
	}}), net, nil)
	want := []string{"ls " + net + " key 7000", "bind tor1 p1 100 " + net,
		"mac " + net + " 00:aa:00:00:00:01 198.51.100.7", "flood " + net + " 198.51.100.7"}
	holds(t, s, want...)
	for _, args := range [][]string{
		{"unbind-ls", "tor1", "p1", "100"},
		{"del-ucast-remote", net, "00:aa:00:00:00:01"},
		{"del-mcast-remote", net, "unknown-dst", "198.51.100.7"},
		{"set", "Logical_Switch", net, "tunnel_key=7001"},
		{"clear-remote-macs", net, "--", "unbind-ls", "tor1", "p1", "100", "--", "del-ls", net},
	} {
		s.VtepCtl(args...)
		eventually(t, soon, func() error { return differences(s, want) })
	}
}

//go:build neutron

package neutron_test

import (
	"testing"
	"time"
)

// TestAgents: virtual machines behind real agents and hosts behind switches reach each other with real frames.
func TestAgents(t *testing.T) {
	if !full {
		t.Skip("BORDERGW_E2E=full runs it: it needs network namespaces, and some minutes")
	}
	f := newFabric(t)
	for _, step := range []struct {
		name string
		do   func(*fabric)
	}{
		{"Ports", (*fabric).ports}, {"Migrations", (*fabric).migrations}, {"Hardware", (*fabric).hardware}, {"Restarts", (*fabric).restarts},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.do(f.during(t)) }) {
			t.FailNow()
		}
	}
}

// during is the fabric of a subtest. What it makes there stays for the next.
func (f *fabric) during(t *testing.T) *fabric {
	g, s := *f, *f.scene
	s.T, g.scene = t, &s
	return &g
}

// ports: what is there before the connection, and what comes after it, is on the other side within a second.
func (f *fabric) ports() {
	f.boot("vm1", "hv1", "192.168.70.1")
	f.active("vm1")
	f.connect(f.newGateway("g", portDevice(f.switches["sw1"], "p1", 0), portDevice(f.switches["sw2"], "p2", 100)), f.blue)
	connected := time.Now()
	f.measured("connection, until the agent floods to the switches", connected, soon, func() error { return f.reached("hv1") })
	f.measured("connection, until the rows are on the switches", connected, soon, f.written)
	f.ping("vm1", "h1", "t2")

	made := f.boot("vm2", "hv2", "192.168.70.2")
	f.measured("port, until it is on the switches", made, soon, f.written)
	wired := f.active("vm2")
	f.measured("port active, until its agent floods to the switches", wired, soon, func() error { return f.reached("hv1", "hv2") })
	f.ping("vm1", "vm2", "h1", "t2")
}

package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/model"
)

// hypervisor is an end point with these MACs, whose IP addresses end like them.
func hypervisor(t testing.TB, ip string, macs ...string) model.Endpoint {
	e := model.Endpoint{VTEPAddress: address(t, ip)}
	for _, m := range macs {
		e.MACs = append(e.MACs, model.EndpointMAC{MAC: mac(t, m), VTEPAddress: e.VTEPAddress})
	}
	return e
}

// answersFor has a source answer for the end points of net.
func (o *one) answersFor(endpoints ...model.Endpoint) {
	o.T.Helper()
	set, err := model.NewEndpointSet("net", "neutron", "", endpoints)
	require.NoError(o.T, err)
	_, err = o.Store.PutEndpoints(o.T.Context(), set, model.IfMatch{})
	require.NoError(o.T, err)
}

const vm = "fa:16:3e:00:00:01"

// TestEndpoints: the hypervisors that a source answers for are flood members of the network's
// switches, and their MACs remote MACs. A machine that migrates is moved, one that is deleted
// goes at once, and a restart changes nothing.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	o.answersFor(hypervisor(t, "192.0.2.51", vm), hypervisor(t, "192.0.2.52"))
	took := rig.Holds(t, rig.Patience, o.server, append([]string{"flood net 192.0.2.51 192.0.2.52", "mac net " + vm + " 192.0.2.51"}, carried...)...)
	t.Logf("measured: rows after %s", took.Round(time.Millisecond))
	o.answersFor(hypervisor(t, "192.0.2.51"), hypervisor(t, "192.0.2.52", vm))
	rig.Holds(t, rig.Patience, o.server, append([]string{"flood net 192.0.2.51 192.0.2.52", "mac net " + vm + " 192.0.2.52"}, carried...)...)

	o.InSync(o.device)
	o.Stop()
	before := len(o.server.Log())
	o.Start()
	o.InSync(o.device)
	require.Len(t, o.server.Log(), before, "nothing was due after the restart")

	o.answersFor(hypervisor(t, "192.0.2.51"))
	rig.Holds(t, rig.Patience, o.server, append([]string{"flood net 192.0.2.51"}, carried...)...)
	require.NoError(t, o.Store.DeleteEndpoints(t.Context(), "net", "neutron", model.IfMatch{}))
	rig.Holds(t, rig.Patience, o.server, carried...)
}

// TestEndpointsAndPorts: a machine that leaves its hypervisor for a port is found there, also
// after a restart and although the source still names the hypervisor; when the port has lost
// it, the source is believed again.
func TestEndpointsAndPorts(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	w.answersFor(hypervisor(t, "192.0.2.51", vm))
	at := func(where string) []string {
		return append([]string{"flood net 192.0.2.2 192.0.2.51", fmt.Sprintf("mac net %s %s", vm, where)}, carried...)
	}
	rig.Holds(t, rig.Patience, w.server, at("192.0.2.51")...)
	learn(w.other, vm, "192.0.2.2")
	rig.Holds(t, rig.Patience, w.server, at("192.0.2.2")...)
	rig.Eventually(t, rig.Patience, func() error { // a restart sends it back if it is not remembered
		if w.Store.Definitions().Moves.Len() == 0 {
			return errWait
		}
		return nil
	})
	w.Stop()
	w.Start()
	w.InSync(w.device, w.otherDevice)
	rig.Holds(t, rig.Patience, w.server, at("192.0.2.2")...)
	w.other.VtepCtl("del-ucast-local", "net", vm)
	rig.Holds(t, rig.Patience, w.server, at("192.0.2.51")...)
	w.answersFor(hypervisor(t, "192.0.2.52", vm), hypervisor(t, "192.0.2.51"))
	rig.Holds(t, rig.Patience, w.server, append([]string{"flood net 192.0.2.2 192.0.2.51 192.0.2.52", "mac net " + vm + " 192.0.2.52"}, carried...)...)
}

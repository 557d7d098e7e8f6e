package pathtrace_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/pathtrace"
	"bordergw/vtep"
)

// two are two switches of one network, each with port p1 bound with VLAN 101, of which a gateway names
// that of a2 and its port xa.
func two(t *testing.T) *lab {
	l := newLab(t)
	for _, name := range []string{"a1", "a2"} {
		l.Access(l.net, l.Device(name, model.BorderDirect))
	}
	l.settle().parts = []pathtrace.Part{
		{Gateway: "gw1", Device: "a1", Switch: "a1", Slots: []vtep.Slot{{Switch: "a1", Port: "p1", VLAN: 101}}, Status: "connection gw1/blue is ACTIVE"},
		{Gateway: "gw2", Device: "a2", Switch: "a2", Slots: []vtep.Slot{{Switch: "a2", Port: "p1", VLAN: 101}, {Switch: "a2", Port: "xa", VLAN: 7}}, Status: "connection gw2/blue is PENDING: not planned yet"},
	}
	return l
}

// slot is a port with a VLAN, as a host.
func (l *lab) slot(device, port string, vlan model.VLAN) *pathtrace.Host {
	h := l.port(device)
	h.Name, h.Port, h.VLAN = device+":"+port+":"+vlan.String(), port, &vlan
	return h
}

// TestPortNotBound: each reason for which a port is not bound is told, and it is being written only if it is to be.
func TestPortNotBound(t *testing.T) {
	l := two(t)
	red := l.Builder.Network("red", 5002)
	l.Access(red, l.device("a2"))
	was := l.parts
	l.settle().parts = was
	other := model.VLAN(100 + red.Seq)
	for _, c := range []struct {
		port   string
		vlan   model.VLAN
		reason string
	}{
		{"p1", 200, "p1 vlan 200 is not bound to blue NotDefined: no gateway connected to blue names a2 p1 vlan 200; gw2 has a2 p1 vlan 101"},
		{"xb", 200, "xb vlan 200 is not bound to blue NotDefined: no gateway connected to blue names a2 xb vlan 200; gw2 has a2 p1 vlan 101, gw2 has a2 xa vlan 7"},
		{"p9", 101, "p9 vlan 101 is not bound to blue PortMissing: switch a2 has no port p9"},
		{"p1", other, "p1 vlan " + other.String() + " is not bound to blue NotDefined: p1 vlan " + other.String() + " is bound to red"},
		{"xa", 7, "xa vlan 7 is not bound to blue Waiting: connection gw2/blue is PENDING: not planned yet"},
	} {
		text := l.traced(l.slot("a2", c.port, c.vlan), l.port("a1"))
		require.Contains(t, text, "breaks\na2 miss port: "+c.reason, c.port)
	}
	l.rows("a2").Bindings = nil
	require.Contains(t, l.traced(l.port("a2"), l.port("a1")), "a2 miss port: p1 vlan 101 is not bound to blue BeingWritten")
	l.switches["a2"].Problems = []vtep.Problem{{Reason: vtep.VNITaken, LogicalSwitch: "blue", Message: "VNI 5001 is used by logical switch x"}}
	require.Contains(t, l.traced(l.port("a2"), l.port("a1")), "is not bound to blue ForeignRow: VNI 5001 is used by logical switch x")
	l.switches["a2"].Problems = []vtep.Problem{{Reason: vtep.Conflict, LogicalSwitch: "blue", Message: "an external writer undid 5 times: add mac and 9 more"}}
	require.Contains(t, l.traced(l.port("a2"), l.port("a1")), "BeingWritten", "MACs keep no port from being bound")
	l.parts = nil
	require.Contains(t, l.traced(l.slot("a2", "xb", 9), l.port("a1")), "NotDefined: no gateway is connected to blue")
}

func (l *lab) device(id string) *model.GatewayDevice {
	gd, _ := l.Devices.Get(id)
	return gd
}

// TestManyRowsUndone: what is told of several rows may be about any MAC, and about the flood list.
func TestManyRowsUndone(t *testing.T) {
	l := two(t)
	mac := modeltest.MAC(1)
	l.learn("a2", mac)
	parts := l.parts
	l.settle().parts = parts
	delete(l.rows("a1").Remote, mac)
	l.rows("a1").Flood = nil
	l.switches["a1"].Problems = []vtep.Problem{{Reason: vtep.Conflict, LogicalSwitch: "blue", Message: "undone, and 9 more"}}
	text := l.traced(l.port("a1"), l.host("a2", mac))
	require.Contains(t, text, "a1 miss unicast: no Ucast_Macs_Remote "+mac.String()+" in blue; expected -> 10.0.0.5 Conflict: undone, and 9 more")
	require.Contains(t, text, "a1 miss flood: unknown-dst of blue lacks 10.0.0.5 Conflict: undone, and 9 more")
}

// TestElsewhere: a host in another network is named with its place there.
func TestElsewhere(t *testing.T) {
	l := two(t)
	mac := modeltest.MAC(7)
	h := &pathtrace.Host{TraceEnd: model.TraceEnd{Name: mac.String(), MAC: mac}, Network: l.net.ID, Elsewhere: []model.MACEntry{{
		MAC: mac, Network: model.Named{ID: "r", Name: "red"}, Device: &model.Named{ID: "sw2", Name: "sw2"}, Ports: []model.BoundPort{{Switch: "sw2", Port: "p1", VLAN: 10}},
	}}}
	const want = " is in network red (sw2 p1 vlan 10): the hosts are in different networks OtherNetwork: no border joins the networks"
	text := l.traced(l.port("a1"), h)
	require.Contains(t, text, "breaks\n")
	require.Contains(t, text, "- wrong location: "+mac.String()+want)
	require.Equal(t, "breaks\n- wrong location: "+mac.String()+want, l.traced(h, l.port("a1")))
	require.Contains(t, l.traced(h, h), mac.String()+" is in network red (sw2 p1 vlan 10): not in blue")
}

package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

// campus is two databases: one with the switches tor1 and tor2, whose ports
// have the same names, and one with tor3. Somebody else uses both.
type campus struct {
	*controller
	pair, single *ovsdbtest.Server
	theirs       map[*ovsdbtest.Server][]string // picture of what is theirs
	untouched    map[*ovsdbtest.Server]string
	tor3         string // the device
}

func newCampus(t *testing.T) *campus {
	t.Helper()
	f := &campus{pair: ovsdbtest.Start(t), single: ovsdbtest.Start(t)}
	f.pair.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	f.pair.AddSwitch("tor2", "192.0.2.2", "p1", "p2")
	f.single.AddSwitch("tor3", "192.0.2.3", "p1", "p2")
	f.pair.VtepCtl("add-ls", "foreign", "--", "set", "Logical_Switch", "foreign", "tunnel_key=99",
		"--", "bind-ls", "tor1", "p1", "300", "foreign", "--", "bind-ls", "tor2", "p2", "0", "foreign",
		"--", "add-ucast-remote", "foreign", "00:ff:00:00:00:01", "203.0.113.1",
		"--", "add-mcast-remote", "foreign", "unknown-dst", "203.0.113.1")
	f.single.VtepCtl("add-ls", "foreign", "--", "bind-ls", "tor3", "p1", "100", "foreign")
	f.theirs = map[*ovsdbtest.Server][]string{f.pair: picture(f.pair), f.single: picture(f.single)}
	f.untouched = map[*ovsdbtest.Server]string{f.pair: inventory(f.pair), f.single: inventory(f.single)}
	f.controller = start(t)
	f.register("tor1", f.pair)
	f.tor3 = f.register("tor3", f.single)
	f.settled()
	return f
}

// hold waits until a database holds what is theirs and what is listed.
func (f *campus) hold(s *ovsdbtest.Server, ours ...string) {
	f.t.Helper()
	holds(f.t, s, append(ours, f.theirs[s]...)...)
	require.Equal(f.t, f.untouched[s], inventory(s))
}

// TestL2GatewayCall: VLANs of several switches stand on the right ports, beside
// what others have bound, whatever happens to ours.
func TestL2GatewayCall(t *testing.T) {
	t.Parallel()
	f := newCampus(t)
	net := f.create(networks, object{"name": "tagged", "provider:segmentation_id": 5001})
	other := f.create(networks, object{"name": "untagged", "provider:segmentation_id": 5002})
	gw := f.create(gateways, object{"name": "tagged", "devices": []object{
		onSwitch("tor1", port("p1", 100, 200)), onSwitch("tor3", port("p2", 200)),
	}})
	bare := f.create(gateways, object{"name": "untagged", "devices": []object{onSwitch("tor2", port("p1"))}})
	conn := f.connect(gw, net, nil)
	f.connect(bare, other, object{"segmentation_id": "0"})

	tor1 := []string{
		"ls " + net + " key 5001", "flood " + net + " 192.0.2.3", "bind tor1 p1 200 " + net,
		"ls " + other + " key 5002", "bind tor2 p1 0 " + other,
	}
	tor3 := []string{"ls " + net + " key 5001", "flood " + net + " 192.0.2.1"}
	f.hold(f.pair, append(tor1, "bind tor1 p1 100 "+net)...)
	f.hold(f.single, append(tor3, "bind tor3 p2 200 "+net)...)
	require.Equal(t, "0100 "+net+"\n0200 "+net+"\n0300 foreign", f.pair.VtepCtl("list-bindings", "tor1", "p1"))
	require.Equal(t, "0000 "+other, f.pair.VtepCtl("list-bindings", "tor2", "p1"))
	require.Equal(t, "0200 "+net, f.single.VtepCtl("list-bindings", "tor3", "p2"))
	f.reaches(patience, connections, conn, "ACTIVE")

	servers := []*ovsdbtest.Server{f.pair, f.single}
	written := transactions(servers, -1)
	f.kill()
	f.run()
	f.settled()
	require.Equal(t, written, transactions(servers, -1), "a restart writes nothing")

	f.update(gateways, gw, object{"devices": []object{onSwitch("tor1", port("p1", 200), port("p2", 400))}})
	f.hold(f.pair, append(tor1, "bind tor1 p2 400 "+net)...)
	f.hold(f.single, append(tor3, "bind tor3 p2 200 "+net)...)

	f.remove(connections, conn)
	f.hold(f.pair, tor1[3:]...)
	f.hold(f.single)
}

// TestForeignBinding (F-44): a VLAN that somebody else has bound stays theirs. A
// connection to it is refused, or, if the switch could not be asked, in error until
// they release it; the rest of it stands.
func TestForeignBinding(t *testing.T) {
	t.Parallel()
	f := newCampus(t)
	net := f.create(networks, object{"name": "n", "provider:segmentation_id": 5001})
	gw := f.create(gateways, object{"name": "g", "devices": []object{
		onSwitch("tor1", port("p2", 100)), onSwitch("tor3", port("p1", 100), port("p2", 100)),
	}})
	f.do(http.StatusConflict, http.MethodPost, connections,
		object{"l2_gateway_connection": object{"l2_gateway_id": gw, "network_id": net}}, nil)
	f.single.Stop()
	f.reaches(patience, devices, f.tor3, "UNREACHABLE")
	conn := f.connect(gw, net, nil)
	f.single.Run()

	tor1 := []string{"ls " + net + " key 5001", "flood " + net + " 192.0.2.3", "bind tor1 p2 100 " + net}
	tor3 := []string{"ls " + net + " key 5001", "flood " + net + " 192.0.2.1", "bind tor3 p2 100 " + net}
	f.hold(f.pair, tor1...)
	f.hold(f.single, tor3...)
	f.reaches(patience, connections, conn, "ERROR", "tor3", "p1", "100", "foreign")

	f.stop()
	require.NoError(t, differences(f.single, append(tor3, f.theirs[f.single]...)), "stopping leaves all as it is")
	f.run()
	f.settled()
	f.reaches(patience, connections, conn, "ERROR", "tor3", "p1", "100", "foreign")
	f.hold(f.single, tor3...)

	f.single.VtepCtl("unbind-ls", "tor3", "p1", "100")
	f.theirs[f.single] = []string{"ls foreign key []"}
	f.hold(f.single, append(tor3, "bind tor3 p1 100 "+net)...)
	f.reaches(patience, connections, conn, "ACTIVE")

	f.remove(connections, conn)
	f.hold(f.pair)
	f.hold(f.single)
}

// TestForeignLogicalSwitch: a VNI or a name that somebody else's logical switch
// has keeps the connection from being programmed there, and theirs as it is.
func TestForeignLogicalSwitch(t *testing.T) {
	t.Parallel()
	f := newCampus(t)
	f.single.VtepCtl("add-ls", "taken", "--", "set", "Logical_Switch", "taken", "tunnel_key=4711")
	f.theirs[f.single] = picture(f.single)
	key := f.create(networks, object{"provider:segmentation_id": 99})
	name := f.create(networks, object{"id": "taken", "provider:segmentation_id": 5001})
	onKey := f.create(gateways, object{"devices": []object{onSwitch("tor1", port("p1", 100))}})
	onName := f.create(gateways, object{"devices": []object{onSwitch("tor3", port("p2", 100))}})
	first, second := f.connect(onKey, key, nil), f.connect(onName, name, nil)
	f.reaches(patience, connections, first, "ERROR", "VNI 99", "foreign")
	f.reaches(patience, connections, second, "ERROR", "taken", "4711")
	f.hold(f.pair)
	f.hold(f.single)
	for _, id := range []string{first, second} {
		f.remove(connections, id)
	}
	f.settled()
	f.hold(f.pair)
	f.hold(f.single)
	require.Contains(t, strings.Join(picture(f.single), "\n"), "ls taken key 4711")
}

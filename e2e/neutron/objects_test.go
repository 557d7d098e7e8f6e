//go:build neutron

package neutron_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/poll"
)

// startScene: the specification's two lines start it, without ":default".
func startScene(t *testing.T, w *world) {
	require.Contains(t, w.server.log(t), "L2GatewayPlugin is now BorderL2GatewayPlugin")
	var aliases []string
	for _, e := range w.admin("ops").do(t, http.StatusOK, http.MethodGet, "/v2.0/extensions", nil)["extensions"].([]any) {
		aliases = append(aliases, e.(object)["alias"].(string))
	}
	require.Subset(t, aliases, []string{"l2-gateway", "l2-gateway-connection", "gateway-device"})
}

// byNameScene walks through the life of a gateway in networking-l2gw's form.
func byNameScene(t *testing.T, w *world) {
	s := newScene(t, w)
	sw1, sw2 := s.newSwitch("sw1", "192.0.2.1"), s.newSwitch("sw2", "192.0.2.2")
	blue, vni := s.newNetwork("blue")
	made := s.neutron.create(t, gateway, object{"name": "rack1", "devices": []any{portDevice(sw1, "p1", 100, "200"), portDevice(sw2, "p1", 100)}})
	gw := made["id"].(string)
	require.Equal(t, made, s.neutron.get(t, gateway, gw))
	require.Equal(t, []object{made}, s.neutron.list(t, gateway, "?name=rack1"))
	require.Empty(t, s.neutron.list(t, gateway, "?name=other"))
	conn := s.connect(gw, blue)
	require.NoError(t, s.differs())
	require.Equal(t, []string{blue}, s.managed(network))
	s.holds(patience, sw1, "connection", "ls "+blue+" "+vni, "bind sw1 p1 100 "+blue, "bind sw1 p1 200 "+blue, "flood "+blue+" 192.0.2.2")
	s.holds(patience, sw2, "connection", "ls "+blue+" "+vni, "bind sw2 p1 100 "+blue, "flood "+blue+" 192.0.2.1")
	require.Equal(t, "blue", sw1.Rows("Logical_Switch", "description")[0]["description"])

	s.neutron.update(t, gateway, gw, object{"name": "rack2", "devices": []any{portDevice(sw1, "p2", 7)}})
	changed := s.neutron.get(t, gateway, gw)
	require.Equal(t, "rack2", changed["name"])
	require.Equal(t, "rack2", s.direct.get(t, gateway, gw)["name"])
	s.holds(patience, sw1, "changed gateway", "ls "+blue+" "+vni, "bind sw1 p2 7 "+blue, "flood "+blue+" 192.0.2.2")
	s.neutron.update(t, network, blue, object{"name": "green"})
	s.renamed(blue, "green")

	s.neutron.do(t, http.StatusConflict, http.MethodDelete, paths[gateway]+"/"+gw, nil)
	s.neutron.do(t, http.StatusConflict, http.MethodDelete, paths[device]+"/"+sw1.id, nil)
	s.neutron.remove(t, connection, conn)
	s.holds(patience, sw1, "deleted connection")
	s.holds(patience, sw2, "deleted connection")
	require.Empty(t, s.managed(network), "the last connection takes the network with it")
	s.neutron.remove(t, gateway, gw)
	s.nothingIsLeft()
	s.neutron.do(t, http.StatusNotFound, http.MethodDelete, paths[gateway]+"/"+gw, nil)
	for _, v := range []vtep{sw1, sw2} {
		s.neutron.remove(t, device, v.id)
	}
	require.Empty(t, s.neutron.list(t, device, ""))
}

// byIDScene makes the calls of the border gateway's specification.
func byIDScene(t *testing.T, w *world) {
	s := newScene(t, w)
	edge, far := s.newSwitch("edge", "192.0.2.1"), s.newSwitch("far", "192.0.2.9")
	const mac = "00:aa:00:00:00:01"
	s.neutron.do(t, http.StatusCreated, http.MethodPost, paths[device]+"/"+edge.id+"/remote_mac_entries",
		object{"remote_mac_entry": object{"mac_address": mac, "vtep_address": "198.51.100.7", "segmentation_id": 7000}})
	blue := s.networkOfVNI("blue", 7000)
	made := s.neutron.create(t, gateway, object{"name": "dc2", "devices": []any{
		object{"device_id": edge.id, "segmentation-id": 7000}, object{"device_id": far.id, "segmentation_id": "7000"}}})
	gw := made["id"].(string)
	require.ElementsMatch(t, []any{
		object{"device_id": edge.id, "segmentation_id": "7000", "segmentation-id": 7000.0},
		object{"device_id": far.id, "segmentation_id": "7000", "segmentation-id": 7000.0}}, made["devices"])
	require.ElementsMatch(t, made["devices"], s.direct.get(t, gateway, gw)["devices"])
	require.Equal(t, made, s.neutron.get(t, gateway, gw))

	conn := s.connect(gw, blue)
	require.NoError(t, s.differs())
	s.holds(patience, edge, "connection", "ls "+blue+" 7000", "flood "+blue+" 192.0.2.9 198.51.100.7", "mac "+blue+" "+mac+" 198.51.100.7")
	s.holds(patience, far, "connection", "ls "+blue+" 7000", "flood "+blue+" 192.0.2.1 198.51.100.7", "mac "+blue+" "+mac+" 198.51.100.7")

	s.neutron.update(t, gateway, gw, object{"devices": []any{object{"device_id": far.id, "segmentaion_id": 7001}}})
	require.ElementsMatch(t, s.neutron.get(t, gateway, gw)["devices"], s.direct.get(t, gateway, gw)["devices"])
	s.neutron.update(t, gateway, gw, object{"devices": []any{object{"device_id": far.id, "segmentation_id": 7000}}})
	s.neutron.remove(t, connection, conn)
	s.holds(patience, edge, "deleted connection")
	s.holds(patience, far, "deleted connection")
	s.neutron.remove(t, gateway, gw)
	s.nothingIsLeft()
}

// stitchScene: the VNI between sites is not the network's.
func stitchScene(t *testing.T, w *world) {
	s := newScene(t, w)
	edge := s.newSwitch("edge", "192.0.2.1")
	s.neutron.update(t, device, edge.id, object{"site": "east", "border_mode": "stitch", "stitch_ports": []any{"p3", "p4"}})
	blue, vni := s.newNetwork("blue")
	conn := s.connect(s.newGateway("dc2", object{"device_id": edge.id, "segmentation_id": 7000}), blue)
	poll.Until(t, patience, func() error {
		var keys []string
		for _, line := range rig.Picture(edge.Server) {
			if words := strings.Fields(line); words[0] == "ls" {
				keys = append(keys, words[2])
			}
		}
		if slices.Sort(keys); !slices.Equal(keys, []string{vni, "7000"}) {
			return fmt.Errorf("the switch has VNIs %v and not %s and 7000", keys, vni)
		}
		return nil
	})
	s.neutron.remove(t, connection, conn)
	s.holds(patience, edge, "deleted connection")
}

// projectsScene: a gateway device belongs to a project, and is not there for others.
func projectsScene(t *testing.T, w *world) {
	newScene(t, w)
	as := func(project string) rest { return rest{w.server.url, identity("u", project, "member,reader")} }
	mine, other := as("p1"), as("p2")
	d := mine.create(t, device, object{"name": "x", "management_ip": "127.0.0.7", "management_port": 7})
	require.Equal(t, "p1", d["tenant_id"])
	at := paths[device] + "/" + d["id"].(string)
	entries := at + "/remote_mac_entries"
	entry := object{"remote_mac_entry": object{"mac_address": "10:20:30:40:50:60", "vtep_address": "192.0.2.5", "segmentation_id": 304}}
	require.Empty(t, other.list(t, device, ""))
	for _, r := range []struct{ method, path string }{{"GET", at}, {"PUT", at}, {"DELETE", at}, {"GET", entries}, {"POST", entries}} {
		body := map[string]any{"PUT": object{device: object{"name": "y"}}, "POST": entry}[r.method]
		other.do(t, http.StatusNotFound, r.method, r.path, body)
	}
	require.Equal(t, "y", mine.update(t, device, d["id"].(string), object{"name": "y"})["name"])
	made := mine.do(t, http.StatusCreated, "POST", entries, entry)["remote_mac_entry"].(object)
	require.Len(t, mine.do(t, http.StatusOK, "GET", entries, nil)["remote_mac_entries"], 1)
	shown := mine.do(t, http.StatusOK, "GET", entries+"/"+made["id"].(string), nil)["remote_mac_entry"].(object)
	require.Equal(t, made["mac_address"], shown["mac_address"])
	other.do(t, http.StatusNotFound, "DELETE", entries+"/"+made["id"].(string), nil)
	mine.do(t, http.StatusNoContent, "DELETE", entries+"/"+made["id"].(string), nil)
	mine.do(t, http.StatusNotFound, "DELETE", entries+"/"+made["id"].(string), nil)
	mine.do(t, http.StatusForbidden, "GET", paths[gateway], nil)
	mine.do(t, http.StatusForbidden, "POST", paths[gateway], object{gateway: object{"devices": []any{object{"device_id": d["id"]}}}})
	mine.remove(t, device, d["id"].(string))
}

//go:build neutron

package neutron_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type refusal struct {
	what   string
	body   object
	status int
	kind   string
}

// badDevices are lists of devices that no gateway can have.
func badDevices(id string) map[string]any {
	named := func(vlans any) []any {
		return []any{object{"device_name": "sw1", "interfaces": []any{object{"name": "p1", "segmentation_id": vlans}}}}
	}
	border := func(key string, value any) []any { return []any{object{"device_id": id, key: value}} }
	return map[string]any{
		"none": nil, "empty": []any{}, "string": "abc", "object": object{}, "list of strings": []any{"a"},
		"id and name": []any{object{"device_id": id, "device_name": "sw1"}}, "empty id": []any{object{"device_id": ""}},
		"id is a number": []any{object{"device_id": 5}}, "VNI too big": border("segmentation_id", 1<<24), "VNI is a bool": border("segmentation_id", true),
		"VNI is a list": border("segmentation-id", []any{5}), "VNI is a float": border("segmentaion_id", 5.5),
		"VNI twice":      []any{object{"device_id": id, "segmentation_id": 5, "segmentation-id": 6}},
		"name is a dict": []any{object{"device_name": object{"a": 1}, "interfaces": []any{object{"name": "p1"}}}},
		"no interfaces":  []any{object{"device_name": "sw1"}}, "VLAN is a float": named([]any{5.7}), "VLAN is null": named([]any{nil}),
		"VLAN too big": named([]any{4095}), "VLANs are a string": named("5"),
	}
}

// refusalsScene: what Neutron or bordergw refuses is a 4xx, and leaves nothing behind.
func refusalsScene(t *testing.T, w *world) {
	s := newScene(t, w)
	sw := s.newSwitch("sw1", "192.0.2.1")
	for what, devices := range badDevices(sw.id) {
		a, err := s.neutron.try(t, http.MethodPost, paths[gateway], object{gateway: object{"name": "g", "devices": devices}})
		require.NoError(t, err)
		require.Equal(t, http.StatusBadRequest, a.status, "%s: %s", what, a.text)
	}
	border := object{"device_id": "ghost", "segmentation_id": 5}
	mixed := object{"device_name": "sw1", "interfaces": []any{object{"name": "p1", "segmentation_id": []any{5}}, object{"name": "p2"}}}
	s.refuses(gateway,
		refusal{"device that is not there", object{"devices": []any{border}}, http.StatusNotFound, "GatewayDeviceNotFound"},
		refusal{"some interfaces with VLAN", object{"devices": []any{mixed}}, http.StatusConflict, "L2GatewaySegmentationRequired"},
		refusal{"long name", object{"name": strings.Repeat("g", 256), "devices": []any{portDevice(sw, "p1")}}, http.StatusBadRequest, "HTTPBadRequest"})
	s.nothingIsLeft()
	s.refusesConnections(sw)
	s.refusesUpdates(sw)
}

// refuses: POSTs of a kind are refused like this.
func (s *scene) refuses(kind string, all ...refusal) {
	s.Helper()
	for _, r := range all {
		a, err := s.neutron.try(s.T, http.MethodPost, paths[kind], object{kind: r.body})
		require.NoError(s.T, err)
		require.Equal(s.T, []any{r.status, r.kind}, []any{a.status, a.kind()}, "%s: %s", r.what, a.text)
	}
}

func (s *scene) refusesConnections(sw vtep) {
	blue, _ := s.newNetwork("blue")
	vlan := s.neutron.create(s.T, network, object{"name": "vlan", "provider:network_type": "vlan",
		"provider:physical_network": "physnet1", "provider:segmentation_id": 150})["id"]
	with, without := s.newGateway("with", portDevice(sw, "p1", 100)), s.newGateway("without", portDevice(sw, "p2"))
	taken, odd := s.newGateway("taken", portDevice(sw, "p1", 100)), s.newGateway("odd", portDevice(sw, "p%(x)s99", 5))
	border := s.newGateway("border", object{"device_id": sw.id})
	at := func(gw, net, segmentation any) object {
		o := object{"l2_gateway_id": gw, "network_id": net}
		if segmentation != nil {
			o["segmentation_id"] = segmentation
		}
		return o
	}
	held := s.connect(with, blue)
	s.refuses(connection,
		refusal{"no network", at(without, "nope", "5"), http.StatusNotFound, "NetworkNotFound"},
		refusal{"no gateway", at("nope", blue, "5"), http.StatusNotFound, "L2GatewayNotFound"},
		refusal{"VLAN twice", at(with, blue, "5"), http.StatusBadRequest, "InvalidInput"},
		refusal{"no VLAN", at(without, blue, nil), http.StatusBadRequest, "InvalidInput"},
		refusal{"no VNI", at(border, blue, nil), http.StatusBadRequest, "InvalidInput"},
		refusal{"VNI too big", at(border, blue, "16777216"), http.StatusBadRequest, "InvalidInput"},
		refusal{"VLAN too big", at(without, blue, "4095"), http.StatusBadRequest, "InvalidInput"},
		refusal{"VLAN is a word", at(without, blue, "abc"), http.StatusBadRequest, "InvalidInput"},
		refusal{"network without VXLAN", at(without, vlan, "5"), http.StatusNotFound, "VxlanSegmentationIDNotFound"},
		refusal{"twice", at(with, blue, nil), http.StatusConflict, "L2GatewayConnectionExists"},
		refusal{"VLAN taken", at(taken, blue, nil), http.StatusConflict, "L2GatewayDuplicateSegmentationID"},
		refusal{"port that is not there", at(odd, blue, nil), http.StatusNotFound, "L2GatewayInterfaceNotFound"})
	require.Equal(s.T, []string{held}, s.rows(connection))
	require.NoError(s.T, s.differs())
}

// refusesUpdates changes gateways in ways that are refused: both sides stay as they are.
func (s *scene) refusesUpdates(sw vtep) {
	found := s.neutron.list(s.T, gateway, "?name=with")
	require.Len(s.T, found, 1)
	id := found[0]["id"].(string)
	before := s.direct.get(s.T, gateway, id)
	for what, change := range map[string]object{
		"port that is not there": {"devices": []any{portDevice(sw, "p99", 300)}},
		"device of another form": {"devices": []any{object{"device_id": sw.id}}},
		"device of no gateway":   {"devices": []any{object{"device_name": "sw7", "interfaces": []any{object{"name": "p1"}}}}},
	} {
		a, err := s.neutron.try(s.T, http.MethodPut, paths[gateway]+"/"+id, object{gateway: change})
		require.NoError(s.T, err)
		require.Equal(s.T, http.StatusNotFound, a.status, "%s: %s", what, a.text)
	}
	s.neutron.do(s.T, http.StatusNotFound, http.MethodPut, paths[gateway]+"/nope", object{gateway: object{"name": "x"}})
	require.Equal(s.T, found[0], s.neutron.get(s.T, gateway, id))
	require.Equal(s.T, before, s.direct.get(s.T, gateway, id))
}

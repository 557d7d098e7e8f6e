package api_test

import (
	"net/http"
	"testing"

	"bordergw/api"
	"bordergw/model"

	"github.com/stretchr/testify/require"
)

const gatewaysPath = "/v2.0/l2-gateways"

func ofDevices(devices string) string { return `{"l2_gateway":{"devices":` + devices + `}}` }

// TestL2GatewayRefused covers what upstream refuses, in its words, and the
// border form.
func TestL2GatewayRefused(t *testing.T) {
	s := newService(t)
	hw := s.hardware("hw1", "192.0.2.1")
	on := func(interfaces string) string {
		return ofDevices(`[{"device_name":"sw1","interfaces":` + interfaces + `}]`)
	}
	border := func(rest string) string { return ofDevices(`[{"device_id":"` + hw + `"` + rest + `}]`) }
	reason := func(s string) string { return "Invalid input for devices. Reason: " + s + "." }
	const (
		invalid    = "InvalidInput"
		outOfRange = "Invalid input for operation: Segmentation id is out of range."
		noInteger  = "Invalid input for operation: Segmentation id must be a valid integer."
	)
	table := []refusal{
		{name: "no devices", body: `{"l2_gateway":{"name":"x"}}`, message: "Failed to parse request. Required attribute 'devices' not specified"},
		{name: "empty", body: ofDevices(`[]`), message: reason("Cannot create a gateway with an empty device list")},
		{name: "null", body: ofDevices(`null`), message: reason("Cannot create a gateway with an empty device list")},
		{name: "string", body: ofDevices(`"sw1"`), message: reason("devices format is not a type list of dicts")},
		{name: "object", body: ofDevices(`{"device_name":"sw1"}`), message: reason("devices format is not a type list of dicts")},
		{name: "number", body: ofDevices(`7`), message: reason("validate_gwdevice_list: provided data are not iterable")},
		{name: "device no object", body: ofDevices(`["x"]`), message: reason("'x' is not a dictionary")},
		{name: "no name", body: ofDevices(`[{}]`), message: reason("Cannot create a gateway with an empty device_name")},
		{name: "empty name", body: ofDevices(`[{"device_name":""}]`), message: reason("Cannot create a gateway with an empty device_name")},
		{name: "number as name", body: ofDevices(`[{"device_name":5,"interfaces":[{"name":"p1"}]}]`), message: reason("'5' is not a valid string")},
		{name: "no interfaces", body: ofDevices(`[{"device_name":"sw1"}]`), message: reason("Cannot create a gateway with an empty interfaces")},
		{name: "empty interfaces", body: on(`[]`), message: reason("Cannot create a gateway with an empty interfaces")},
		{name: "interfaces no list", body: on(`"p1"`), message: reason("interfaces format is not a type list of dicts")},
		{name: "interface no object", body: on(`["p1"]`), message: reason("interfaces format is not a type dict")},
		{name: "no interface name", body: on(`[{}]`), message: reason("Cannot create a gateway with an empty interface name")},
		{name: "empty interface name", body: on(`[{"name":""}]`), message: reason("Cannot create a gateway with an empty interface name")},
		{name: "scalar", body: on(`[{"name":"p1","segmentation_id":67}]`), message: reason("segmentation_id type should be of list type ")},
		{name: "string scalar", body: on(`[{"name":"p1","segmentation_id":"67"}]`), message: reason("segmentation_id type should be of list type ")},
		{name: "empty list", body: on(`[{"name":"p1","segmentation_id":[]}]`), message: reason("segmentation_id_list should not be empty")},
		{name: "null list", body: on(`[{"name":"p1","segmentation_id":null}]`), message: reason("segmentation_id_list should not be empty")},
		{name: "empty string list", body: on(`[{"name":"p1","segmentation_id":""}]`), message: reason("segmentation_id_list should not be empty")},
		{name: "null in list", body: on(`[{"name":"p1","segmentation_id":[null]}]`), message: reason("validate_gwdevice_list: provided data are not iterable")},
		{name: "word", body: on(`[{"name":"p1","segmentation_id":["x"]}]`), typ: invalid, message: noInteger},
		{name: "blank", body: on(`[{"name":"p1","segmentation_id":[" 12 "]}]`), typ: invalid, message: noInteger},
		{name: "sign", body: on(`[{"name":"p1","segmentation_id":["+12"]}]`), typ: invalid, message: noInteger},
		{name: "bool", body: on(`[{"name":"p1","segmentation_id":[true]}]`), typ: invalid, message: noInteger},
		{name: "float", body: on(`[{"name":"p1","segmentation_id":[5.7]}]`), typ: invalid, message: noInteger},
		{name: "-1", body: on(`[{"name":"p1","segmentation_id":["-1"]}]`), typ: invalid, message: outOfRange},
		{name: "4095", body: on(`[{"name":"p1","segmentation_id":[4095]}]`), typ: invalid, message: outOfRange},
		{name: "huge", body: on(`[{"name":"p1","segmentation_id":[99999999999999999999]}]`), typ: invalid, message: outOfRange},
		{name: "spellings differ", body: on(`[{"name":"p1","segmentation_id":[1],"segmentation-id":[2]}]`), message: "'segmentation-id' and 'segmentation_id' do not match"},
		{name: "mixed", body: on(`[{"name":"p1","segmentation_id":[1]},{"name":"p2"}]`), status: 409, typ: "L2GatewaySegmentationRequired",
			message: "L2 gateway segmentation id must be consistent for all the interfaces"},
		{name: "ha_mode", body: `{"l2_gateway":{"devices":[{"device_name":"s","interfaces":[{"name":"p"}]}],"ha_mode":"x"}}`,
			message: "Invalid input for ha_mode. Reason: x is not in valid_values."},
		{name: "preempt", body: `{"l2_gateway":{"devices":[{"device_name":"s","interfaces":[{"name":"p"}]}],"preempt":"x"}}`,
			message: "Invalid input for preempt. Reason: 'x' cannot be converted to boolean."},

		{name: "empty device_id", body: ofDevices(`[{"device_id":""}]`), message: reason("Cannot create a gateway with an empty device_id")},
		{name: "both names", body: ofDevices(`[{"device_id":"a","device_name":"b"}]`), message: reason("device_name and device_id exclude each other")},
		{name: "number as device_id", body: ofDevices(`[{"device_id":5}]`), message: reason("'5' is not a valid string")},
		{name: "unknown device", body: ofDevices(`[{"device_id":"nope","segmentation_id":5}]`), status: 404, typ: "GatewayDeviceNotFound", message: "Gateway device nope does not exist"},
		{name: "VNI 0", body: border(`,"segmentation_id":0`), typ: invalid, message: outOfRange},
		{name: "VNI 2^24", body: border(`,"segmentation-id":16777216`), typ: invalid, message: outOfRange},
		{name: "VNI list", body: border(`,"segmentation_id":[5]`), typ: invalid, message: noInteger},
		{name: "VNI word", body: border(`,"segmentaion_id":"x"`), typ: invalid, message: noInteger},
		{name: "VNIs differ", body: border(`,"segmentation_id":5,"segmentation-id":6`), message: "'segmentation-id' and 'segmentation_id' do not match"},
		{name: "typo differs", body: border(`,"segmentation_id":5,"segmentaion_id":6`), message: "'segmentaion_id' and 'segmentation_id' do not match"},
		{name: "border interfaces no list", body: border(`,"interfaces":"p1"`), message: reason("interfaces format is not a type list of dicts")},
	}
	for i := range table {
		r := &table[i]
		r.method, r.path = "POST", gatewaysPath
		if r.typ == "" {
			r.typ = bad
		}
		if r.status == 0 {
			r.status = 400
		}
	}
	s.refuses(t, table)
}

func TestL2GatewayVLANs(t *testing.T) {
	s := newService(t)
	for in, out := range map[string][]any{
		`[0]`: {}, `["0","7"]`: {"0", "7"}, `[7,"8"]`: {"7", "8"}, `["4094"]`: {"4094"},
	} {
		id := s.gateway(in)
		a := s.do("GET", gatewaysPath+"/"+id, "")
		require.Equal(t, []any{map[string]any{"name": "p1", "segmentation_id": out}},
			a.item("l2_gateway")["devices"].([]any)[0].(map[string]any)["interfaces"], in)
	}
	for _, alias := range []string{"segmentation-id", "segmentaion_id"} {
		id := s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_name":"sw1","segmentation_id":99,"interfaces":[{"name":"p1","`+alias+`":[3]}]}]}`)
		g, ok := s.store.Definitions().Gateways.Get(id)
		require.True(t, ok)
		require.Equal(t, []model.VLAN{3}, g.Devices[0].Interfaces[0].VLANs)
		require.Zero(t, g.Devices[0].SegmentationID, "a device's segmentation id is ignored in the upstream form")
	}
}

// TestL2GatewayUpdate covers what a PUT replaces and refuses.
func TestL2GatewayUpdate(t *testing.T) {
	s := newService(t)
	s.switches()
	tagged, untagged := s.gateway("[5]"), s.gateway("")
	path := gatewaysPath + "/" + tagged
	device := func(name, port, vlans string) string {
		return ofDevices(`[{"device_name":"` + name + `","interfaces":[{"name":"` + port + `"` + vlans + `}]}]`)
	}
	s.refuses(t, []refusal{
		{"unknown", "PUT", gatewaysPath + "/nope", `{"l2_gateway":{"name":"x"}}`, 404, "L2GatewayNotFound", "L2 Gateway nope could not be found"},
		{"empty devices", "PUT", path, ofDevices(`[]`), 400, bad, "Invalid input for devices. Reason: Cannot create a gateway with an empty device list."},
		{"foreign device", "PUT", path, device("sw2", "p1", ""), 404, "L2GatewayDeviceNotFound", "L2 Gateway Device sw2 could not be found."},
		{"tagged to untagged", "PUT", path, device("sw1", "p1", ""), 409, "L2GatewaySegmentationIDExists",
			"The segmentation id is already specified in existing gateway interfaces."},
		{"untagged to tagged", "PUT", gatewaysPath + "/" + untagged, device("sw1", "p1", `,"segmentation_id":[5]`), 409, "L2GatewaySegmentationIDNotExists",
			"The segmentation id is not specified in existing gateway interfaces."},
		{"unknown port", "PUT", path, device("sw1", "p99", `,"segmentation_id":[5]`), 404, "L2GatewayPhysicalPortNotFound",
			"Physical Port 'p99' in Physical switch 'sw1' could not be found"},
		{"mixed", "PUT", path, ofDevices(`[{"device_name":"sw1","interfaces":[{"name":"p1","segmentation_id":[1]},{"name":"p2"}]}]`), 409, "L2GatewaySegmentationRequired",
			"L2 gateway segmentation id must be consistent for all the interfaces"},
		{"replace without devices", "PUT", path, `{"l2_gateway":{"replace_devices":true}}`, 400, bad,
			"Invalid input for replace_devices. Reason: devices must be given with it."},
	})

	item := func(body string) map[string]any {
		a := s.do("PUT", path, body)
		require.Equal(t, http.StatusOK, a.status, a.text)
		return a.item("l2_gateway")
	}
	require.Equal(t, "new", item(`{"l2_gateway":{"name":"new"}}`)["name"])
	require.Equal(t, "new", item(`{"l2_gateway":{}}`)["name"], "an empty update changes nothing")
	changed := item(`{"l2_gateway":{"name":"","ha_mode":"active-passive","preempt":true,"devices":[{"device_name":"sw1","interfaces":[{"name":"p2","segmentation_id":[6]}]}]}}`)
	require.Equal(t, "new", changed["name"], "an empty name beside devices is ignored")
	require.Equal(t, "active-passive", changed["ha_mode"])
	require.Equal(t, true, changed["preempt"])
	require.Equal(t, []any{map[string]any{"name": "p2", "segmentation_id": []any{"6"}}},
		changed["devices"].([]any)[0].(map[string]any)["interfaces"])
	replaced := item(`{"l2_gateway":{"replace_devices":true,"devices":[{"device_name":"sw2","interfaces":[{"name":"p1","segmentation_id":[6]}]}]}}`)
	require.NotContains(t, replaced, "replace_devices")
	require.Len(t, replaced["devices"], 1)
	require.Equal(t, "sw2", replaced["devices"].([]any)[0].(map[string]any)["device_name"])
}

// TestBorderGateway is the call of the border gateway's specification.
func TestBorderGateway(t *testing.T) {
	s := newService(t)
	hw := s.hardware("hw1", "192.0.2.1")
	want := []any{map[string]any{"device_id": hw, "segmentation_id": "7000", "segmentation-id": 7000.0}}
	for _, seg := range []string{`"segmentation-id":7000`, `"segmentation_id":"7000"`, `"segmentaion_id":7000`, `"segmentation_id":"7000","segmentation-id":7000`} {
		a := s.do("POST", "/v2/l2-gateways", `{"l2_gateway":{"name":"bgw","devices":[{"device_id":"`+hw+`",`+seg+`}]}}`)
		require.Equal(t, http.StatusCreated, a.status, a.text)
		made := a.item("l2_gateway")
		require.Equal(t, want, made["devices"], seg)
		require.Equal(t, "bgw", made["name"])
		require.Equal(t, api.DefaultProject, made["tenant_id"])
		require.Equal(t, want, s.do("GET", "/v2/l2-gateways/"+made["id"].(string), "").item("l2_gateway")["devices"])
	}
	a := s.do("POST", "/v2/l2-gateways", ofDevices(`[{"device_id":"`+hw+`","interfaces":[]}]`))
	require.Equal(t, []any{map[string]any{"device_id": hw}}, a.item("l2_gateway")["devices"])
	a = s.do("POST", "/v2/l2-gateways", ofDevices(`[{"device_id":"`+hw+`","interfaces":[{"name":"p1","segmentation_id":[4]}]}]`))
	require.Equal(t, []any{map[string]any{"device_id": hw, "interfaces": []any{map[string]any{"name": "p1", "segmentation_id": []any{"4"}}}}},
		a.item("l2_gateway")["devices"], "a registered device may also use ports")
}

func TestL2GatewayDelete(t *testing.T) {
	s := newService(t)
	s.switches()
	id, net := s.gateway("[5]"), s.network("n")
	conn := s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+id+`","network_id":"`+net+`"}`)
	s.refuses(t, []refusal{
		{"in use", "DELETE", gatewaysPath + "/" + id, "", 409, "L2GatewayInUse", "L2 Gateway '" + id + "' still has active mappings with one or more neutron networks."},
		{"unknown", "DELETE", gatewaysPath + "/nope", "", 404, "L2GatewayNotFound", "L2 Gateway nope could not be found"},
		{"network in use", "DELETE", "/v2.0/networks/" + net, "", 409, "NetworkInUse",
			"Unable to complete operation on network " + net + ". There are one or more l2 gateway connections in use on the network."},
	})
	for _, path := range []string{connectionsPath + "/" + conn, gatewaysPath + "/" + id, "/v2.0/networks/" + net} {
		a := s.do("DELETE", path, "")
		require.Equal(t, http.StatusNoContent, a.status, a.text)
		require.Empty(t, a.text)
		require.Empty(t, a.header.Get("Content-Type"))
		require.Equal(t, http.StatusNotFound, s.do("GET", path, "").status)
	}
}

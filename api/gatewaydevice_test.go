package api_test

import (
	"net/http"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

const devicesPath = "/v2.0/gw/gateway_devices"

func device(body string) string { return `{"gateway_device":{` + body + `}}` }

// TestGatewayDeviceRefused covers what a registration is refused for.
func TestGatewayDeviceRefused(t *testing.T) {
	s := newService(t)
	net := s.network("n")
	taken := s.create(devicesPath, "gateway_device", `{"name":"sw1","management_ip":"10.0.0.3","management_port":6640,"tunnel_ips":["10.2.0.3"]}`)
	s.create(devicesPath, "gateway_device", `{"type":"network_vlan","resource_id":"`+net+`"}`)
	s.create(devicesPath, "gateway_device", `{"type":"router_vtep","resource_id":"r1","tunnel_ips":["10.2.0.4"]}`)
	const at = `"management_ip":"10.0.0.9","management_port":6640`
	input := func(name, why string) string { return "Invalid input for " + name + ". Reason: " + why + "." }
	table := []refusal{
		{name: "type", body: device(`"type":"bogus"`), message: input("type", "bogus is not in valid_values")},
		{name: "ip", body: device(`"management_ip":"x"`), message: input("management_ip", "'x' is not a valid IP address")},
		{name: "ip zone", body: device(`"management_ip":"fe80::1%eth0"`), message: input("management_ip", "'fe80::1%eth0' is not a valid IP address")},
		{name: "port large", body: device(`"management_port":65536`), message: input("management_port", "'65536' is too large - must be no larger than '65535'")},
		{name: "port small", body: device(`"management_port":-1`), message: input("management_port", "'-1' is too small - must be at least '0'")},
		{name: "port word", body: device(`"management_port":"abc"`), message: input("management_port", "'abc' is not an integer")},
		{name: "port huge", body: device(`"management_port":-99999999999999999999`), message: input("management_port", "'-99999999999999999999' is too small - must be at least '0'")},
		{name: "protocol", body: device(`"management_protocol":"ssh"`), message: input("management_protocol", "ssh is not in valid_values")},
		{name: "tunnel no list", body: device(at + `,"tunnel_ips":"10.0.0.1"`), message: input("tunnel_ips", "'10.0.0.1' is not a list")},
		{name: "tunnel no ip", body: device(at + `,"tunnel_ips":["notanip"]`), message: input("tunnel_ips", "'notanip' is not a valid IP address")},
		{name: "tunnel IPv6", body: device(at + `,"tunnel_ips":["fd00::1"]`), message: input("tunnel_ips", `"fd00::1": only IPv4 tunnel addresses exist in hardware_vtep`)},
		{name: "tunnel multicast", body: device(at + `,"tunnel_ips":["224.0.0.1"]`), message: input("tunnel_ips", `"224.0.0.1" can not be the address of a tunnel end point`)},
		{name: "border_mode", body: device(at + `,"border_mode":"x"`), message: input("border_mode", "x is not in valid_values")},
		{name: "stitch_ports", body: device(at + `,"stitch_ports":["a",""]`), message: input("stitch_ports", "an empty name is not allowed")},
		{name: "stitch three", body: device(at + `,"stitch_ports":["a","b","c"]`), message: input("stitch_ports", "a cable has two ends")},
		{name: "stitch alone", body: device(at + `,"border_mode":"stitch"`), message: input("stitch_ports", "stitch mode needs exactly two different ports")},
		{name: "status", body: device(at + `,"status":"IN_SYNC"`), message: "Attribute 'status' not allowed in POST"},
		{name: "macs", body: device(at + `,"remote_mac_entries":[]`), message: "Attribute 'remote_mac_entries' not allowed in POST"},

		{name: "no address", body: device(`"name":"x"`), typ: "HwVtepTypeInvalid", message: "Gateway device hw_vtep must be specified with management_port and management_ip"},
		{name: "port 0", body: device(`"management_ip":"10.0.0.9","management_port":0`), typ: "HwVtepTypeInvalid",
			message: "Gateway device hw_vtep must be specified with management_port and management_ip"},
		{name: "address twice", body: device(`"management_ip":"10.0.0.3","management_port":"6640"`), status: 409, typ: "GatewayDeviceParamDuplicate",
			message: "management_ip 10.0.0.3 with management_port 6640 is already used by gateway device sw1 (" + taken + ")"},
		{name: "tunnel twice", body: device(at + `,"tunnel_ips":["10.2.0.3"]`), status: 409, typ: "GatewayDeviceParamDuplicate",
			message: "tunnel_ips 10.2.0.3 is already used by gateway device sw1 (" + taken + ")"},
		{name: "two tunnels", body: device(at + `,"tunnel_ips":["10.2.0.5","10.2.0.6"]`), typ: "TunnelIPsExhausted",
			message: "Unable to complete operation for Gateway Device. The number of tunnel ips exceeds the maximum 1."},
		{name: "router", body: device(`"type":"router_vtep"`), typ: "RouterVtepTypeInvalid", message: "Gateway device router_vtep must be specified with resource_id"},
		{name: "router twice", body: device(`"type":"router_vtep","resource_id":"r1","tunnel_ips":["10.2.0.5"]`), status: 409, typ: "DeviceInUseByGatewayDevice",
			message: "device r1 (router) is in use by gateway device"},
		{name: "router without tunnel", body: device(`"type":"router_vtep","resource_id":"r2"`), typ: "TunnelIPsRequired",
			message: "Unable to complete operation for Gateway Device. The tunnel ips are required for hw_vtep type."},
		{name: "vlan", body: device(`"type":"network_vlan"`), typ: "NetworkVlanTypeInvalid", message: "Gateway device network_vlan must be specified with resource_id"},
		{name: "vlan unknown", body: device(`"type":"network_vlan","resource_id":"nope"`), status: 404, typ: "ResourceNotFound", message: "specified resource nope does not exist"},
		{name: "vlan twice", body: device(`"type":"network_vlan","resource_id":"` + net + `"`), status: 409, typ: "DeviceInUseByGatewayDevice",
			message: "device " + net + " (network) is in use by gateway device"},
	}
	for i := range table {
		r := &table[i]
		r.method, r.path = "POST", devicesPath
		if r.typ == "" {
			r.typ = bad
		}
		if r.status == 0 {
			r.status = 400
		}
	}
	s.refuses(t, table)
}

func TestGatewayDeviceAnswers(t *testing.T) {
	s := newService(t)
	s.status.device = model.DeviceStatus{Phase: model.DeviceDegraded, Detail: "reading", LastError: "refused",
		Conditions: []model.Condition{{Type: model.Reachable, True: true, Reason: "Connected"}}}
	a := s.do("POST", devicesPath, device(`"name":"hw1","management_ip":"10.0.0.3","management_port":"6632","tunnel_ips":["10.2.0.3"],"site":"east"`))
	require.Equal(t, http.StatusCreated, a.status, a.text)
	hw := a.item("gateway_device")
	id := hw["id"].(string)
	conditions := hw["conditions"].([]any)
	require.Equal(t, "Connected", conditions[0].(map[string]any)["reason"])
	delete(hw, "conditions")
	require.Equal(t, map[string]any{
		"id": id, "name": "hw1", "type": "hw_vtep", "tenant_id": "default", "project_id": "default",
		"management_ip": "10.0.0.3", "management_port": 6632.0, "management_protocol": "ovsdb", "resource_id": "",
		"tunnel_ips": []any{"10.2.0.3"}, "remote_mac_entries": []any{},
		"site": "east", "profile": "", "border_mode": "direct", "drift_policy": "repair", "stitch_ports": []any{}, "tls": "",
		"status": "DEGRADED", "status_detail": "reading", "last_error": "refused", "observed_revision": 0.0,
	}, hw)

	net := s.network("n")
	vlan := s.do("POST", devicesPath, device(`"type":"network_vlan","resource_id":"`+net+`","management_ip":null`)).item("gateway_device")
	for _, name := range []string{"management_ip", "management_port", "management_protocol"} {
		require.Contains(t, vlan, name)
		require.Nil(t, vlan[name])
	}
	listener := s.do("POST", devicesPath, device(`"name":"dials us","management_protocol":"ovsdb-listen"`)).item("gateway_device")
	require.Equal(t, "ovsdb-listen", listener["management_protocol"])
}

func TestGatewayDeviceUpdateAndDelete(t *testing.T) {
	s := newService(t)
	id := s.hardware("hw1", "10.0.0.3")
	path := devicesPath + "/" + id
	other := s.hardware("hw8", "10.0.0.8")
	s.refuses(t, []refusal{
		{"read only", "PUT", path, device(`"type":"router_vtep"`), 400, bad, "Cannot update read-only attribute type"},
		{"no address", "PUT", path, device(`"management_ip":null`), 400, "HwVtepTypeInvalid",
			"Gateway device hw_vtep must be specified with management_port and management_ip"},
		{"address", "PUT", path, device(`"management_ip":"x"`), 400, bad, "Invalid input for management_ip. Reason: 'x' is not a valid IP address."},
		{"address taken", "PUT", path, device(`"management_ip":"10.0.0.8"`), 409, "GatewayDeviceParamDuplicate",
			"management_ip 10.0.0.8 with management_port 6640 is already used by gateway device hw8 (" + other + ")"},
		{"two tunnels", "PUT", path, device(`"tunnel_ips":["10.2.0.5","10.2.0.6"]`), 400, "TunnelIPsExhausted",
			"Unable to complete operation for Gateway Device. The number of tunnel ips exceeds the maximum 1."},
		{"unknown", "PUT", devicesPath + "/nope", device(`"name":"x"`), 404, "GatewayDeviceNotFound", "Gateway device nope does not exist"},
		{"delete unknown", "DELETE", devicesPath + "/nope", "", 404, "GatewayDeviceNotFound", "Gateway device nope does not exist"},
	})
	a := s.do("PUT", path, device(`"name":"new","tunnel_ips":["10.2.0.9"],"site":"s","profile":"ovs-vtep","border_mode":"stitch","stitch_ports":["a","b"],"tls":"ca"`))
	require.Equal(t, http.StatusOK, a.status, a.text)
	got := a.item("gateway_device")
	for name, want := range map[string]any{"name": "new", "tunnel_ips": []any{"10.2.0.9"}, "site": "s", "profile": "ovs-vtep",
		"border_mode": "stitch", "stitch_ports": []any{"a", "b"}, "tls": "ca"} {
		require.Equal(t, want, got[name], name)
	}
	require.Equal(t, http.StatusOK, s.do("PUT", path, device("")).status, "an empty update changes nothing")

	got = s.do("PUT", path, device(`"management_ip":"10.0.0.4","management_port":"6641","management_protocol":"ovsdb+ssl"`)).item("gateway_device")
	require.Equal(t, []any{"10.0.0.4", 6641.0, "ovsdb+ssl"}, []any{got["management_ip"], got["management_port"], got["management_protocol"]})
	got = s.do("PUT", path, device(`"management_ip":null,"management_port":null,"management_protocol":"ovsdb-listen"`)).item("gateway_device")
	require.Equal(t, []any{nil, nil, "ovsdb-listen"}, []any{got["management_ip"], got["management_port"], got["management_protocol"]})

	gw := s.create(gatewaysPath, "l2_gateway", `{"name":"g1","devices":[{"device_id":"`+id+`","segmentation_id":5}]}`)
	s.do("DELETE", path, "").refused(409, "GatewayDeviceInUse", "Gateway device "+id+" is in use by l2 gateway g1 ("+gw+")")
	require.Equal(t, http.StatusNoContent, s.do("DELETE", gatewaysPath+"/"+gw, "").status)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", path, "").status)
	s.do("GET", path, "").refused(404, "GatewayDeviceNotFound", "Gateway device "+id+" does not exist")
}

// TestRemoteMACs covers the sub-resource: forms, refusals, bulk.
func TestRemoteMACs(t *testing.T) {
	s := newService(t)
	id, other := s.hardware("hw1", "10.0.0.3"), s.hardware("hw2", "10.0.0.4")
	vlan := s.create(devicesPath, "gateway_device", `{"type":"network_vlan","resource_id":"`+s.network("n")+`"}`)
	path := devicesPath + "/" + id + "/remote_mac_entries"
	mac := func(mac, vtep, seg string) string {
		return `{"remote_mac_entry":{"mac_address":` + mac + `,"vtep_address":` + vtep + `,"segmentation_id":` + seg + `}}`
	}
	a := s.do("POST", path, mac(`"10-20-30-40-50-6A"`, `"192.0.2.5"`, `"304"`))
	require.Equal(t, http.StatusCreated, a.status, a.text)
	entry := a.item("remote_mac_entry")
	require.Equal(t, map[string]any{"id": entry["id"], "mac_address": "10:20:30:40:50:6a", "vtep_address": "192.0.2.5", "segmentation_id": 304.0}, entry)
	item := "/" + entry["id"].(string)
	require.Equal(t, entry, s.do("GET", path+item, "").item("remote_mac_entry"))
	require.Equal(t, []any{entry}, s.do("GET", devicesPath+"/"+id, "").item("gateway_device")["remote_mac_entries"])
	require.Empty(t, s.do("GET", devicesPath+"/nope/remote_mac_entries", "").list("remote_mac_entries", "id"))
	for spelling, found := range map[string]int{"10-20-30-40-50-6A": 1, "10:20:30:40:50:6A": 1, "1020.3040.506a": 1, "10:20:30:40:50:6b": 0, "x": 0} {
		require.Len(t, s.do("GET", path+"?mac_address="+spelling, "").list("remote_mac_entries", "id"), found, spelling)
	}

	input := func(name, why string) string { return "Invalid input for " + name + ". Reason: " + why + "." }
	ok, ip := `"02:00:00:00:00:01"`, `"192.0.2.5"`
	s.refuses(t, []refusal{
		{"no MAC", "POST", path, `{"remote_mac_entry":{"vtep_address":"192.0.2.5"}}`, 400, bad, "Failed to parse request. Required attribute 'mac_address' not specified"},
		{"spec's old name", "POST", path, `{"remote_mac_entry":{"vtep_ip":"192.0.2.5"}}`, 400, bad, "Unrecognized attribute(s) 'vtep_ip'"},
		{"MAC", "POST", path, mac(`"x"`, ip, "5"), 400, bad, input("mac_address", "'x' is not a valid MAC address")},
		{"multicast", "POST", path, mac(`"01:00:5e:00:00:01"`, ip, "5"), 400, bad, input("mac_address", "'01:00:5e:00:00:01' is not a unicast MAC address")},
		{"zero", "POST", path, mac(`"00:00:00:00:00:00"`, ip, "5"), 400, bad, input("mac_address", "'00:00:00:00:00:00' is not a unicast MAC address")},
		{"null address", "POST", path, mac(ok, "null", "5"), 400, bad, input("vtep_address", "'None' is not a valid IP address")},
		{"IPv6", "POST", path, mac(ok, `"fd00::1"`, "5"), 400, bad, input("vtep_address", `"fd00::1": only IPv4 tunnel addresses exist in hardware_vtep`)},
		{"VNI 0", "POST", path, mac(ok, ip, "0"), 400, bad, input("segmentation_id", "'0' is too small - must be at least '1'")},
		{"VNI 2^24", "POST", path, mac(ok, ip, "16777216"), 400, bad, input("segmentation_id", "'16777216' is too large - must be no larger than '16777215'")},
		{"VNI word", "POST", path, mac(ok, ip, `"x"`), 400, bad, input("segmentation_id", "'x' is not an integer")},
		{"twice", "POST", path, mac(`"1020.3040.506a"`, ip, "304"), 409, "DuplicateRemoteMacEntry", "Request contains duplicate remote mac address entry: mac_address 10:20:30:40:50:6a."},
		{"unknown device", "POST", devicesPath + "/nope/remote_mac_entries", mac(ok, ip, "5"), 404, "GatewayDeviceNotFound", "Gateway device nope does not exist"},
		{"network_vlan", "POST", devicesPath + "/" + vlan + "/remote_mac_entries", mac(ok, ip, "5"), 409, "OperationRemoteMacEntryNotSupported",
			"Unable to operate remote_mac_entry for gateway device network_vlan type."},
		{"wrong device", "GET", devicesPath + "/" + other + "/remote_mac_entries" + item, "", 400, "RemoteMacEntryWrongGatewayDevice",
			"Remote MAC entry " + item[1:] + " does not belong to gateway device " + other},
		{"delete via wrong device", "DELETE", devicesPath + "/" + other + "/remote_mac_entries" + item, "", 400, "RemoteMacEntryWrongGatewayDevice",
			"Remote MAC entry " + item[1:] + " does not belong to gateway device " + other},
		{"unknown", "GET", path + "/nope", "", 404, "RemoteMacEntryNotFound", "Remote MAC entry nope does not exist"},
		{"read only", "PUT", path + item, `{"remote_mac_entry":{"segmentation_id":5}}`, 400, bad, "Cannot update read-only attribute segmentation_id"},
		{"no update", "PUT", path + item, `{"remote_mac_entry":{}}`, 405, "HTTPMethodNotAllowed", "The server could not comply with the request since it is either malformed or otherwise incorrect."},
		{"bulk empty", "POST", path, `{"remote_mac_entries":[]}`, 400, bad, "Resources required"},
		{"bulk all or nothing", "POST", path, `{"remote_mac_entries":[{"mac_address":"02:00:00:00:00:09","vtep_address":"192.0.2.5","segmentation_id":5},{}]}`, 400, bad,
			"Failed to parse request. Required attribute 'mac_address' not specified"},
	})

	a = s.do("POST", path, `{"remote_mac_entries":[{"mac_address":"02:00:00:00:00:02","vtep_address":"192.0.2.5","segmentation_id":5},{"mac_address":"02:00:00:00:00:01","vtep_address":"192.0.2.6","segmentation_id":5}]}`)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	require.Len(t, a.json()["remote_mac_entries"], 2)
	require.Equal(t, []any{"02:00:00:00:00:01", "02:00:00:00:00:02"},
		s.do("GET", path+"?segmentation_id=5&sort_key=mac_address&sort_dir=asc", "").list("remote_mac_entries", "mac_address"))
	require.Equal(t, http.StatusNoContent, s.do("DELETE", path+item, "").status)
	require.Equal(t, http.StatusNotFound, s.do("GET", path+item, "").status)
}

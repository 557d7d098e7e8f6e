package api_test

import (
	"net/http"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

const connectionsPath = "/v2.0/l2-gateway-connections"

func joined(gw, net, rest string) string {
	return `{"l2_gateway_connection":{"l2_gateway_id":"` + gw + `","network_id":"` + net + `"` + rest + `}}`
}

// TestConnectionOrder covers the order of upstream's checks: every
// request has all the faults that come later, too.
func TestConnectionOrder(t *testing.T) {
	s := newService(t)
	s.switches()
	net := s.network("n")
	tagged, untagged := s.gateway("[5]"), s.gateway("")
	ghost := s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_name":"ghost","interfaces":[{"name":"p1"}]}]}`)
	badPort := s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_name":"sw1","interfaces":[{"name":"p99"}]}]}`)
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+untagged+`","network_id":"`+net+`","segmentation_id":"9"}`)
	const invalid = "InvalidInput"
	given := "Invalid input for operation: default segmentation_id should not be provided when segmentation_id is assigned during l2gateway creation."
	missing := "Invalid input for operation: Segmentation id must be specified in create l2gateway connections."
	outOfRange := "Invalid input for operation: Segmentation id is out of range."
	noInteger := "Invalid input for operation: Segmentation id must be a valid integer."
	exists := "The specified mapping '{'network_id': '" + net + "', 'l2_gateway_id': '" + untagged + "', 'segmentation_id': '8'}' exists on network gateway '" + untagged + "'."
	table := []refusal{
		{name: "no network", body: `{"l2_gateway_connection":{}}`, typ: bad, message: "Failed to parse request. Required attribute 'network_id' not specified"},
		{name: "spec's old name", body: `{"l2_gateway_connection":{"network_id":"x","default_segmentation_id":5}}`, typ: bad,
			message: "Unrecognized attribute(s) 'default_segmentation_id'"},
		{name: "name", body: joined(tagged, net, `,"name":"x"`), typ: bad, message: "Unrecognized attribute(s) 'name'"},
		{name: "null id", body: joined(untagged, net, `,"segmentation_id":null`), typ: bad,
			message: "Invalid input for segmentation_id. Reason: 'None' is not a valid string."},
		{name: "float id", body: joined(untagged, net, `,"segmentation_id":1.5`), typ: bad,
			message: "Invalid input for segmentation_id. Reason: '1.5' is not a valid string."},
		{name: "spellings differ", body: joined(untagged, net, `,"segmentation_id":1,"segmentation-id":"2"`), typ: bad,
			message: "'segmentation-id' and 'segmentation_id' do not match"},
		{name: "network before range", body: joined(tagged, "nope", `,"segmentation_id":"x"`), status: 404, typ: "NetworkNotFound", message: "Network nope could not be found."},
		{name: "unknown network", body: joined(tagged, "nope", ""), status: 404, typ: "NetworkNotFound", message: "Network nope could not be found."},
		{name: "given twice before range", body: joined(tagged, net, `,"segmentation_id":"4095"`), message: given},
		{name: "given twice", body: joined(tagged, net, `,"segmentation_id":"5"`), message: given},
		{name: "4095 before exists", body: joined(untagged, net, `,"segmentation_id":4095`), message: outOfRange},
		{name: "-1", body: joined(untagged, net, `,"segmentation_id":"-1"`), message: outOfRange},
		{name: "huge", body: joined(untagged, net, `,"segmentation_id":99999999999999999999`), message: outOfRange},
		{name: "word", body: joined(untagged, net, `,"segmentation_id":"x"`), message: noInteger},
		{name: "range before unknown gateway", body: joined("nope", net, `,"segmentation_id":"4095"`), message: outOfRange},
		{name: "missing", body: joined(untagged, net, ""), message: missing},
		{name: "missing, unknown gateway", body: joined("nope", net, ""), message: missing},
		{name: "missing, no gateway", body: `{"l2_gateway_connection":{"network_id":"` + net + `"}}`, message: missing},
		{name: "exists whatever the id", body: joined(untagged, net, `,"segmentation_id":"8"`), status: 409, typ: "L2GatewayConnectionExists", message: exists},
		{name: "unknown gateway", body: joined("nope", net, `,"segmentation_id":"8"`), status: 404, typ: "L2GatewayNotFound", message: "L2 Gateway nope could not be found"},
		{name: "unknown switch", body: joined(ghost, net, `,"segmentation_id":"8"`), status: 404, typ: "L2GatewayDeviceNotFound", message: "L2 Gateway Device ghost could not be found."},
		{name: "unknown port", body: joined(badPort, net, `,"segmentation_id":"8"`), status: 404, typ: "L2GatewayInterfaceNotFound", message: "L2 Gateway interface 'p99' not found."},
	}
	for i := range table {
		r := &table[i]
		r.method, r.path = "POST", connectionsPath
		if r.typ == "" {
			r.typ = invalid
		}
		if r.status == 0 {
			r.status = 400
		}
	}
	s.refuses(t, table)
}

func TestConnectionFaults(t *testing.T) {
	s := newService(t)
	s.seen(s.hardware("a", "192.0.2.1"), model.SwitchInventory{Name: "sw1", Faults: []string{"fan_failure"}, Ports: []model.PortInventory{{Name: "p1"}}})
	s.seen(s.hardware("b", "192.0.2.2"), model.SwitchInventory{Name: "sw2", Ports: []model.PortInventory{{Name: "p1", Faults: []string{"link_down"}}, {Name: "p2", Faults: []string{"UP"}}}})
	on := func(sw, port string) string {
		return s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_name":"`+sw+`","interfaces":[{"name":"`+port+`","segmentation_id":[5]}]}]}`)
	}
	net, other := s.network("n"), s.network("o")
	up := on("sw2", "p2")
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+up+`","network_id":"`+net+`"}`)
	s.refuses(t, []refusal{
		{"switch", "POST", connectionsPath, joined(on("sw1", "p1"), net, ""), 409, "L2GatewayPhysicalSwitchFaultStatus",
			"Physical Switch 'sw1' switch_fault_status is 'fan_failure'"},
		{"port", "POST", connectionsPath, joined(on("sw2", "p1"), net, ""), 409, "L2GatewayPhysicalPortFaultStatus",
			"Physical Port 'p1' in Physical switch 'sw2' port_fault_status is 'link_down'"},
	})
	a := s.do("POST", connectionsPath, joined(on("sw2", "p2"), other, ""))
	require.Equal(t, http.StatusConflict, a.status)
	require.Equal(t, "L2GatewayDuplicateSegmentationID", a.item("NeutronError")["type"])
}

// TestConnectionToTakenVLAN: a VLAN that a foreign row binds on the switch is refused.
// What is wrong with the request itself is refused first.
func TestConnectionToTakenVLAN(t *testing.T) {
	s := newService(t)
	s.seen(s.hardware("a", "192.0.2.1"), model.SwitchInventory{Name: "sw1", Ports: []model.PortInventory{{Name: "p1"}}})
	gw := s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_name":"sw1","interfaces":[{"name":"p1","segmentation_id":[5,6]}]}]}`)
	net := s.network("n")
	s.status.occupants = map[model.VLAN]string{6: "theirs"}
	s.refuses(t, []refusal{
		{"taken", "POST", connectionsPath, joined(gw, net, ""), 409, "L2GatewayDuplicateSegmentationID",
			"Duplicate segmentation ID for the interface name=p1 uuid=theirs"},
		{"no network", "POST", connectionsPath, joined(gw, "none", ""), 404, "NetworkNotFound", "Network none could not be found."},
	})
	s.status.occupants = nil
	require.Equal(t, http.StatusCreated, s.do("POST", connectionsPath, joined(gw, net, "")).status)
}

// TestConnectionSegmentation: a POST echoes a string, a read gives a number or
// "".
func TestConnectionSegmentation(t *testing.T) {
	for _, c := range []struct {
		name, given string
		echo, read  any
	}{
		{"string", `"segmentation_id":"300"`, "300", 300.0},
		{"number", `"segmentation_id":300`, "300", 300.0},
		{"hyphen", `"segmentation-id":300`, "300", 300.0},
		{"typo", `"segmentaion_id":"300"`, "300", 300.0},
		{"VLAN 0", `"segmentation_id":"0"`, "0", ""},
		{"both", `"segmentation_id":"300","segmentation-id":300`, "300", 300.0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newService(t)
			s.switches()
			made := s.do("POST", connectionsPath, joined(s.gateway(""), s.network("n"), ","+c.given)).item("l2_gateway_connection")
			require.Equal(t, c.echo, made["segmentation_id"])
			read := s.do("GET", connectionsPath+"/"+made["id"].(string), "").item("l2_gateway_connection")
			require.Equal(t, c.read, read["segmentation_id"])
		})
	}
}

func TestConnectionOfBorderGateway(t *testing.T) {
	s := newService(t)
	hw := s.hardware("hw1", "192.0.2.1")
	net := s.network("n")
	border := func(rest string) string {
		return s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_id":"`+hw+`"`+rest+`}]}`)
	}
	withVNI, bare := border(`,"segmentation-id":7000`), border("")
	const invalid = "InvalidInput"
	s.refuses(t, []refusal{
		{"given twice", "POST", connectionsPath, joined(withVNI, net, `,"segmentation_id":"99999999"`), 400, invalid,
			"Invalid input for operation: default segmentation_id should not be provided when segmentation_id is assigned during l2gateway creation."},
		{"missing", "POST", connectionsPath, joined(bare, net, ""), 400, invalid,
			"Invalid input for operation: Segmentation id must be specified in create l2gateway connections."},
		{"VNI 0", "POST", connectionsPath, joined(bare, net, `,"segmentation_id":0`), 400, invalid,
			"Invalid input for operation: Segmentation id is out of range."},
		{"VNI 2^24", "POST", connectionsPath, joined(bare, net, `,"segmentation_id":16777216`), 400, invalid,
			"Invalid input for operation: Segmentation id is out of range."},
	})
	made := s.do("POST", connectionsPath, joined(withVNI, net, "")).item("l2_gateway_connection")
	require.Equal(t, "", made["segmentation_id"])
	require.Equal(t, 7000.0, s.do("GET", "/v2.0/networks/"+net, "").item("network")["provider:segmentation_id"],
		"the first border connection fixes the network's VNI")
	other := s.network("o")
	made = s.do("POST", connectionsPath, joined(bare, other, `,"segmentation_id":"16777215"`)).item("l2_gateway_connection")
	require.Equal(t, "16777215", made["segmentation_id"])
}

// TestConnectionOfVLANDevice: the id of a network_vlan device is a VLAN.
func TestConnectionOfVLANDevice(t *testing.T) {
	s := newService(t)
	uplink, net := s.network("uplink"), s.network("n")
	dev := s.create(devicesPath, "gateway_device", `{"type":"network_vlan","resource_id":"`+uplink+`"}`)
	bare := s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_id":"`+dev+`"}]}`)
	tagged := s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_id":"`+dev+`","segmentation_id":7}]}`)
	const invalid = "InvalidInput"
	s.refuses(t, []refusal{
		{"no VLAN", "POST", connectionsPath, joined(bare, net, `,"segmentation_id":"7000"`), 400, invalid,
			"Invalid input for operation: Segmentation id is out of range."},
		{"given twice", "POST", connectionsPath, joined(tagged, net, `,"segmentation_id":"7000"`), 400, invalid,
			"Invalid input for operation: default segmentation_id should not be provided when segmentation_id is assigned during l2gateway creation."},
	})
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+bare+`","network_id":"`+net+`","segmentation_id":"4094"}`)
}

func TestConnectionReadOnly(t *testing.T) {
	s := newService(t)
	s.switches()
	s.status.connection = model.ConnectionStatus{
		State: model.ConnectionError, Detail: "sw1: port p1", ObservedRevision: 12,
		Conditions: []model.Condition{{Type: model.Bound, Reason: "PortMissing"}},
	}
	gw := s.create(gatewaysPath, "l2_gateway", `{"tenant_id":"owner","devices":[{"device_name":"sw1","interfaces":[{"name":"p1","segmentation_id":[5]}]}]}`)
	made := s.do("POST", connectionsPath, joined(gw, s.network("n"), `,"tenant_id":"ignored"`)).item("l2_gateway_connection")
	require.Equal(t, "owner", made["tenant_id"], "a connection belongs to its gateway's project")
	require.Equal(t, "owner", made["project_id"])
	require.Equal(t, "ERROR", made["status"])
	require.Equal(t, "sw1: port p1", made["status_detail"])
	require.Equal(t, 12.0, made["observed_revision"])
	require.Equal(t, "PortMissing", made["conditions"].([]any)[0].(map[string]any)["reason"])
	path := connectionsPath + "/" + made["id"].(string)
	s.refuses(t, []refusal{
		{"attribute", "PUT", path, `{"l2_gateway_connection":{"segmentation_id":"5"}}`, 400, bad, "Cannot update read-only attribute segmentation_id"},
		{"status", "PUT", path, `{"l2_gateway_connection":{"status":"ACTIVE"}}`, 400, bad, "Cannot update read-only attribute status"},
		{"empty", "PUT", path, `{"l2_gateway_connection":{}}`, 405, "HTTPMethodNotAllowed",
			"The server could not comply with the request since it is either malformed or otherwise incorrect."},
		{"unknown", "GET", connectionsPath + "/nope", "", 404, "L2GatewayConnectionNotFound", "The connection  not found on the l2 gateway"},
		{"delete unknown", "DELETE", connectionsPath + "/nope", "", 404, "L2GatewayConnectionNotFound", "The connection  not found on the l2 gateway"},
	})
}

// TestGiveUp: administrators say whose an object is. That is all that can be changed of a connection.
func TestGiveUp(t *testing.T) {
	s := newService(t, withHeaders).as("admin", "p", "admin")
	hw := s.hardware("sw1", "192.0.2.1")
	n := s.create("/v2.0/networks", "network", `{"name":"n","managed_by":"site:dc1"}`)
	gw := s.create(gatewaysPath, "l2_gateway", `{"name":"gw","managed_by":"site:dc1","devices":[{"device_name":"sw1","interfaces":[{"name":"p1","segmentation_id":[5]}]}]}`)
	conn := s.do("POST", connectionsPath, joined(gw, n, `,"managed_by":"site:dc1"`)).item("l2_gateway_connection")["id"].(string)
	for kind, path := range map[string]string{"network": "/v2.0/networks/" + n, "l2_gateway": gatewaysPath + "/" + gw,
		"l2_gateway_connection": connectionsPath + "/" + conn, "gateway_device": devicesPath + "/" + hw} {
		a := s.as("admin", "p", "admin").do("PUT", path, `{"`+kind+`":{"managed_by":"site:dc2"}}`)
		require.Equal(t, "site:dc2", a.item(kind)["managed_by"], kind)
		require.Equal(t, http.StatusForbidden, s.as("u", "p", "member").do("PUT", path, `{"`+kind+`":{"managed_by":""}}`).status, kind)
		a = s.as("admin", "p", "admin").do("PUT", path, `{"`+kind+`":{"managed_by":""}}`)
		require.NotContains(t, a.item(kind), "managed_by", kind)
		require.NotContains(t, s.do("GET", path, "").item(kind), "managed_by", kind)
	}
}

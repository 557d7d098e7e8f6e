package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
)

// warnings are the remarks of an answer.
func (a answer) warnings(t *testing.T) (out []string) {
	for _, value := range a.header.Values("Warning") {
		text, err := strconv.Unquote(strings.TrimPrefix(value, "299 - "))
		require.NoError(t, err, value)
		out = append(out, text)
	}
	return out
}

// TestF82_Warnings: what is taken and most likely a mistake is remarked upon.
func TestF82_Warnings(t *testing.T) {
	s := newService(t)
	hw := s.hardware("hw1", "10.0.0.3")
	first := s.create("/v2.0/networks", "network", `{"name":"blue","provider:segmentation_id":7000}`)
	gw := s.create(gatewaysPath, "l2_gateway", `{"name":"g1","devices":[{"device_name":"hw1","interfaces":[{"name":"p1"}]}]}`)
	post := func(path, body string) []string {
		a := s.do("POST", path, body)
		require.Equal(t, http.StatusCreated, a.status, a.text)
		return a.warnings(t)
	}
	macs := devicesPath + "/" + hw + "/remote_mac_entries"
	mac := func(n, vni string) string {
		return `{"remote_mac_entry":{"mac_address":"02:00:00:00:00:0` + n + `","vtep_address":"10.9.0.1","segmentation_id":` + vni + `}}`
	}
	gateway := func(rest string) string { return `{"l2_gateway":{"name":"g2",` + rest + `}}` }

	require.Equal(t, []string{"network " + first + ` has the same name "blue": commands need the id`}, post("/v2.0/networks", `{"network":{"name":"blue"}}`))
	require.Empty(t, post("/v2.0/networks", `{"network":{"name":"red"}}`))
	require.Empty(t, post("/v2.0/networks", `{"network":{}}`), "no name is no name")
	require.Empty(t, post("/v2.0/networks", `{"network":{}}`))
	require.Equal(t, []string{"l2_gateway " + gw + ` has the same name "g1": commands need the id`},
		post(gatewaysPath, `{"l2_gateway":{"name":"g1","devices":[{"device_name":"hw1","interfaces":[{"name":"p1"}]}]}}`))
	require.Equal(t, []string{"switch wh1 is not known: no device that has been read has a switch of that name, and no device is called so; connections to it are refused, or wait while a device has not been read yet"},
		post(gatewaysPath, gateway(`"devices":[{"device_name":"wh1","interfaces":[{"name":"p1"}]}]`)))
	require.Equal(t, []string{`key "vlan" of a device or interface is not known and ignored`, `l2_gateway `},
		cut(post(gatewaysPath, gateway(`"devices":[{"device_name":"hw1","interfaces":[{"name":"p1","vlan":5}]}]`)), 11))
	require.Contains(t, post(gatewaysPath, gateway(`"preempt":true,"devices":[{"device_name":"hw1","interfaces":[{"name":"p1"}]}]`)),
		"preempt has no effect: it needs ha_mode active-passive")
	require.Equal(t, []string{"VNI 7001 is used by no network and no border connection: the entry has no effect until one uses it"}, post(macs, mac("1", "7001")))
	require.Empty(t, post(macs, mac("2", "7000")))
	detail := func() any { return s.do("GET", devicesPath+"/"+hw, "").item("gateway_device")["status_detail"] }
	require.Equal(t, "remote MACs of VNI 7001 have no effect: it is used by no network and no border connection", detail())
	s.create("/v2.0/networks", "network", `{"name":"late","provider:segmentation_id":7001}`)
	require.Empty(t, detail())

	renamed := s.do("PUT", "/v2.0/networks/"+s.create("/v2.0/networks", "network", `{"name":"green"}`), `{"network":{"name":"red"}}`)
	require.Len(t, renamed.warnings(t), 1, "a change may be a mistake as well")
}

// cut leaves a beginning of the last text, which has an id in it.
func cut(texts []string, n int) []string {
	last := len(texts) - 1
	texts[last] = texts[last][:n]
	return texts
}

// TestF82_WarningsHideNames: a warning does not name what the caller may not see.
func TestF82_WarningsHideNames(t *testing.T) {
	s := newService(t, withHeaders)
	s.as("root", "other", "admin")
	s.create("/v2.0/networks", "network", `{"name":"secret"}`)
	s.as("u", "mine", "member")
	a := s.do("POST", "/v2.0/networks", `{"network":{"name":"secret"}}`)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	require.Empty(t, a.warnings(t))
}

// A proxy gives up on an answer whose headers are long: nginx takes 4 kB of them.
func TestWarningsAreBounded(t *testing.T) {
	s := newService(t)
	var devices []string
	for i := range 10 {
		devices = append(devices, `{"device_name":"`+strings.Repeat("\U0001f600", 200)+strconv.Itoa(i)+`","interfaces":[{"name":"p1"}]}`)
	}
	a := s.do("POST", gatewaysPath, `{"l2_gateway":{"devices":[`+strings.Join(devices, ",")+`]}}`)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	size := 0
	for _, w := range a.header.Values("Warning") {
		size += len("Warning: \r\n") + len(w)
	}
	require.NotZero(t, size)
	require.LessOrEqual(t, size, 3<<10)
	require.NotEmpty(t, a.warnings(t), "what is there can be read")
}

// TestF81_Answers: what curl shows does not reach into the terminal.
func TestF81_Answers(t *testing.T) {
	s := newService(t)
	id := s.create("/v2.0/networks", "network", `{"name":"a\u202eb"}`)
	a := s.do("GET", "/v2.0/networks/"+id, "")
	require.NotContains(t, a.text, "\u202e")
	require.Equal(t, "a\u202eb", a.item("network")["name"])
}

// TestAuditResource: a kind that does not exist is no empty answer.
func TestAuditResource(t *testing.T) {
	s := newService(t)
	s.do("GET", "/v1/audit?resource=device", "").refused(400, bad,
		"Invalid input for resource. Reason: device is not one of network, gateway_device, deleted_device, remote_mac_entry, l2_gateway, l2_gateway_connection, quota, quarantine, endpoints.")
}

// TestTunnelIPOfTheSwitchWins: a given tunnel address that is not used is remarked on.
func TestTunnelIPOfTheSwitchWins(t *testing.T) {
	s := newService(t)
	id := s.hardware("hw1", "10.0.0.3")
	given := func(ip string) []string {
		return s.do("PUT", devicesPath+"/"+id, `{"gateway_device":{"tunnel_ips":["`+ip+`"]}}`).warnings(t)
	}
	require.Empty(t, given("10.2.0.3"), "the switch has not been read")
	s.seen(id, model.SwitchInventory{Name: "hw1", TunnelIPs: []model.VTEPAddress{modeltest.IP(1)}})
	require.Equal(t, []string{"tunnel_ips have no effect: switch hw1 shows " + modeltest.IP(1).String() + ", and that is used"}, given("10.2.0.3"))
	require.Empty(t, given(modeltest.IP(1).String()), "it is the same")
	s.seen(id, model.SwitchInventory{Name: "hw1", TunnelIPs: []model.VTEPAddress{modeltest.IP(1)}, NoTunnelIP: true})
	require.Empty(t, given("10.2.0.3"), "the switch shows none any more")
}

// TestF83_ProvisionAhead: a port that a known switch lacks is refused as upstream does,
// unless the gateway says that it will come.
func TestF83_ProvisionAhead(t *testing.T) {
	s := newService(t)
	s.seen(s.hardware("hw1", "10.0.0.3"), model.SwitchInventory{Name: "hw1", Ports: []model.PortInventory{{Name: "p1"}}})
	net := s.create("/v2.0/networks", "network", `{"name":"n"}`)
	connect := func(gw string) answer {
		return s.do("POST", "/v2.0/l2-gateway-connections", `{"l2_gateway_connection":{"network_id":"`+net+`","l2_gateway_id":"`+gw+`","segmentation_id":5}}`)
	}
	port := func(rest string) string {
		return `{"name":"g","devices":[{"device_name":"hw1","interfaces":[{"name":"p9"` + rest + `}]}]}`
	}
	strict := s.do("POST", gatewaysPath, `{"l2_gateway":`+port("")+`}`)
	require.Equal(t, []string{"switch hw1 has no port p9: connections to the gateway are refused, unless provision_ahead (--allow-missing-ports) is set"}, strict.warnings(t))
	require.NotContains(t, strict.text, "provision_ahead", "stock clients see what they know")
	connect(strict.item("l2_gateway")["id"].(string)).refused(404, "L2GatewayInterfaceNotFound", "L2 Gateway interface 'p9' not found.")

	ahead := s.do("POST", gatewaysPath, `{"l2_gateway":`+port(`,"provision_ahead":true`)+`}`)
	require.Contains(t, ahead.text, `"provision_ahead":true`)
	id := ahead.item("l2_gateway")["id"].(string)
	a := connect(id)
	require.Equal(t, http.StatusCreated, a.status, a.text)

	s.do("PUT", gatewaysPath+"/"+id, `{"l2_gateway":{"devices":[{"device_name":"hw1","interfaces":[{"name":"p8"}]}]}}`).
		refused(404, "L2GatewayPhysicalPortNotFound", "Physical Port 'p8' in Physical switch 'hw1' could not be found")
	changed := s.do("PUT", gatewaysPath+"/"+id, `{"l2_gateway":{"devices":[{"device_name":"hw1","interfaces":[{"name":"p8","provision_ahead":true}]}]}}`)
	require.Equal(t, http.StatusOK, changed.status, changed.text)
	s.do("POST", gatewaysPath, `{"l2_gateway":`+port(`,"provision_ahead":"often"`)+`}`).
		refused(400, bad, "Invalid input for devices. Reason: 'often' cannot be converted to boolean.")
}

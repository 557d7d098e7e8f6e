package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

const quarantinePath = "/v1/quarantine"

// gaveUp has a network use a VNI on the switch hw1, and deletes it.
func (s *service) gaveUp(vni string) (network string) {
	s.seen(s.hardware("hw1", "10.0.0.3"), model.SwitchInventory{Name: "hw1", Ports: []model.PortInventory{{Name: "p1"}}})
	network = s.create("/v2.0/networks", "network", `{"name":"blue","provider:segmentation_id":`+vni+`}`)
	gw := s.create(gatewaysPath, "l2_gateway", `{"name":"g1","devices":[{"device_name":"hw1","interfaces":[{"name":"p1"}]}]}`)
	c := s.create("/v2.0/l2-gateway-connections", "l2_gateway_connection", `{"network_id":"`+network+`","l2_gateway_id":"`+gw+`","segmentation_id":5}`)
	for _, path := range []string{"/v2.0/l2-gateway-connections/" + c, "/v2.0/networks/" + network} {
		require.Equal(s.tb, http.StatusNoContent, s.do("DELETE", path, "").status)
	}
	return network
}

// TestF98_Quarantine: an administrator sees what is in quarantine and why, and ends it on
// purpose.
func TestF98_Quarantine(t *testing.T) {
	s := newService(t)
	network := s.gaveUp("7000")
	other := `{"network":{"provider:segmentation_id":7000}}`
	require.Equal(t, http.StatusConflict, s.do("POST", "/v2.0/networks", other).status)
	require.Contains(t, s.do("GET", "/metrics", "").text, "\nbordergw_quarantined_numbers 1\n")
	list := s.do("GET", quarantinePath, "")
	require.Equal(t, http.StatusOK, list.status, list.text)
	for _, part := range []string{`"vni":7000`, `"network_id":"` + network + `"`, `"network_name":"blue"`, `"network_deleted":true`, `"switch":"hw1"`, `"free_at":"`, `"still_seen":false`} {
		require.Contains(t, list.text, part)
	}

	end := func(path string) answer { return s.do("DELETE", quarantinePath+path, "") }
	end("/vnis/7001").refused(404, "NotInQuarantine", "VNI 7001 is not in quarantine.")
	end("/vnis/7000?network_id=x").refused(404, "NotInQuarantine", "VNI 7000 of network x is not in quarantine.")
	end("/vnis/blue").refused(400, bad, "Invalid input for vni. Reason: 'blue' is not an integer.")
	end("/stitch_vlans/4095?network_id=x").refused(400, bad, "Invalid input for vlan. Reason: '4095' is too large - must be no larger than '4094'.")
	end("/stitch_vlans/5").refused(400, bad, "Invalid input for network_id. Reason: it says whose stitch VLAN is meant.")
	end("/stitch_vlans/5?network_id=x").refused(404, "NotInQuarantine", "stitch VLAN 5 of network x is not in quarantine.")
	require.Equal(t, http.StatusMethodNotAllowed, s.do("PUT", quarantinePath+"/vnis/7000", "").status)
	require.Equal(t, http.StatusNotFound, end("/vnis").status)

	ended := end("/vnis/7000?network_id=" + network)
	require.Equal(t, http.StatusNoContent, ended.status, ended.text)
	require.Equal(t, []string{"VNI 7000 of network " + network + " may still be in use on switch hw1: another network that gets it is then joined to that one there"}, ended.warnings(t))
	require.JSONEq(t, `{"quarantine":[]}`, s.do("GET", quarantinePath, "").text)
	require.Contains(t, s.do("GET", "/v1/audit?resource=quarantine", "").text, `"action":"delete"`)
	require.Equal(t, http.StatusCreated, s.do("POST", "/v2.0/networks", other).status)
}

// TestF98_QuarantineIsForAdministrators: neither seen nor ended by others.
func TestF98_QuarantineIsForAdministrators(t *testing.T) {
	s := newService(t, withHeaders)
	s.as("root", "p", "admin")
	s.gaveUp("7000")
	s.as("u", "p", "member")
	require.Equal(t, http.StatusForbidden, s.do("GET", quarantinePath, "").status)
	require.Equal(t, http.StatusForbidden, s.do("DELETE", quarantinePath+"/vnis/7000", "").status)
	s.as("root", "p", "admin")
	require.Contains(t, s.do("GET", quarantinePath, "").text, `"vni":7000`)
}

// TestF98_RefusalsNameOnesOwn: a refusal names what the one who asks may see, and an
// administrator sees all.
func TestF98_RefusalsNameOnesOwn(t *testing.T) {
	s := newService(t, withPolicy(t, map[string]string{
		"create_l2_gateway": "admin_or_owner", "create_l2_gateway_connection": "admin_or_owner",
	}))
	s.as("root", "ops", "admin")
	network := s.gaveUp("7000")
	all := "VNI 7000 belonged to the deleted network blue (" + network + ") and may still be in use on switch hw1. It is free when"
	for ip, who := range map[string][4]string{
		"10.0.0.5": {"another project", "mine", "member", "VNI 7000 belonged to a network of another project and may still be in use on a switch of another project. It is free when"},
		"10.0.0.6": {"its project", "ops", "member", all},
		"10.0.0.7": {"an administrator", "x", "admin", all},
	} {
		s.as("u", who[1], who[2])
		gw := s.create(gatewaysPath, "l2_gateway", `{"name":"g2","devices":[{"device_id":"`+s.hardware("own", ip)+`","segmentation_id":7000}]}`)
		a := s.do("POST", connectionsPath, `{"l2_gateway_connection":{"network_id":"`+s.network("n")+`","l2_gateway_id":"`+gw+`"}}`)
		require.Equal(t, http.StatusConflict, a.status, a.text)
		require.Contains(t, a.text, who[3], who[0])
	}
}

// TestRefusalsNameOnesOwn: the same where another's object stands in the way.
func TestRefusalsNameOnesOwn(t *testing.T) {
	s := newService(t, withHeaders)
	taken := s.as("o", "theirs", "member").hardware("secret", "10.0.0.3")
	text := func(project, roles string) string {
		a := s.as("u", project, roles).do("POST", devicesPath, `{"gateway_device":{"management_ip":"10.0.0.3","management_port":6640}}`)
		require.Equal(t, http.StatusConflict, a.status, a.text)
		return a.text
	}
	require.Contains(t, text("mine", "member"), "is already used by a gateway device of another project")
	require.Contains(t, text("theirs", "member"), "is already used by gateway device secret ("+taken+")")
	require.Contains(t, text("mine", "admin"), "is already used by gateway device secret ("+taken+")")
}

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/site"
)

// TestSiteFileOfEverything: the file is parsed again, and the same whatever order things were created in. It has the ids of
// what no file defines.
func TestSiteFileOfEverything(t *testing.T) {
	s := newService(t)
	hw := s.hardware("leaf", "192.0.2.1")
	s.do("POST", devicesPath+"/"+hw+"/remote_mac_entries", `{"remote_mac_entry":{"mac_address":"02:00:00:00:00:01","vtep_address":"192.0.2.5","segmentation_id":7000}}`)
	n := s.network("blue")
	border := s.create(gatewaysPath, "l2_gateway", `{"name":"wan","devices":[{"device_id":"`+hw+`","segmentation-id":7000}]}`)
	plain := s.create(gatewaysPath, "l2_gateway", `{"name":"rack","devices":[{"device_name":"leaf","interfaces":[{"name":"p2"},{"name":"p1"}]}]}`)
	untagged := s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+plain+`","network_id":"`+n+`","segmentation_id":0}`)
	far := s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+border+`","network_id":"`+n+`"}`)

	text := s.do("GET", "/v1/site?all=true", "").text
	require.Equal(t, `# Site all, as bordergw export prints it.
bordergw: 1
site: all
switches:
  leaf:
    id: `+hw+`
    address: 192.0.2.1:6640
    remote_macs:
      - {mac: "02:00:00:00:00:01", vtep: 192.0.2.5, vni: 7000}
networks:
  blue:
    id: `+n+`
    vni: 10000
gateways:
  rack:
    id: `+plain+`
    devices:
      - switch: leaf
        ports: {p1: [], p2: []}
  wan:
    id: `+border+`
    devices:
      - border: leaf
        vni: 7000
connections:
  - {id: `+untagged+`, gateway: rack, network: blue, vlan: untagged}
  - {id: `+far+`, gateway: wan, network: blue}
`, text)
	f, err := site.Parse("f", []byte(text))
	require.NoError(t, err)
	require.Equal(t, text, string(site.Print(f)))
	require.Equal(t, text, s.do("GET", "/v1/site?all=true&ids=true", "").text)
}

// TestSiteFileOfAManager: what others manage is not in it, and is referred to by id.
func TestSiteFileOfAManager(t *testing.T) {
	s := newService(t)
	s.do("POST", "/v2.0/networks", `{"network":{"id":"n1","name":"blue","managed_by":"site:dc1"}}`)
	s.do("POST", "/v2.0/networks", `{"network":{"id":"n2","name":"red"}}`)
	s.do("POST", "/v2.0/networks", `{"network":{"id":"n3","name":"twice","managed_by":"site:dc1"}}`)
	s.do("POST", "/v2.0/networks", `{"network":{"id":"n4","name":"twice"}}`)
	require.Equal(t, "# Site dc1, as bordergw export prints it.\nbordergw: 1\nsite: dc1\nnetworks:\n  blue:\n    id: n1\n  id:n3:\n    name: twice\n",
		s.do("GET", "/v1/site?site=dc1", "").text)
	s.do("GET", "/v1/site", "").refused(400, "HTTPBadRequest", "Invalid input for site. Reason: give site=NAME for what a site manages, or all=true.")
	require.Equal(t, http.StatusBadRequest, s.do("GET", "/v1/site?site=DC", "").status)
	require.Equal(t, http.StatusBadRequest, s.do("GET", "/v1/site?all=maybe", "").status)
	require.False(t, strings.Contains(s.do("GET", "/v1/site?site=dc2", "").text, "networks"))
}

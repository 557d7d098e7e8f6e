package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

const onSource = "/v1/networks/net/endpoints/neutron"

// fed is a service with a network net.
func fed(t testing.TB) *service {
	s := newService(t)
	require.Equal(t, http.StatusCreated, s.do("POST", "/v2.0/networks", `{"network":{"id":"net","name":"red"}}`).status)
	return s
}

// TestEndpoints: what a source gives is what it reads, in order, with one ETag for one content.
func TestEndpoints(t *testing.T) {
	s := fed(t)
	empty := s.do("GET", onSource, "")
	require.Equal(t, http.StatusOK, empty.status, empty.text)
	require.JSONEq(t, `{"endpoints":[]}`, empty.text)
	put := s.do("PUT", onSource, `{"endpoints":[
		{"vtep_address":"10.0.0.12","macs":[]},
		{"vtep_address":"10.0.0.11","macs":[{"mac_address":"FA:16:3E:00:00:02"},{"mac_address":"fa-16-3e-00-00-01","ip_address":"10.9.0.5"}]}]}`)
	require.Equal(t, http.StatusOK, put.status, put.text)
	require.NotEqual(t, empty.header.Get("ETag"), put.header.Get("ETag"))
	got := s.do("GET", onSource, "")
	require.Equal(t, put.header.Get("ETag"), got.header.Get("ETag"))
	require.JSONEq(t, `{"endpoints":[
		{"vtep_address":"10.0.0.11","macs":[{"mac_address":"fa:16:3e:00:00:01","ip_address":"10.9.0.5"},{"mac_address":"fa:16:3e:00:00:02"}]},
		{"vtep_address":"10.0.0.12","macs":[]}]}`, got.text)
	require.Equal(t, []any{"neutron"}, s.do("GET", "/v1/networks/net/endpoints", "").list("sources", "source"))

	before := s.store.Definitions().Revision
	again := s.do("PUT", onSource, got.text)
	require.Equal(t, http.StatusOK, again.status, again.text)
	require.Equal(t, before, s.store.Definitions().Revision, "the same set makes no revision")
	require.Equal(t, http.StatusNoContent, s.do("DELETE", onSource, "").status)
	require.Equal(t, empty.text, s.do("GET", onSource, "").text)
}

// TestEndpointRefusals: all or nothing, and the entry that is wrong is named.
func TestEndpointRefusals(t *testing.T) {
	s := fed(t)
	one := func(entry string) string {
		return `{"endpoints":[{"vtep_address":"10.0.0.1","macs":[]},` + entry + `]}`
	}
	for _, c := range []struct{ body, want string }{
		{``, "Malformed"}, {`[]`, "endpoints"}, {`{}`, "the list is missing"}, {`{"endpoints":[]}x`, "Malformed"},
		{`{"endpoints":[],"sites":"a"}`, "sites"},
		{`{"endpoints":[],"site":"a b"}`, "site"},
		{one(`{"vtep_address":"10.0.0.300"}`), "endpoints[1].vtep_address"},
		{one(`{"vtep_address":"2001:db8::1"}`), "endpoints[1].vtep_address"},
		{one(`{"vtep_address":"10.0.0.2","macs":[{"mac_address":"01:00:5e:00:00:01"}]}`), "endpoints[1].macs[0].mac_address"},
		{one(`{"vtep_address":"10.0.0.2","macs":[{"mac_address":"02:00:00:00:00:01"},{"mac_address":"x"}]}`), "endpoints[1].macs[1].mac_address"},
		{one(`{"vtep_address":"10.0.0.2","macs":[{"mac_address":"02:00:00:00:00:01","ip_address":"fe80::1%eth0"}]}`), "endpoints[1].macs[0].ip_address"},
		{one(`{"vtep_address":"10.0.0.2","macs":[{"mac_address":"02:00:00:00:00:01"},{"mac_address":"02:00:00:00:00:01"}]}`), "endpoints[1].macs[1]"},
		{one(`{"vtep_address":"10.0.0.2","macs":[{"mac_address":"00:00:00:00:00:00"}]}`), "endpoints[1].macs[0].mac_address"},
		{one(`{"vtep_address":"127.0.0.1","macs":[]}`), "endpoints[1].vtep_address"},
		{`{"endpoints":[{"vtep_address":"10.0.0.1"}],"endpoints":[{"vtep_address":"10.0.0.2"}]}`, "twice"},
		{one(`{"vtep_address":"10.0.0.2","macs":[],"macs":[{"mac_address":"02:00:00:00:00:01"}]}`), "twice"},
	} {
		a := s.do("PUT", onSource, c.body)
		require.Equal(t, http.StatusBadRequest, a.status, "%s: %s", c.body, a.text)
		require.Contains(t, a.text, c.want, c.body)
	}
	require.Equal(t, http.StatusNotFound, s.do("PUT", "/v1/networks/other/endpoints/neutron", `{"endpoints":[]}`).status)
	require.Equal(t, http.StatusBadRequest, s.do("GET", "/v1/networks/net/endpoints/a%20b", "").status)
	require.Equal(t, http.StatusMethodNotAllowed, s.do("POST", onSource, "").status)
	require.Zero(t, s.store.Definitions().Endpoints.Len())
}

// TestIPAddressesOfHosts: an IP address is that of one host.
func TestIPAddressesOfHosts(t *testing.T) {
	s := fed(t)
	put := func(ip string) answer {
		return s.do("PUT", onSource, `{"endpoints":[{"vtep_address":"10.0.0.1","macs":[{"mac_address":"fa:16:3e:00:00:01","ip_address":"`+ip+`"}]}]}`)
	}
	for _, ip := range []string{"255.255.255.255", "224.0.0.1", "0.0.0.0", "0.1.2.3", "127.0.0.1", "::", "::1", "ff02::1", "::ffff:224.0.0.1", "fe80::1%eth0", "x"} {
		a := put(ip)
		require.Equal(t, http.StatusBadRequest, a.status, "%s: %s", ip, a.text)
		require.Contains(t, a.text, "endpoints[0].macs[0].ip_address")
	}
	for ip, want := range map[string]string{"10.9.0.5": "10.9.0.5", "::ffff:10.9.0.5": "10.9.0.5", "2001:db8::0:5": "2001:db8::5", "fe80::1": "fe80::1"} {
		require.Equal(t, http.StatusOK, put(ip).status, ip)
		require.Contains(t, s.do("GET", onSource, "").text, `"`+want+`"`)
	}
}

// TestMACsMayBeLeftOut: an end point without MACs is a flood member, and needs no list.
func TestMACsMayBeLeftOut(t *testing.T) {
	s := fed(t)
	require.Equal(t, http.StatusOK, s.do("PUT", onSource, `{"endpoints":[{"vtep_address":"10.0.0.2"}]}`).status)
	require.JSONEq(t, `{"endpoints":[{"vtep_address":"10.0.0.2","macs":[]}]}`, s.do("GET", onSource, "").text)
}

// TestSourcesAreBounded: a network has 16 sources; those that it has go on.
func TestSourcesAreBounded(t *testing.T) {
	s := fed(t)
	put := func(source, address string) answer {
		return s.do("PUT", "/v1/networks/net/endpoints/"+source, `{"endpoints":[{"vtep_address":"`+address+`","macs":[]}]}`)
	}
	for i := range 16 {
		require.Equal(t, http.StatusOK, put(fmt.Sprint("s", i), "10.0.0.1").status)
	}
	a := put("one-more", "10.0.0.1")
	require.Equal(t, http.StatusConflict, a.status, a.text)
	require.Contains(t, a.text, "EndpointSourcesExceeded")
	require.Equal(t, http.StatusOK, put("s7", "10.0.0.2").status)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v1/networks/net/endpoints/s3", "").status)
	require.Equal(t, http.StatusOK, put("one-more", "10.0.0.1").status)
}

// TestOnlyAdministratorsFeed: nobody else sees or sets end points, members, managers, ids and
// managed_by.
func TestOnlyAdministratorsFeed(t *testing.T) {
	s := newService(t, withHeaders)
	s.as("root", "p", "admin")
	require.Equal(t, http.StatusCreated, s.do("POST", "/v2.0/networks", `{"network":{"id":"net","name":"red","tenant_id":"p","managed_by":"neutron"}}`).status)
	require.Equal(t, http.StatusOK, s.do("PUT", onSource, `{"endpoints":[]}`).status)
	s.as("u", "p", "member")
	for _, c := range [][3]string{
		{"GET", onSource, ""}, {"PUT", onSource, `{"endpoints":[]}`}, {"DELETE", onSource, ""}, {"GET", "/v1/networks/net/endpoints", ""},
		{"GET", "/v1/networks/net/members", ""}, {"GET", "/v1/networks/none/members", ""}, {"GET", "/v1/managers/neutron", ""},
		{"PUT", "/v1/managers/neutron", `{"synced_at":"2026-01-31T12:00:00Z"}`}, {"DELETE", "/v1/managers/neutron", ""},
		{"POST", "/v2.0/networks", `{"network":{"id":"x"}}`}, {"POST", "/v2.0/networks", `{"network":{"managed_by":"x"}}`},
		{"POST", "/v2.0/gw/gateway_devices", `{"gateway_device":{"id":"x","management_ip":"192.0.2.1","management_port":6640}}`},
	} {
		a := s.do(c[0], c[1], c[2])
		require.Equal(t, http.StatusForbidden, a.status, "%v: %s", c, a.text)
	}
}

// TestEndpointConditions: the ETag of an empty set serves for the first PUT, and one that is
// out of date is refused with the reason.
func TestEndpointConditions(t *testing.T) {
	s := fed(t)
	none := s.do("GET", onSource, "").header.Get("ETag")
	s.header.Set("If-Match", none)
	require.Equal(t, http.StatusOK, s.do("PUT", onSource, `{"endpoints":[{"vtep_address":"10.0.0.1","macs":[]}]}`).status)
	late := s.do("PUT", onSource, `{"endpoints":[]}`)
	require.Equal(t, http.StatusPreconditionFailed, late.status, late.text)
	require.Contains(t, late.text, "EndpointsChanged")
	require.Equal(t, http.StatusPreconditionFailed, s.do("DELETE", onSource, "").status)
}

// TestNetworkMembers: what hypervisors of a site need.
func TestNetworkMembers(t *testing.T) {
	s := fed(t)
	none := s.do("GET", "/v1/networks/net/members", "")
	require.JSONEq(t, `{"members":[],"far":[]}`, none.text)
	s.status.reach = map[string]model.EndpointReach{"net/east": {
		Members: []model.EndpointMember{{DeviceID: "d", Name: "sw1", Switch: "sw1", TunnelIP: model.VTEPAddress{10, 0, 0, 1}}},
		Far:     []model.VTEPAddress{{192, 0, 2, 1}},
	}}
	got := s.do("GET", "/v1/networks/net/members?site=east", "")
	require.JSONEq(t, `{"members":[{"device_id":"d","name":"sw1","switch":"sw1","tunnel_ip":"10.0.0.1","reachable":false}],"far":["192.0.2.1"]}`, got.text)
	require.NotEqual(t, none.header.Get("ETag"), got.header.Get("ETag"))
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v1/networks/x/members", "").status)

	s.status.reach["net/"] = model.EndpointReach{Members: []model.EndpointMember{{DeviceID: "d", Name: "sw1"}}}
	unknown := s.do("GET", "/v1/networks/net/members", "")
	require.JSONEq(t, `{"members":[{"device_id":"d","name":"sw1","switch":"","tunnel_ip":"","reachable":false}],"far":[]}`, unknown.text)
	require.NotEqual(t, none.header.Get("ETag"), unknown.header.Get("ETag"))

	// Who asks right after a start must not take silence for "no switch".
	s.status.unplanned = true
	wait := s.do("GET", "/v1/networks/net/members", "")
	require.Equal(t, http.StatusServiceUnavailable, wait.status, wait.text)
	require.Equal(t, "1", wait.header.Get("Retry-After"))
	require.Contains(t, wait.text, "Ask again")
}

// TestManagers: programs share who compared last, and a metric shows it.
func TestManagers(t *testing.T) {
	s := newService(t)
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v1/managers/neutron", "").status)
	put := s.do("PUT", "/v1/managers/neutron", `{"synced_at":"2026-01-31T12:00:00Z"}`)
	require.Equal(t, http.StatusOK, put.status, put.text)
	require.JSONEq(t, `{"name":"neutron","synced_at":"2026-01-31T12:00:00Z"}`, s.do("GET", "/v1/managers/neutron", "").text)
	require.Contains(t, s.do("GET", "/metrics", "").text, `bordergw_manager_synced_seconds{manager="neutron"} 1.7698608e+09`)
	require.Equal(t, http.StatusBadRequest, s.do("PUT", "/v1/managers/neutron", `{"synced_at":"yesterday"}`).status)
	require.Equal(t, http.StatusBadRequest, s.do("PUT", "/v1/managers/a%20b", `{"synced_at":"2026-01-31T12:00:00Z"}`).status)
	for i := range 63 {
		require.Equal(t, http.StatusOK, s.do("PUT", fmt.Sprint("/v1/managers/m", i), `{"synced_at":"2026-01-31T12:00:00Z"}`).status)
	}
	require.Equal(t, http.StatusBadRequest, s.do("PUT", "/v1/managers/one-more", `{"synced_at":"2026-01-31T12:00:00Z"}`).status)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v1/managers/m7", "").status)
	require.Equal(t, http.StatusNotFound, s.do("DELETE", "/v1/managers/m7", "").status)
	require.NotContains(t, s.do("GET", "/metrics", "").text, `manager="m7"`)
	require.Equal(t, http.StatusOK, s.do("PUT", "/v1/managers/one-more", `{"synced_at":"2026-01-31T12:00:00Z"}`).status)
}

// TestManagedBy: an administrator says which program keeps an object; lists can be filtered by it.
func TestManagedBy(t *testing.T) {
	s := newService(t)
	for path, body := range map[string]string{
		"/v2.0/networks":           `{"network":{"id":"n1","managed_by":"neutron"}}`,
		"/v2.0/gw/gateway_devices": `{"gateway_device":{"id":"d1","name":"sw1","management_ip":"192.0.2.1","management_port":6640,"managed_by":"neutron"}}`,
		"/v2.0/l2-gateways":        `{"l2_gateway":{"id":"g1","name":"g","devices":[{"device_name":"sw1","interfaces":[{"name":"p1"}]}],"managed_by":"neutron"}}`,
	} {
		a := s.do("POST", path, body)
		require.Equal(t, http.StatusCreated, a.status, a.text)
		require.Equal(t, http.StatusConflict, s.do("POST", path, body).status, "the id is taken: %s", path)
	}
	conn := s.do("POST", "/v2.0/l2-gateway-connections", `{"l2_gateway_connection":{"id":"c1","network_id":"n1","l2_gateway_id":"g1","segmentation_id":"10","managed_by":"neutron"}}`)
	require.Equal(t, http.StatusCreated, conn.status, conn.text)
	require.Equal(t, "c1", conn.item("l2_gateway_connection")["id"])
	s.do("POST", "/v2.0/networks", `{"network":{"id":"n2"}}`)
	require.Equal(t, []any{"n1"}, s.do("GET", "/v2.0/networks?managed_by=neutron", "").list("networks", "id"))
	require.Equal(t, []any{"c1"}, s.do("GET", "/v2.0/l2-gateway-connections?managed_by=neutron", "").list("l2_gateway_connections", "id"))
	require.Equal(t, http.StatusBadRequest, s.do("POST", "/v2.0/networks", `{"network":{"managed_by":"a b"}}`).status)
	require.Equal(t, http.StatusBadRequest, s.do("PUT", "/v2.0/networks/n1", `{"network":{"managed_by":"a b"}}`).status)
	require.Equal(t, "me", s.do("PUT", "/v2.0/networks/n1", `{"network":{"managed_by":"me"}}`).item("network")["managed_by"])
}

// manyEndpoints is a body with hypervisors that have MACs each; the last one is where last says.
func manyEndpoints(hypervisors, macs int, last string) string {
	var b strings.Builder
	b.WriteString(`{"endpoints":[`)
	for h := range hypervisors {
		if h > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"vtep_address":"10.0.%d.%d","macs":[`, h/200, 1+h%200)
		for m := range macs {
			if m > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"mac_address":"fa:16:3e:%02x:%02x:%02x","ip_address":"10.%d.%d.%d"}`, h/256, h%256, m, 9+h/250, h%250, 1+m)
		}
		b.WriteString(`]}`)
	}
	fmt.Fprintf(&b, `,{"vtep_address":"%s","macs":[{"mac_address":"fa:16:3f:00:00:01"}]}]}`, last)
	return b.String()
}

// BenchmarkEndpoints is 10,000 MACs of 200 hypervisors: all, one that has moved, and nothing new.
func BenchmarkEndpoints(b *testing.B) {
	s := fed(b)
	bodies := []string{manyEndpoints(200, 50, "10.1.0.1"), manyEndpoints(200, 50, "10.1.0.2")}
	put := func(b *testing.B, path, body string) {
		w := s.served("PUT", path, body)
		require.Equal(b, http.StatusOK, w.Code)
	}
	b.Run("all", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			w := s.served("DELETE", onSource, "")
			require.Equal(b, http.StatusNoContent, w.Code)
			b.StartTimer()
			put(b, onSource, bodies[0])
		}
	})
	b.Run("one", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			put(b, onSource, bodies[i%2])
		}
	})
	b.Run("same", func(b *testing.B) {
		put(b, onSource, bodies[0])
		for b.Loop() {
			put(b, onSource, bodies[0])
		}
	})
}

func FuzzEndpointBody(f *testing.F) {
	f.Add([]byte(`{"endpoints":[{"vtep_address":"10.0.0.1","macs":[{"mac_address":"02:00:00:00:00:01","ip_address":"10.9.0.1"}]}],"site":"a"}`))
	f.Add([]byte(`{"endpoints":null}`))
	s := fed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		w := s.served("PUT", onSource, string(body))
		require.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, w.Code, w.Body.String())
		require.True(t, json.Valid(w.Body.Bytes()))
	})
}

package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// collectionCase is a collection with three items.
type collectionCase struct {
	path, plural string
	// key is an attribute whose values differ and are in this order when sorted.
	key    string
	sorted []any
}

// collectionCases makes three items of everything, not in the order of their keys.
func collectionCases(s *service) []collectionCase {
	var networks []any
	for _, name := range []string{"b", "c", "a"} {
		networks = append(networks, s.network(name))
	}
	slices.SortFunc(networks, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	for i, ip := range []string{"192.0.2.12", "192.0.2.13", "192.0.2.11"} {
		s.hardware([]string{"b", "c", "a"}[i], ip)
	}
	device := s.hardware("d", "192.0.2.14")
	require.Equal(s.tb, http.StatusNoContent, s.do("DELETE", devicesPath+"/"+s.hardware("gone", "192.0.2.15"), "").status)
	macs := devicesPath + "/" + device + "/remote_mac_entries"
	for _, n := range []int{2, 3, 1} {
		s.create(macs, "remote_mac_entry", fmt.Sprintf(`{"mac_address":"02:00:00:00:00:0%d","vtep_address":"192.0.2.9","segmentation_id":%d}`, n, 10-n))
	}
	for i, name := range []string{"b", "c", "a"} {
		g := s.create(gatewaysPath, "l2_gateway", fmt.Sprintf(`{"name":%q,"devices":[{"device_name":"sw1","interfaces":[{"name":"p1"}]}]}`, name))
		s.create(connectionsPath, "l2_gateway_connection", fmt.Sprintf(`{"l2_gateway_id":%q,"network_id":%q,"segmentation_id":%d}`, g, networks[i], 20+i))
	}
	for _, project := range []string{"b", "c", "a"} {
		s.do("PUT", "/v2.0/quotas/"+project, `{"quota":{"network":9}}`)
	}
	s.status.reports = []model.DeviceReport{{ID: "2", Name: "b"}, {ID: "3", Name: "c"}, {ID: "1", Name: "a"}}
	names := []any{"a", "b", "c"}
	return []collectionCase{
		{"/v2.0/networks", "networks", "name", names},
		{devicesPath, "gateway_devices", "name", append(names, "d")},
		{macs, "remote_mac_entries", "mac_address", []any{"02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"}},
		{gatewaysPath, "l2_gateways", "name", names},
		{connectionsPath, "l2_gateway_connections", "network_id", networks},
		{"/v2.0/quotas", "quotas", "project_id", names},
		{"/v2.0/agents", "agents", "host", names},
	}
}

// TestListingOfEverything: every collection can be filtered, sorted and paged
// in the same way.
func TestListingOfEverything(t *testing.T) {
	s := newService(t)
	s.switches()
	require.Equal(t, http.StatusNoContent, s.do("DELETE", devicesPath+"/"+s.do("GET", devicesPath, "").list("gateway_devices", "id")[0].(string), "").status)
	for _, c := range collectionCases(s) {
		t.Run(c.plural, func(t *testing.T) {
			get := func(query string) answer {
				a := s.do("GET", c.path+"?"+query, "")
				a.tb = t
				return a
			}
			one := func(v any) string { return c.key + "=" + url.QueryEscape(v.(string)) }
			list := func(query string) []any { return get(query).list(c.plural, c.key) }

			require.ElementsMatch(t, c.sorted, list(""))
			require.ElementsMatch(t, c.sorted, list("foo=bar&verbose=True&params=tenant_id"), "unknown filters are ignored")
			require.Equal(t, c.sorted[1:2], list(one(c.sorted[1])))
			require.ElementsMatch(t, c.sorted[:2], list(one(c.sorted[0])+"&"+one(c.sorted[1])), "values are alternatives")
			require.Empty(t, list(one("nope")))
			for _, item := range get("fields=" + c.key + "&fields=nope").json()[c.plural].([]any) {
				require.Len(t, item, 1)
			}

			order := "&sort_key=" + c.key + "&sort_dir="
			require.Equal(t, c.sorted, list(order+"asc"))
			backwards := slices.Clone(c.sorted)
			slices.Reverse(backwards)
			require.Equal(t, backwards, list(order+"desc"))
			get("sort_key=nope&sort_dir=asc").refused(400, bad, "['nope'] is invalid attribute for sort_keys")
			get("sort_key="+c.key).refused(400, bad, "The number of sort_keys and sort_dirs must be same")

			require.Equal(t, c.sorted, follow(t, s, c, "limit=2"+order+"asc", "next"))
			require.Equal(t, backwards, follow(t, s, c, "limit=1&page_reverse=True"+order+"asc", "previous"))
			require.Empty(t, list("limit=1&marker=nope"))
			get("limit=-1").refused(400, "BadRequest", "Bad limit request: Limit must be an integer 0 or greater and not '-1'.")
		})
	}
}

// follow walks through all pages by their links.
func follow(t *testing.T, s *service, c collectionCase, query, rel string) (out []any) {
	path := c.path + "?" + query
	for range 10 {
		a := s.do("GET", path, "")
		a.tb = t
		page := a.list(c.plural, c.key)
		if len(page) == 0 {
			return out
		}
		out = append(out, page...)
		path = ""
		for _, l := range a.json()[c.plural+"_links"].([]any) {
			if link := l.(map[string]any); link["rel"] == rel {
				u, err := url.Parse(link["href"].(string))
				require.NoError(t, err)
				path = u.RequestURI()
			}
		}
		if path == "" {
			return out
		}
	}
	t.Fatal("the links do not end")
	return nil
}

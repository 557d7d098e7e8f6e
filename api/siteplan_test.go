package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/site"
)

const siteText = `bordergw: 1
site: dc1
switches:
  sw1: {address: "192.0.2.1:6640"}
networks: {blue: }
gateways:
  gw1: {devices: [{switch: sw1, ports: {p1: []}}]}
connections:
  - {gateway: gw1, network: blue, vlan: 100}
`

// siteOrder is the body of a request that has a site file.
func siteOrder(t *testing.T, text string, more map[string]any) string {
	body := map[string]any{"file": text, "name": "dc1.yaml"}
	for k, v := range more {
		body[k] = v
	}
	out, err := json.Marshal(body)
	require.NoError(t, err)
	return string(out)
}

func planOf(t *testing.T, s *service, text string, more map[string]any) (p site.Plan) {
	a := s.do("POST", "/v1/site/plan", siteOrder(t, text, more))
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.NoError(t, json.Unmarshal([]byte(a.text), &p))
	return p
}

func TestSitePlanAndApply(t *testing.T) {
	s := newService(t)
	p := planOf(t, s, siteText, nil)
	require.Len(t, p.Changes, 4)
	require.Nil(t, p.Refused)
	require.Contains(t, s.do("GET", "/v1/site?all=true", "").text, "site: all\n")
	require.Zero(t, s.store.Definitions().Networks.Len(), "a plan stores nothing")

	a := s.do("POST", "/v1/site/apply", siteOrder(t, siteText, map[string]any{"token": p.Token}))
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.Contains(t, s.do("GET", "/v1/site?site=dc1", "").text, "- {gateway: gw1, network: blue, vlan: 100}\n")
	revision := s.store.Definitions().Revision
	again := s.do("POST", "/v1/site/apply", siteOrder(t, siteText, nil))
	require.Equal(t, http.StatusOK, again.status)
	require.Contains(t, again.text, `"revision":0`)
	require.Equal(t, revision, s.store.Definitions().Revision, "nothing to do is no revision")
}

// TestStalePlan: what others have changed since is named, and nothing is done.
func TestStalePlan(t *testing.T) {
	s := newService(t)
	p := planOf(t, s, siteText, nil)
	s.do("POST", "/v2.0/networks", `{"network":{"name":"blue"}}`)
	a := s.do("POST", "/v1/site/apply", siteOrder(t, siteText, map[string]any{"token": p.Token}))
	require.Equal(t, http.StatusConflict, a.status, a.text)
	require.Contains(t, a.text, `"code":"PlanStale","message":"the plan is stale, nothing was changed"`)
	require.Contains(t, a.text, "network blue (")
	require.Contains(t, a.text, "was created by anonymous at ")
	require.Zero(t, s.store.Definitions().Devices.Len())
}

// TestStalePlanNamesWhatCameAfter: only what has changed since the plan was made is named, and what was deleted
// by its name.
func TestStalePlanNamesWhatCameAfter(t *testing.T) {
	s := newService(t)
	s.network("older")
	s.do("POST", "/v1/site/apply", siteOrder(t, siteText, nil))
	changed := strings.Replace(siteText, "vlan: 100", "vlan: 200", 1)
	p := planOf(t, s, changed, nil)
	for c := range s.store.Definitions().Connections.All() {
		s.do("DELETE", "/v2.0/l2-gateway-connections/"+c.ID, "")
	}
	a := s.do("POST", "/v1/site/apply", siteOrder(t, changed, map[string]any{"token": p.Token}))
	require.Equal(t, http.StatusConflict, a.status, a.text)
	require.Contains(t, a.text, "l2 gateway connection gw1/blue (")
	require.Contains(t, a.text, " was deleted by anonymous at ")
	require.NotContains(t, a.text, "older")
	require.NotContains(t, a.text, "was created by")
}

func TestSiteRefusals(t *testing.T) {
	s := newService(t)
	a := s.do("POST", "/v1/site/plan", siteOrder(t, "bordergw: 1\nsite: dc1\nx: 1\ny: 2\n", nil))
	require.Equal(t, http.StatusBadRequest, a.status)
	require.Contains(t, a.text, `"code":"InvalidFile"`)
	require.Contains(t, a.text, "dc1.yaml:4:1: the file: unknown key y")

	clash := strings.Replace(siteText, "networks: {blue: }", "networks: {blue: , red: }", 1) + "  - {gateway: gw1, network: red, vlan: 100}\n"
	p := planOf(t, s, clash, nil)
	require.Equal(t, site.Preflight, p.Refused.Code)
	require.Contains(t, p.Refused.Message, "dc1.yaml:10: connection gw1 red: Duplicate segmentation ID")
	require.Equal(t, http.StatusUnprocessableEntity, s.do("POST", "/v1/site/apply", siteOrder(t, clash, nil)).status)

	s.do("POST", "/v2.0/networks", `{"network":{"name":"blue","managed_by":"site:dc2"}}`)
	a = s.do("POST", "/v1/site/apply", siteOrder(t, siteText, nil))
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Contains(t, a.text, "network blue is owned by site dc2: --take-over")
	require.Equal(t, http.StatusOK, s.do("POST", "/v1/site/apply", siteOrder(t, siteText, map[string]any{"take_over": true})).status)
}

func TestSitePolicy(t *testing.T) {
	s := newService(t, withHeaders).as("u", "p", "member")
	for _, path := range []string{"/v1/site/plan", "/v1/site/apply"} {
		s.do("POST", path, "{}").refused(403, "AdminRequired", "User does not have admin privileges: Cannot POST resource for non admin tenant.")
	}
}

// TestSiteOrderIsRead: a token that is misspelt is not taken for none, and no order has values that it can not have.
func TestSiteOrderIsRead(t *testing.T) {
	s := newService(t)
	for name, more := range map[string]map[string]any{
		"tokn":       {"tokn": "x"},
		"max_delete": {"max_delete": 101},
		"allow":      {"allow": []string{"foo"}},
	} {
		a := s.do("POST", "/v1/site/apply", siteOrder(t, siteText, more))
		require.Equal(t, http.StatusBadRequest, a.status, name)
		require.Contains(t, a.text, name)
	}
	for _, body := range []string{"", `{"tokn":"x"}`, `{"token":"x","token":""}`, `{"token":"x"}{}`, `{"max_delete":-1}`} {
		require.Equal(t, http.StatusBadRequest, s.do("POST", "/v1/revisions/0/apply", body).status, body)
	}
	require.Zero(t, s.store.Definitions().Devices.Len())
}

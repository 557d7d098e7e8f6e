package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/site"
)

type revisionsAnswer struct {
	Revisions []struct {
		Revision                  uint64
		User, Kind, Site, What    string
		To                        uint64
		Created, Changed, Deleted int
	}
	Next *string
}

func (s *service) revisions(query string) (out revisionsAnswer) {
	a := s.do("GET", "/v1/revisions"+query, "")
	require.Equal(s.tb, http.StatusOK, a.status, a.text)
	require.NoError(s.tb, json.Unmarshal([]byte(a.text), &out))
	return out
}

func (s *service) site() string { return s.do("GET", "/v1/site?all=true&ids=true", "").text }

// rolledBack asks for a rollback, or its plan.
func (s *service) rolledBack(to uint64, what, body string) answer {
	return s.do("POST", fmt.Sprintf("/v1/revisions/%d/%s", to, what), body)
}

func TestRevisions(t *testing.T) {
	s := newService(t)
	s.do("POST", "/v2.0/networks", `{"network":{"id":"n1","name":"blue"}}`)
	first := s.site()
	a := s.do("POST", "/v1/site/apply", siteOrder(t, strings.Replace(siteText, "{blue: }", "{red: }", 1), nil))
	require.Equal(t, http.StatusBadRequest, a.status, "the connection needs blue")
	a = s.do("POST", "/v1/site/apply", siteOrder(t, siteText, nil))
	require.Equal(t, http.StatusOK, a.status, a.text)
	s.do("PUT", "/v2.0/networks/n1", `{"network":{"name":"azure"}}`)

	all := s.revisions("")
	require.Len(t, all.Revisions, 3)
	require.Nil(t, all.Next)
	require.Equal(t, "network azure changed", all.Revisions[0].What)
	require.Equal(t, "apply site dc1: 3 created, 1 changed", all.Revisions[1].What)
	require.Equal(t, []string{"apply", "dc1"}, []string{all.Revisions[1].Kind, all.Revisions[1].Site})
	require.Equal(t, "change", all.Revisions[2].Kind)
	require.Contains(t, a.text, fmt.Sprintf(`"revision":%d`, all.Revisions[1].Revision), "apply says its number")
	page := s.revisions("?limit=1")
	require.Len(t, page.Revisions, 1)
	require.Len(t, s.revisions("?limit=5&marker="+*page.Next).Revisions, 2)
	require.Len(t, s.revisions("?object=network/blue").Revisions, 3)
	require.Len(t, s.revisions("?object=device/sw1").Revisions, 1)
	require.Empty(t, s.revisions("?object=quota/x").Revisions)
	require.Len(t, s.revisions("?user=anonymous&since=2020-01-01T00:00:00Z&until=2120-01-01T00:00:00Z").Revisions, 3)
	require.Empty(t, s.revisions("?user=bob").Revisions)
	require.Empty(t, s.revisions("?until=2020-01-01T00:00:00Z").Revisions)
	var of []uint64
	for marker := ""; ; {
		page := s.revisions("?object=network/blue&limit=1" + marker)
		of = append(of, page.Revisions[0].Revision)
		if page.Next == nil {
			break
		}
		require.Equal(t, "r", (*page.Next)[:1], "it is more than a number")
		marker = "&marker=" + *page.Next
	}
	require.Equal(t, []uint64{all.Revisions[0].Revision, all.Revisions[1].Revision, all.Revisions[2].Revision}, of)

	shown := s.do("GET", fmt.Sprint("/v1/revisions/", all.Revisions[0].Revision), "").text
	require.Contains(t, shown, `"changes":[{"action":"update","kind":"network","name":"azure","project":"default","fields":[{"name":"name","from":"blue","to":"azure"}]}]`)
	shown = s.do("GET", fmt.Sprint("/v1/revisions/", all.Revisions[1].Revision), "").text
	require.Contains(t, shown, `{"action":"create","kind":"connection","name":"gw1 blue","project":"default","fields":[{"name":"vlan","from":"","to":"100"}]}`)

	require.Equal(t, first, s.do("GET", fmt.Sprintf("/v1/site?all=true&ids=true&at=%d", all.Revisions[2].Revision), "").text)
	require.Contains(t, s.do("GET", fmt.Sprintf("/v1/site?site=dc1&at=%d", all.Revisions[1].Revision), "").text, "- {gateway: gw1, network: blue, vlan: 100}\n")
	s.do("GET", "/v1/site?all=true&at=x", "").refused(400, "HTTPBadRequest", "Invalid input for at. Reason: 'x' is not the number of a revision.")
	s.do("GET", "/v1/site?all=true&at=99", "").refused(404, "RevisionNotFound", fmt.Sprintf("There is no revision 99: the last change of definitions is %d.", all.Revisions[0].Revision))
	s.do("GET", "/v1/revisions/2", "").refused(404, "RevisionNotFound", "There is no revision 2: the records 2 to 5 are one change, revision 5.")
	s.do("GET", "/v1/revisions?object=blue", "").refused(400, "HTTPBadRequest", "Invalid input for object. Reason: 'blue' is not KIND/NAME with a KIND of network, device, gateway, connection, quota.")
	for _, query := range []string{"marker=0", "marker=rx", "marker=r%21", "since=yesterday", "until=x"} {
		require.Equal(t, http.StatusBadRequest, s.do("GET", "/v1/revisions?"+query, "").status)
	}
	s.do("POST", "/v2.0/networks", `{"network":{"id":"n2"}}`)
	s.do("PUT", "/v1/networks/n2/endpoints/neutron", `{"endpoints":[{"vtep_address":"192.0.2.9","macs":[]}]}`)
	last := s.store.LastAudit()
	s.do("GET", fmt.Sprint("/v1/revisions/", last+1), "").refused(404, "RevisionNotFound", fmt.Sprintf("There is no revision %d: the last change of definitions is %d.", last+1, last-1))
	s.do("GET", fmt.Sprint("/v1/revisions/", last), "").refused(404, "RevisionNotFound", fmt.Sprintf("There is no revision %d: the last one before it is %d.", last, last-1))
	require.Equal(t, http.StatusMethodNotAllowed, s.do("GET", "/v1/revisions/2/apply", "").status)
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v1/revisions/2/x", "").status)
}

func TestRollback(t *testing.T) {
	s := newService(t)
	s.do("POST", "/v1/site/apply", siteOrder(t, siteText, nil))
	to := s.revisions("").Revisions[0].Revision
	was := s.site()
	for n := range 9 {
		s.network(fmt.Sprint("n", n))
	}
	s.do("POST", "/v1/site/apply", siteOrder(t, strings.Replace(siteText, "vlan: 100", "vlan: 200", 1), nil))

	a := s.rolledBack(to, "plan", "{}")
	require.Equal(t, http.StatusOK, a.status, a.text)
	var p struct {
		To uint64
		site.Plan
	}
	require.NoError(t, json.Unmarshal([]byte(a.text), &p))
	require.Equal(t, to, p.To)
	require.Len(t, p.Changes, 10)
	require.Equal(t, site.Replace, p.Changes[9].Action)
	require.Equal(t, "deletes 9 of 13 objects (70 %), allowed are 20 %: --max-delete 70", p.Refused.Message)
	a = s.rolledBack(to, "apply", "{}")
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Contains(t, a.text, `"code":"TooManyDeletions"`)

	a = s.rolledBack(to, "plan", `{"max_delete":70}`)
	require.NoError(t, json.Unmarshal([]byte(a.text), &p))
	s.network("late")
	order := fmt.Sprintf(`{"max_delete":70,"token":%q}`, p.Token)
	a = s.rolledBack(to, "apply", order)
	require.Equal(t, http.StatusConflict, a.status, a.text)
	require.Contains(t, a.text, `"code":"PlanStale"`)
	require.Contains(t, a.text, "definitions that the plan read have changed")
	require.Contains(t, a.text, "network late (")
	require.NotContains(t, a.text, "network n8", "it was there when the plan was made")

	a = s.rolledBack(to, "plan", `{"max_delete":80}`)
	p.Refused = nil
	require.NoError(t, json.Unmarshal([]byte(a.text), &p))
	require.Nil(t, p.Refused)
	a = s.rolledBack(to, "apply", fmt.Sprintf(`{"max_delete":80,"token":%q}`, p.Token))
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.Equal(t, was, s.site())
	last := s.revisions("").Revisions[0]
	require.Equal(t, fmt.Sprintf("rolled back to %d: 1 changed, 10 deleted", to), last.What)
	require.Contains(t, a.text, fmt.Sprintf(`"to":%d,"revision":%d,`, to, last.Revision))
	again := s.rolledBack(to, "apply", "{}")
	require.Contains(t, again.text, `"revision":0`)
	require.Equal(t, last.Revision, s.revisions("").Revisions[0].Revision, "nothing to do is no revision")

	s.rolledBack(9999, "plan", "{}").refused(404, "RevisionNotFound", fmt.Sprintf("There is no revision 9999: the last change of definitions is %d.", last.Revision))
	require.Equal(t, http.StatusBadRequest, s.rolledBack(to, "plan", "{").status)
}

// TestRollbackOfWhatIsTaken: a VNI that another network has, or may still have on a switch, is named.
func TestRollbackOfWhatIsTaken(t *testing.T) {
	s := newService(t)
	s.do("POST", "/v2.0/networks", `{"network":{"id":"n1","name":"blue","provider:segmentation_id":500}}`)
	s.do("DELETE", "/v2.0/networks/n1", "")
	hw := s.hardware("leaf", "192.0.2.1")
	s.do("POST", "/v2.0/networks", `{"network":{"id":"n2","name":"red","provider:segmentation_id":500}}`)
	g := s.create(gatewaysPath, "l2_gateway", `{"name":"rack","devices":[{"device_name":"leaf","interfaces":[{"name":"p1"}]}]}`)
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+g+`","network_id":"n2","segmentation_id":7}`)
	s.seen(hw, model.SwitchInventory{Name: "leaf", Ports: []model.PortInventory{{Name: "p1"}}})
	a := s.rolledBack(1, "apply", `{"max_delete":100}`)
	require.Equal(t, http.StatusUnprocessableEntity, a.status, a.text)
	require.Contains(t, a.text, `"code":"RuleRefused"`)
	require.Contains(t, a.text, "E03 revision 1: network blue: VNI 500 belonged to the deleted network red")
	require.Equal(t, 1, s.store.Definitions().Networks.Len())
}

func TestRevisionPolicy(t *testing.T) {
	s := newService(t, withHeaders).as("u", "p", "member")
	const refused = "User does not have admin privileges: Cannot %s resource for non admin tenant."
	s.do("GET", "/v1/revisions", "").refused(403, "AdminRequired", fmt.Sprintf(refused, "GET"))
	s.do("GET", "/v1/revisions/1", "").refused(403, "AdminRequired", fmt.Sprintf(refused, "GET"))
	for _, path := range []string{"/v1/revisions/1/plan", "/v1/revisions/1/apply"} {
		s.do("POST", path, "{}").refused(403, "AdminRequired", fmt.Sprintf(refused, "POST"))
	}
}

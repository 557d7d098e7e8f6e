package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"bordergw/api"
	"bordergw/internal/golden"

	"github.com/stretchr/testify/require"
)

// different lists every exchange that we answer differently, and why. The test
// fails when one of them matches, so that the list stays true.
var different = map[string]string{
	"discovery/02-v2":                        "quirk: served as /v2.0/",
	"discovery/03-v2-slash":                  "no Neutron core here: the index lists what we serve",
	"discovery/04-extensions":                "no Neutron core here: only our extensions, see TestGoldenExtensions",
	"discovery/07-ext-unknown":               "quirk: a NeutronError instead of a body without one",
	"discovery/09-unknown-version":           "quirk: a NeutronError instead of a body without one",
	"gw-create-bad/11-device-name-number":    "quirk: a switch name must be a string",
	"gw-create-bad/19-interface-name-number": "quirk: a port name must be a string",
	"gw-create-bad/28-seg-float":             "quirk: a VLAN must be an integer",
	"gw-create-bad/44-border-gw-device-id":   "border: our extension; the device is looked up, 404 GatewayDeviceNotFound",
	"gw-create-bad/45-border-gw-dash":        "border: our extension; the device is looked up, 404 GatewayDeviceNotFound",
	"gw-create-bad/63-list-after":            "quirk: lists the gateways of the three quirks above too",
	"gw-read/32-sort-name-asc":               "sorting works here",
	"gw-read/33-sort-name-desc":              "sorting works here",
	"gw-read/35-sort-bad-dir":                "sorting works here: the direction is refused, not the key",
	"gw-read/37-limit-1":                     "sorting works here",
	"gw-read/38-limit-1-marker":              "sorting works here",
	"gw-read/39-limit-1-reverse":             "sorting works here",
	"gw-create-bad/39-id-given":              "administrators may choose the id here: a program that keeps the same objects repeats a request safely",
	"gw-read/45-options-list":                "quirk: OPTIONS is 405",
	"gw-read/54-v2-path":                     "quirk: the border gateway's specification writes /v2, which we serve",
}

func TestGolden(t *testing.T) {
	groups := map[string]*golden.Player{}
	matched := 0
	for _, x := range readGolden(t) {
		p := groups[x.Group]
		if p == nil {
			p = newPlayer(t, x)
			groups[x.Group] = p
		}
		t.Run(x.ID, func(t *testing.T) {
			err := p.Play(x)
			if why, listed := different[x.ID]; listed {
				require.Error(t, err, "matches now, although listed as different: %s", why)
				return
			}
			require.NoError(t, err)
			matched++
		})
	}
	t.Logf("%d exchanges match, %d are listed as different", matched, len(different))
}

func readGolden(t *testing.T) []golden.Exchange {
	xs, err := golden.Read("../testdata/golden/neutron.jsonl")
	require.NoError(t, err)
	return xs
}

// newPlayer plays a group that begins with this exchange against a service of its own.
func newPlayer(t *testing.T, first golden.Exchange) *golden.Player {
	s := newService(t, func(c *api.Config) { c.Auth = api.TrustedHeaders{} })
	s.header = http.Header{"X-User-Id": {"admin"}, "X-Project-Id": {"rig-project"}, "X-Roles": {"admin,member,reader"}}
	s.switches()
	vars := map[string]string{"base": "http://127.0.0.1:9696"}
	for n := 1; n <= first.Nets; n++ {
		name := fmt.Sprintf("net%d", n)
		vars[name] = s.network(name)
	}
	return &golden.Player{Vars: vars, Send: func(r golden.Request) (golden.Answer, error) {
		s.header = r.Header
		a := s.do(r.Method, r.Path, r.Body)
		return golden.Answer{Status: a.status, Text: a.text}, nil
	}}
}

// TestGoldenExtensions compares the records that clients look for.
func TestGoldenExtensions(t *testing.T) {
	all := func(body string) map[any]any {
		var v struct{ Extensions []map[string]any }
		require.NoError(t, json.Unmarshal([]byte(body), &v))
		out := map[any]any{}
		for _, e := range v.Extensions {
			out[e["alias"]] = e
		}
		return out
	}
	ours := all(newService(t).do("GET", "/v2.0/extensions", "").text)
	for _, x := range readGolden(t) {
		if x.ID == "discovery/04-extensions" {
			theirs := all(x.Resp)
			for _, alias := range []string{"l2-gateway", "l2-gateway-connection", "provider", "pagination", "sorting", "project-id"} {
				require.NotNil(t, ours[alias])
				require.Equal(t, theirs[alias], ours[alias])
			}
			return
		}
	}
	t.Fatal("no recorded list of extensions")
}

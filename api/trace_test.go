package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/model"
)

// TestTraceEnds: hosts may be given in several ways.
func TestTraceEnds(t *testing.T) {
	s, _, _ := macService(t)
	vlan := func(n model.VLAN) *model.VLAN { return &n }
	mac := model.MAC{2, 0, 0, 0, 0, 0x0a}
	s.status.reported, s.status.hosts = true, []model.MACKey{{Network: "n", MAC: mac}}
	for text, want := range map[string]model.TraceEnd{
		"0200.0000.000A":    {Name: mac.String(), MAC: mac},
		"192.0.2.7":         {Name: mac.String(), MAC: mac},
		"sw1:p1":            {Name: "sw1:p1", Switch: "sw1", Port: "p1"},
		"sw1:p1:10":         {Name: "sw1:p1:10", Switch: "sw1", Port: "p1", VLAN: vlan(10)},
		"sw1:p1:untagged":   {Name: "sw1:p1:untagged", Switch: "sw1", Port: "p1", VLAN: vlan(0)},
		"sw1:eth0:1/2":      {Name: "sw1:eth0:1/2", Switch: "sw1", Port: "eth0:1/2"},
		"sw1:eth0:1/2:4094": {Name: "sw1:eth0:1/2:4094", Switch: "sw1", Port: "eth0:1/2", VLAN: vlan(4094)},
	} {
		s.status.traced = nil
		a := s.do("GET", "/v1/trace?network=blue&to=02:00:00:00:00:0b&from="+url.QueryEscape(text), "")
		require.Equal(t, http.StatusOK, a.status, a.text)
		require.Equal(t, want, s.status.traced[0], text)
	}
	for _, bad := range []string{"", "sw1", "sw1:", ":p1", "2001:db8::1"} {
		a := s.do("GET", "/v1/trace?network=blue&to=02:00:00:00:00:0b&from="+url.QueryEscape(bad), "")
		require.Equal(t, http.StatusBadRequest, a.status, "%q: %s", bad, a.text)
	}
	s.status.hosts = append(s.status.hosts, model.MACKey{Network: "n", MAC: model.MAC{2, 0, 0, 0, 0, 0x0c}})
	require.Contains(t, s.do("GET", "/v1/trace?network=blue&to=02:00:00:00:00:0b&from=192.0.2.7", "").text, "2 MACs have the address 192.0.2.7")
}

// TestTraceNetwork: the network may be left out if only one can be meant.
func TestTraceNetwork(t *testing.T) {
	s, _, net := macService(t)
	const query = "/v1/trace?from=02:00:00:00:00:0a&to=02:00:00:00:00:0b"
	a := s.do("GET", query, "")
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.Equal(t, net, a.json()["network"].(map[string]any)["id"])
	require.Contains(t, s.do("GET", "/v1/trace?from=sw1:p1&to=02:00:00:00:00:0b", "").text, "has to be said")
	require.Equal(t, http.StatusNotFound, s.do("GET", query+"&network=red", "").status)
	other := s.status.macs.Entries[0]
	other.Network = model.Named{ID: "other", Name: "red"}
	s.status.macs.Entries = append(s.status.macs.Entries, other)
	require.Contains(t, s.do("GET", query, "").text, "in the networks blue, red: say which")
	s.status.macs.Entries = nil
	require.Contains(t, s.do("GET", query, "").text, "is in no network now")
}

// TestTraceWords: the description has the words that an answer uses.
func TestTraceWords(t *testing.T) {
	text, err := api.OpenAPI()
	require.NoError(t, err)
	for _, words := range [][]string{model.TraceVerdicts, model.HopStates} {
		list, err := json.MarshalIndent(words, "", "")
		require.NoError(t, err)
		flat := strings.Join(strings.Fields(string(text)), "")
		require.Contains(t, flat, `"enum":`+strings.Join(strings.Fields(string(list)), ""))
	}
}

package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/model"
)

// places is what a history keeps of MACs.
type places struct {
	of   []model.FormerPlace
	kept model.PlacesKept
}

func (p *places) Places(model.MAC, string) ([]model.FormerPlace, error) { return p.of, nil }
func (p *places) Kept() (model.PlacesKept, error)                       { return p.kept, nil }
func (p *places) Present(keys []model.MACKey) (map[model.MACKey]model.FormerPlace, error) {
	out := map[model.MACKey]model.FormerPlace{}
	for _, k := range keys {
		for _, at := range p.of {
			if at.Network == k.Network && at.To.IsZero() {
				out[k] = at
			}
		}
	}
	return out, nil
}

// macService has a network called blue, and a history in which a MAC has moved from switch a to b.
func macService(t *testing.T) (*service, *history, string) {
	h := &history{}
	s := newService(t, func(c *api.Config) { c.History = h })
	n, err := s.store.CreateNetwork(t.Context(), model.Network{Name: "blue"})
	require.NoError(t, err)
	h.kept.Since = hour(0)
	h.of = []model.FormerPlace{
		{Network: n.ID, From: hour(1), To: hour(2), Device: "a", Endpoint: model.VTEPAddress{10, 0, 0, 1}},
		{Network: n.ID, From: hour(2), Device: "b", Endpoint: model.VTEPAddress{10, 0, 0, 2}, Moved: true},
	}
	s.status.programmed = []model.ProgrammedOn{{Device: model.Named{ID: "a", Name: "sw1"}, Reason: "is being written"}}
	s.status.macs = model.MACPage{Total: 1, Entries: []model.MACEntry{{
		MAC: model.MAC{2, 0, 0, 0, 0, 10}, Network: model.Named{ID: n.ID, Name: "blue"}, Device: &model.Named{ID: "b", Name: "sw2"},
		Endpoint: model.VTEPAddress{10, 0, 0, 2}, Ports: []model.BoundPort{}, Source: model.MACLocal, Since: hour(5), Moves: 1, State: model.MACOK, Others: []model.OtherPlace{},
	}}}
	return s, h, n.ID
}

func hour(n int) time.Time { return time.Date(2026, 11, 29, n, 0, 0, 0, time.UTC) }

func TestMACList(t *testing.T) {
	s, _, net := macService(t)
	s.status.macs.Next, s.status.macs.Total = "abc", 7
	a := s.do("GET", "/v1/macs?network=blue&q=02:0&state=ok&sort=-since&limit=5&marker=m", "")
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.Equal(t, []any{model.MACQuery{
		First: model.MAC{2}, Last: model.MAC{2, 0x0f, 0xff, 0xff, 0xff, 0xff}, Network: net, State: "ok", NewestFirst: true, After: "m", Limit: 5,
	}}, s.status.asked)
	require.Equal(t, "abc", a.json()["next"])
	require.EqualValues(t, 7, a.json()["total"])
	require.Equal(t, []any{"2026-11-29T02:00:00Z"}, a.list("macs", "since"), "the history knows it from before the start")

	s.do("GET", "/v1/macs?mac=0200.0000.000A", "")
	require.Equal(t, []any{model.MACQuery{First: model.MAC{2, 0, 0, 0, 0, 10}, Last: model.MAC{2, 0, 0, 0, 0, 10}, Limit: 100}}, s.status.asked)
	for _, bad := range []string{"mac=x", "q=0g", "q=02:00:00:00:00:0a:0", "q=:", "state=x", "sort=since", "limit=0", "limit=1001", "ip=x", "ip=::1"} {
		require.Equal(t, http.StatusBadRequest, s.do("GET", "/v1/macs?"+bad, "").status, bad)
	}
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v1/macs?network=red", "").status)
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v1/macs?device=sw9", "").status)
	_, err := s.store.CreateNetwork(t.Context(), model.Network{Name: "blue"})
	require.NoError(t, err)
	require.Contains(t, s.do("GET", "/v1/macs?network=blue", "").text, "several are called 'blue': use an id")

	a = s.do("GET", "/v1/macs?ip=192.0.2.7", "")
	require.Equal(t, http.StatusNotFound, a.status)
	require.Contains(t, a.text, "no switch reports IP addresses")
	s.status.reported, s.status.hosts = true, []model.MACKey{{Network: net}}
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/macs?ip=192.0.2.7", "").status)
	require.Equal(t, map[model.MACKey]bool{{Network: net}: true}, s.status.asked[0].(model.MACQuery).Hosts)
}

func TestMACHistory(t *testing.T) {
	s, h, net := macService(t)
	const path = "/v1/macs/02-00-00-00-00-0a"
	detail := func(query string) map[string]any {
		a := s.do("GET", path+query, "")
		require.Equal(t, http.StatusOK, a.status, a.text)
		require.Len(t, a.json()["macs"], 1)
		return a.json()["macs"].([]any)[0].(map[string]any)
	}
	m := detail("?history=1")
	require.Equal(t, "ok", m["state"])
	require.Equal(t, []any{map[string]any{"device": map[string]any{"id": "a", "name": "sw1"}, "has": false, "reason": "is being written"}}, m["programmed"])
	require.Equal(t, []any{
		map[string]any{"from": "2026-11-29T02:00:00Z", "to": nil, "device": map[string]any{"id": "b", "name": "b"}, "endpoint": "10.0.0.2", "how": "moved"},
		map[string]any{"from": "2026-11-29T01:00:00Z", "to": "2026-11-29T02:00:00Z", "device": map[string]any{"id": "a", "name": "a"}, "endpoint": "10.0.0.1", "how": "learned"},
	}, m["history"])
	require.Empty(t, detail("")["history"])

	m = detail("?at=2026-11-29T01:30:00Z")
	require.Equal(t, []any{"ok", "a"}, []any{m["state"], m["device"].(map[string]any)["id"]})
	require.Equal(t, "b", detail("?at=2026-11-29T02:00:00Z")["device"].(map[string]any)["id"])
	require.Equal(t, "gone", detail("?at=2026-11-29T00:30:00Z")["state"])
	require.Equal(t, http.StatusGone, s.do("GET", path+"?at=2026-11-28T23:00:00Z", "").status)
	require.Equal(t, http.StatusBadRequest, s.do("GET", path+"?at=yesterday", "").status)

	s.status.macs, h.of[1].To = model.MACPage{}, hour(3)
	m = detail("?network=" + net)
	require.Equal(t, []any{"gone", nil, "2026-11-29T03:00:00Z"}, []any{m["state"], m["device"], m["since"]})
	h.of, h.kept.Days = nil, 30
	require.JSONEq(t, `{"macs":[],"history_since":"2026-11-29T00:00:00Z","history_days":30}`, s.do("GET", path, "").text)

	s = newService(t)
	require.JSONEq(t, `{"macs":[],"history_since":null,"history_days":0}`, s.do("GET", path, "").text)
	require.Equal(t, http.StatusGone, s.do("GET", path+"?at=2026-11-29T02:00:00Z", "").status)
	require.Equal(t, http.StatusBadRequest, s.do("GET", "/v1/macs/x", "").status)
}

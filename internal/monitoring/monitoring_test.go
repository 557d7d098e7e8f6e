package monitoring_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/monitoring"
)

// server plays a Prometheus that gives these answers, by path.
func server(t *testing.T, answers map[string]string) monitoring.Prometheus {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if data, ok := answers[r.URL.Path+"?"+r.URL.Query().Get("query")]; ok {
			_, _ = w.Write([]byte(`{"status":"success","data":` + data + `}`))
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"status":"error","error":"parse error"}`))
	}))
	t.Cleanup(s.Close)
	return monitoring.Prometheus(s.URL)
}

func TestUnfiltered(t *testing.T) {
	for expr, want := range map[string]string{
		`up{job="bordergw"} == 0`:                        `up{job="bordergw"}`,
		`(max_over_time(a{p!="1"}[5m]) == 1) * on (x) b`: `(max_over_time(a{p!="1"}[5m])) * on (x) b`,
		`a - time() < 14 * 86400`:                        `a - time()`,
		`rate(a{code=~"5..", route!~"/r"}[5m]) > 0.1`:    `rate(a{code=~"5..", route!~"/r"}[5m])`,
		`histogram_quantile(0.99, a)`:                    `histogram_quantile(0.99, a)`,
	} {
		require.Equal(t, want, monitoring.Unfiltered(expr))
	}
}

func TestScrapes(t *testing.T) {
	for targets, want := range map[string]string{
		`[]`: "no target of job bordergw",
		`[{"labels":{"job":"node"},"health":"up"}]`:                                                          "no target of job bordergw",
		`[{"labels":{"job":"bordergw"},"scrapeUrl":"http://c:1/metrics","health":"down","lastError":"EOF"}]`: "target http://c:1/metrics is down: EOF",
		`[{"labels":{"job":"bordergw"},"health":"up"},{"labels":{"job":"node"},"health":"down"}]`:            "",
	} {
		says(t, want, server(t, map[string]string{"/api/v1/targets?": `{"activeTargets":` + targets + `}`}).Scrapes())
	}
	says(t, "prometheus, targets: 400 Bad Request: parse error", server(t, nil).Scrapes())
}

func TestLoaded(t *testing.T) {
	alerts := []monitoring.Alert{{Name: "A"}, {Name: "B"}}
	for rules, want := range map[string]string{
		`{"name":"A","health":"ok"}`: "rule B is not loaded",
		`{"name":"A","health":"ok"},{"name":"B","health":"err","lastError":"many-to-many"}`: "rule B is err: many-to-many",
		`{"name":"A","health":"ok"},{"name":"B","health":"ok"}`:                             "",
	} {
		says(t, want, server(t, map[string]string{"/api/v1/rules?": `{"groups":[{"rules":[` + rules + `]}]}`}).Loaded(alerts))
	}
}

func TestAnswers(t *testing.T) {
	p := server(t, map[string]string{"/api/v1/query?much": `{"result":[1,2]}`, "/api/v1/query?none": `{"result":[]}`})
	ask := func(expr string) []monitoring.Question { return []monitoring.Question{{Of: "panel X", Expr: expr}} }
	none := regexp.MustCompile("none")
	says(t, "", p.Answers(ask("much > 3"), nil))
	says(t, "panel X: no data for none > 3", p.Answers(ask("none > 3"), nil))
	says(t, "", p.Answers(ask("none > 3"), none))
	says(t, "panel X: there is data for much, which is to have none", p.Answers(ask("much"), regexp.MustCompile("much")))
	says(t, "panel X: bad(: prometheus, query: 400 Bad Request: parse error", p.Answers(ask("bad("), none))
}

func TestAlerts(t *testing.T) {
	p := server(t, map[string]string{"/api/v1/rules?": `{"groups":[{"rules":[{"name":"A","alerts":[{"state":"pending","annotations":{"summary":"switch sw2 is away"}}]}]}]}`})
	require.NoError(t, p.Alerts("A", "sw2"))
	require.ErrorContains(t, p.Alerts("A", "sw3"), `alert A is not active with "sw3"`)
	require.ErrorContains(t, p.Alerts("B", ""), "alert B is not active")
}

// says compares an error with its text, "" for none.
func says(t *testing.T, want string, err error) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.EqualError(t, err, want)
}

package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

const csp = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// TestEveryPage: each is whole, and has the headers that keep others out.
func TestEveryPage(t *testing.T) {
	s := newService(t)
	for _, path := range append(s.world("blue").pages(), "/ui/nowhere", "/ui/events", "/ui/switches/unknown", "/ui/static/app.js") {
		w := s.get(path)
		h := w.Header()
		require.Equal(t, csp, h.Get("Content-Security-Policy"), path)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "same-origin", h.Get("Referrer-Policy"), path)
		if strings.HasPrefix(path, "/ui/static/") {
			continue
		}
		require.Equal(t, "no-store", h.Get("Cache-Control"), path)
		require.Equal(t, "text/html; charset=utf-8", h.Get("Content-Type"), path)
		wholePage(t, path, w.Body.String())
	}
}

// wholePage: one heading, landmarks, captions, no script and no style within the page.
func wholePage(t *testing.T, path, text string) {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, "<h1>"), path)
	for _, once := range []string{"<main", "<header>", "<footer>", `role="search"`, "</html>"} {
		require.Equal(t, 1, strings.Count(text, once), "%s: %s", path, once)
	}
	require.Equal(t, strings.Count(text, "<table"), strings.Count(text, "<caption"), path)
	require.NotRegexp(t, `<script>|<script [^s]|<style| style="| on[a-z]+="`, text, path)
	require.NotRegexp(t, `(src|href)="(https?:)?//`, text, path)
}

// TestPagesOfNothing: without anything defined all lists say so.
func TestPagesOfNothing(t *testing.T) {
	s := newService(t)
	for path, says := range map[string]string{
		"/ui/": "No switch is registered.", "/ui/switches": "No switch.", "/ui/networks": "No network.", "/ui/connections": "No connection.",
		"/ui/macs": "No MAC.", "/ui/revisions": "No revision.", "/ui/search?q=blue": "Nothing is called so.",
	} {
		require.Contains(t, s.sees(path), says, path)
	}
}

func TestUnknownPage(t *testing.T) {
	s := newService(t)
	for path, says := range map[string]string{
		"/ui/nowhere": "There is no page /ui/nowhere.", "/ui/switches/x": "Gateway device x does not exist", "/ui/networks/x": "could not be found",
		"/ui/connections/x": "There is no connection x.", "/ui/revisions/77": "77", "/ui/static/": "There is no page /ui/static/.",
	} {
		w := s.get(path)
		require.Equal(t, http.StatusNotFound, w.Code, path)
		require.Contains(t, html.UnescapeString(w.Body.String()), says, path)
		require.Contains(t, w.Body.String(), `data-page="error"`, path)
	}
}

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7}}`

// TestHostileStrings: what operators and switches call things is text and nothing else, wherever it is shown.
func TestHostileStrings(t *testing.T) {
	s := newService(t)
	w := s.world(hostile)
	s.loop.hostile(w)
	for _, path := range append(w.pages(), "/ui/search?q="+url.QueryEscape(hostile), "/ui/nowhere/"+url.PathEscape(hostile), "/ui/macs/"+url.PathEscape(hostile)) {
		inert(t, path, s.get(path))
	}
	inert(t, "plan", s.plan("bordergw: 1\nsite: dc1\nnetworks:\n  '"+strings.ReplaceAll(hostile, "'", "''")+"':\n"))
	inert(t, "bad plan", s.plan(hostile))
	for _, path := range []string{"/ui/", "/ui/switches/" + w.device, "/ui/networks/" + w.network, "/ui/connections/" + w.connection} {
		require.Contains(t, html.UnescapeString(s.sees(path)), hostile, "it is shown nevertheless")
	}
}

// inert: no element and no attribute comes of the hostile text.
func inert(t *testing.T, path string, w *httptest.ResponseRecorder) {
	t.Helper()
	text := w.Body.String()
	for _, bad := range []string{"<script>alert", "<img", "{{"} {
		require.NotContains(t, strings.ReplaceAll(text, "{{7}}", ""), bad, path)
	}
	for _, tag := range regexp.MustCompile(`<[a-z][^>]*>`).FindAllString(text, -1) {
		require.NotRegexp(t, `^<[^"]*("[^"]*"[^"]*)*onerror=`, regexp.MustCompile(`"[^"]*"`).ReplaceAllString(tag, `""`), path)
	}
}

// hostile has the loop say hostile things of everything.
func (l *loop) hostile(w world) {
	now := time.Now()
	bad := model.Condition{Type: model.Reachable, True: true, Since: now, Reason: hostile, Message: hostile}
	l.device = model.DeviceStatus{Phase: model.DeviceDegraded, Detail: hostile, LastError: hostile, Conditions: []model.Condition{bad}}
	l.connection = model.ConnectionStatus{State: model.ConnectionError, Detail: hostile, Conditions: []model.Condition{{Type: model.Programmed, Since: now, Reason: hostile, Message: hostile}}}
	l.report = model.DeviceReport{Name: hostile, Endpoint: hostile, SchemaVersion: hostile, Switches: []model.SwitchInventory{{
		Name: hostile, Faults: []string{hostile}, Ports: []model.PortInventory{{Name: hostile, Faults: []string{hostile}}}}}}
	l.overview = model.Overview{Devices: map[string]int{model.DeviceDegraded: 1}, Ready: hostile,
		Attention:      []model.Attention{{Kind: model.KindDevice, ID: w.device, Name: hostile, Status: model.DeviceDegraded, Since: now, Message: hostile}},
		AttentionTotal: 1,
		Sites:          []model.SiteDevices{{Name: hostile, Devices: []model.SiteDevice{{ID: w.device, Name: hostile, Status: model.DeviceDegraded, Border: true}}}, {Name: "b"}},
		Stretches:      []model.Stretch{{Sites: []string{hostile, "b"}, Networks: 1, Down: []string{hostile}}}, StretchesTotal: 1}
	l.rows = []model.LogicalSwitchRows{{Name: hostile, Owner: model.RowsForeign, Bindings: []model.BoundPort{{Switch: hostile, Port: hostile}}, Flood: []string{hostile}}}
	l.reach = model.EndpointReach{Members: []model.EndpointMember{{DeviceID: w.device, Name: hostile, Switch: hostile, Reachable: true}, {DeviceID: "x", Name: hostile}}}
	l.macs = []model.MACEntry{{MAC: model.MAC{0, 0, 0, 0, 0, 1}, Network: model.Named{ID: w.network, Name: hostile}, Device: &model.Named{ID: w.device, Name: hostile},
		Ports: []model.BoundPort{{Switch: hostile, Port: hostile}}, Source: hostile, State: model.MACOK, Since: now}}
	l.programmed = []model.ProgrammedOn{{Device: model.Named{ID: w.device, Name: hostile}, Reason: hostile}}
	l.steps = []string{hostile}
	l.trace = model.Trace{Directions: []model.TraceDirection{{From: model.TraceHost{Name: hostile}, To: model.TraceHost{Name: hostile}, Verdict: model.TraceBreaks,
		Hops: []model.TraceHop{{N: 1, Check: hostile, State: model.HopWrong, Table: hostile, Row: map[string]string{hostile: hostile}, Message: hostile, Why: hostile}}}}}
}

// TestFragment: a page that is fetched again is sent without what surrounds it.
func TestFragment(t *testing.T) {
	s := newService(t)
	s.world("blue")
	s.header.Set("X-Fragment", "main")
	text := s.sees("/ui/networks")
	require.True(t, strings.HasPrefix(text, "<h1>Networks</h1>"), text)
	require.Contains(t, text, `data-name="blue"`)
	require.NotContains(t, text, "<html")
	require.NotContains(t, text, "<header")
}

// TestPagesAreFollowed: pagers keep the filters, lead through the whole list and back, and a first page has none before it.
func TestPagesAreFollowed(t *testing.T) {
	s := newService(t)
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		s.create("/v2.0/gw/gateway_devices", fmt.Sprintf(`{"gateway_device":{"name":%q,"type":"hw_vtep","site":"x","management_ip":"192.0.2.%d",
			"management_port":6640,"management_protocol":"ovsdb"}}`, name, i+1))
	}
	link := func(text, rel string) string {
		found := regexp.MustCompile(`<a href="([^"]+)" rel="` + rel + `">`).FindStringSubmatch(text)
		if found == nil {
			return ""
		}
		return html.UnescapeString(found[1])
	}
	names := func(text string) (out string) {
		for _, found := range regexp.MustCompile(`data-kind="device" data-name="(.)"`).FindAllStringSubmatch(text, -1) {
			out += found[1]
		}
		return out
	}
	first := s.sees("/ui/switches?limit=2&site=x")
	require.Equal(t, "ab", names(first))
	require.Empty(t, link(first, "prev"))
	next := link(first, "next")
	require.Contains(t, next, "site=x")
	require.Contains(t, next, "limit=2")
	second := s.sees(next)
	require.Equal(t, "cd", names(second))
	require.Equal(t, "ab", names(s.sees(link(second, "prev"))))
	last := s.sees(link(second, "next"))
	require.Equal(t, "e", names(last))
	require.Contains(t, last, `name="site" value="x"`)
	require.Equal(t, "No switch.", regexp.MustCompile("No switch.").FindString(s.sees("/ui/switches?site=y")))
}

// TestDiscoveredSwitches are shown beside those that are registered.
func TestDiscoveredSwitches(t *testing.T) {
	s := newService(t)
	require.NotContains(t, s.sees("/ui/switches"), "not registered")
	s.loop.overview = model.Overview{Devices: map[string]int{model.DeviceDiscovered: 1}}
	s.loop.report = model.DeviceReport{Name: "stranger", Endpoint: "192.0.2.9:4711", Status: model.DeviceStatus{Phase: model.DeviceDiscovered, Detail: "who is it"}}
	text := s.sees("/ui/switches?status=DISCOVERED")
	require.Contains(t, text, `data-kind="discovered" data-name="stranger" data-status="DISCOVERED"`)
	require.Contains(t, text, "who is it")
}

// TestALargeRevisionIsCut, and says so, alone, in a comparison, and as a plan.
func TestALargeRevisionIsCut(t *testing.T) {
	s := newService(t)
	var file strings.Builder
	file.WriteString("bordergw: 1\nsite: dc1\nnetworks:\n")
	for i := range 700 {
		fmt.Fprintf(&file, "  net%d:\n", i)
	}
	planned := s.plan(file.String()).Body.String()
	require.Contains(t, planned, "700 create")
	r := httptest.NewRequest(http.MethodPost, origin+"/v1/site/apply", strings.NewReader(fmt.Sprintf(`{"file":%q}`, file.String())))
	r.Header.Set("Content-Type", "application/json")
	require.Equal(t, http.StatusOK, s.served(r).Code)
	for _, text := range []string{planned, s.sees("/ui/revisions/700"), s.sees("/ui/revisions?from=0&to=700")} {
		require.Equal(t, 500, strings.Count(text, `<li class="add">`))
		require.Contains(t, text, "and 200 changes more")
	}
}

// TestTheRootIsThePagesForBrowsers, and Neutron's versions for others.
func TestTheRootIsThePagesForBrowsers(t *testing.T) {
	s := newService(t)
	require.Contains(t, s.get("/").Body.String(), "versions")
	require.Equal(t, "/ui/", s.get("/ui").Header().Get("Location"))
	s.header.Set("Accept", "text/html,application/xhtml+xml")
	w := s.get("/")
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/ui/", w.Header().Get("Location"))
}

// TestSearch goes where the only thing is that is called so.
func TestSearch(t *testing.T) {
	s := newService(t)
	w := s.world("blue")
	other := s.create("/v2.0/networks", `{"network":{"name":"red","provider:segmentation_id":7001}}`)
	for text, to := range map[string]string{
		"02:00:00:00:00:01": "/ui/macs/02:00:00:00:00:01", "02:00:5e": "/ui/macs?q=02%3A00%3A5e", "192.0.2.7": "/ui/macs?ip=192.0.2.7",
		"red": "/ui/networks/" + other, "7001": "/ui/networks/" + other, w.device: "/ui/switches/" + w.device,
	} {
		got := s.get("/ui/search?q=" + url.QueryEscape(text))
		require.Equal(t, http.StatusSeeOther, got.Code, text)
		require.Equal(t, to, got.Header().Get("Location"), text)
	}
	text := s.sees("/ui/search?q=blu")
	for _, to := range []string{"/ui/switches/" + w.device, "/ui/networks/" + w.network, "/ui/connections?l2_gateway_id=" + w.gateway} {
		require.Contains(t, text, `href="`+to+`"`)
	}
}

// TestPlanPage shows what a file would change, and what is wrong with it.
func TestPlanPage(t *testing.T) {
	s := newService(t)
	w := s.plan("bordergw: 1\nsite: dc1\nnetworks:\n  blue:\n")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Contains(t, w.Body.String(), "1 create")
	require.Regexp(t, `bordergw apply -f FILE --plan [a-z0-9-]+`, w.Body.String())
	require.Contains(t, s.sees("/ui/networks"), "No network.", "nothing is stored")

	w = s.plan("bordergw: 1\nsite: dc1\nnetwork: {}\n")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "The file can not be used")
	require.Contains(t, w.Body.String(), "the file:3:")
	require.Contains(t, w.Body.String(), "network: {}", "it is there to be mended")
}

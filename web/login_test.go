package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/web"
)

// login gives a token on the page, and keeps the cookie.
func (s *service) login(token string) {
	s.t.Helper()
	w := s.post("/ui/login", url.Values{"token": {token}, "next": {"/ui/networks"}})
	require.Equal(s.t, http.StatusSeeOther, w.Code, w.Body)
	require.Equal(s.t, "/ui/networks", w.Header().Get("Location"))
	s.cookies = w.Result().Cookies()
}

// TestLogin: who is not known is sent to the login and back to the page, and sees what the token's owner may.
func TestLogin(t *testing.T) {
	s := newService(t, withTokens)
	w := s.get("/ui/networks?name=blue")
	require.Equal(t, http.StatusSeeOther, w.Code)
	to := w.Header().Get("Location")
	require.Equal(t, "/ui/login?next="+url.QueryEscape("/ui/networks?name=blue"), to)
	require.Contains(t, s.sees(to), `name="next" value="/ui/networks?name=blue"`)

	for token, says := range map[string]string{"": "Give a token.", "wrong": "Nobody has this token.", strings.Repeat("x", 17<<10): "Give a token."} {
		w = s.post("/ui/login", url.Values{"token": {token}})
		require.GreaterOrEqual(t, w.Code, 400)
		require.Contains(t, w.Body.String(), says)
		require.Empty(t, w.Result().Cookies())
	}
	s.login("secret-of-alice")
	c := s.cookies[0]
	require.True(t, c.HttpOnly)
	require.False(t, c.Secure, "behind http")
	require.Equal(t, http.SameSiteStrictMode, c.SameSite)
	require.Equal(t, "/", c.Path)
	require.Equal(t, 12*3600, c.MaxAge)
	require.Contains(t, s.sees("/ui/"), "Log out")
	require.NotContains(t, c.String(), "secret", "the cookie has not the token")
}

func TestTheCookieIsSecureBehindTLS(t *testing.T) {
	s := newService(t, withTokens)
	w := s.post("/ui/login", url.Values{"token": {"secret-of-alice"}}, "X-Forwarded-Proto", "https")
	require.True(t, w.Result().Cookies()[0].Secure)
}

func TestLogout(t *testing.T) {
	s := newService(t, withTokens)
	s.login("secret-of-alice")
	w := s.post("/ui/logout", nil)
	require.Equal(t, "/ui/login", w.Header().Get("Location"))
	require.Negative(t, w.Result().Cookies()[0].MaxAge)
	require.Equal(t, http.StatusSeeOther, s.get("/ui/").Code, "the cookie that was kept counts no longer")
	require.Equal(t, http.StatusUnauthorized, s.get("/v1/whoami").Code)
}

// TestForbiddenPageNamesTheAction that the policy does not allow.
func TestForbiddenPageNamesTheAction(t *testing.T) {
	s := newService(t, withTokens)
	s.login("secret-of-bob")
	require.Equal(t, http.StatusOK, s.get("/ui/networks").Code, "anybody has networks of his own")
	for path, action := range map[string]string{"/ui/": "get_overview", "/ui/macs": "get_mac", "/ui/trace?from=02:00:00:00:00:01&to=02:00:00:00:00:02": "trace",
		"/ui/revisions": "get_history", "/ui/connections": "get_l2_gateway_connection", "/ui/events": "get_events"} {
		w := s.get(path)
		require.Equal(t, http.StatusForbidden, w.Code, path)
		require.Contains(t, w.Body.String(), "The policy does not allow "+action+".", path)
		require.Contains(t, w.Body.String(), "Log out", path)
		allowed := newService(t, withTokens, func(c *api.Config, _ *web.Config) {
			var err error
			c.Policy, err = api.NewPolicy(map[string]string{action: "role:member"})
			require.NoError(t, err)
		})
		allowed.login("secret-of-bob")
		require.NotEqual(t, http.StatusForbidden, allowed.get(path).Code, "%s is the action of %s", action, path)
	}
}

// TestAFragmentIsRefusedWithoutASession: a script sends its reader to the login itself.
func TestAFragmentIsRefusedWithoutASession(t *testing.T) {
	s := newService(t, withTokens)
	s.header.Set("X-Fragment", "main")
	require.Equal(t, http.StatusUnauthorized, s.get("/ui/").Code)
}

// TestTheCookieReadsOnly: it counts for GET of pages and of /v1, and for nothing that another site could misuse.
func TestTheCookieReadsOnly(t *testing.T) {
	s := newService(t, withTokens)
	s.login("secret-of-alice")
	do := func(method, path string) int {
		return s.served(httptest.NewRequest(method, origin+path, strings.NewReader("{}"))).Code
	}
	require.Equal(t, http.StatusOK, do(http.MethodGet, "/v1/whoami"))
	require.Equal(t, http.StatusOK, do(http.MethodGet, "/v1/overview"))
	for _, r := range [][2]string{{"GET", "/v2.0/networks"}, {"POST", "/v2.0/networks"}, {"POST", "/v1/site/plan"}, {"POST", "/v1/site/apply"},
		{"DELETE", "/v2.0/networks/x"}, {"PUT", "/v2.0/networks/x"}, {"HEAD", "/v2.0/networks"}} {
		require.Equal(t, http.StatusUnauthorized, do(r[0], r[1]), "%v", r)
	}
	s.header.Set("X-Auth-Token", "secret-of-bob")
	var who struct{ User string }
	require.NoError(t, json.Unmarshal(s.get("/v1/whoami").Body.Bytes(), &who))
	require.Equal(t, "bob", who.User, "a token of the request's own goes first")
}

// TestFormsOfOthers: what another site has a browser send is refused.
func TestFormsOfOthers(t *testing.T) {
	s := newService(t, withTokens)
	s.login("secret-of-alice")
	for _, header := range [][]string{{"Origin", "http://evil.test"}, {"Origin", "null"}, {"Origin", ""}, {"Sec-Fetch-Site", "cross-site"}} {
		require.Equal(t, http.StatusForbidden, s.post("/ui/login", url.Values{"token": {"secret-of-bob"}}, header...).Code, "%v", header)
		require.Equal(t, http.StatusForbidden, s.post("/ui/logout", nil, header...).Code, "%v", header)
		require.Equal(t, http.StatusForbidden, s.plan("bordergw: 1\nsite: dc1\n", header...).Code, "%v", header)
	}
	require.Equal(t, http.StatusOK, s.get("/ui/").Code, "nobody was logged out")
	require.Equal(t, http.StatusOK, s.plan("bordergw: 1\nsite: dc1\n", "Sec-Fetch-Site", "same-origin").Code)
}

// TestTheLoginLeadsNowhereElse: it sends people to our pages only.
func TestTheLoginLeadsNowhereElse(t *testing.T) {
	s := newService(t, withTokens)
	for _, next := range []string{"", "//evil.test/", "https://evil.test/", "/ui/\\evil.test", "/v1/events", "/ui/login?next=/ui/", "/ui/../v1", "/ui/\r\nX: y"} {
		w := s.post("/ui/login", url.Values{"token": {"secret-of-alice"}, "next": {next}})
		require.Equal(t, "/ui/", w.Header().Get("Location"), next)
	}
}

// TestNoLoginWithoutTokens: where nobody has tokens there is no login, and a stranger's cookie is nothing.
func TestNoLoginWithoutTokens(t *testing.T) {
	s := newService(t)
	require.Equal(t, http.StatusNotFound, s.get("/ui/login").Code)
	require.NotContains(t, s.sees("/ui/"), "Log out")
	s = newService(t, func(c *api.Config, _ *web.Config) { c.Auth = api.TrustedHeaders{} })
	require.Equal(t, http.StatusUnauthorized, s.get("/ui/").Code)
	s.header = http.Header{"X-User-Id": {"u"}, "X-Project-Id": {"p"}, "X-Roles": {"admin"}}
	require.Equal(t, http.StatusOK, s.get("/ui/").Code)
}

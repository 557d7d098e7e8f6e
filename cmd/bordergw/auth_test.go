package main

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/api"
)

func TestTokenFile(t *testing.T) {
	c := config{Auth: authToken, TokenFile: "testdata/tokens/good.yaml"}
	auth, err := c.authenticator()
	require.NoError(t, err)
	for token, want := range map[string]api.Identity{
		"first-secret":  {User: "alice", Project: "ops", Roles: []string{"admin", "member"}},
		"second-secret": {User: "bob", Project: "lab"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Auth-Token", token)
		got, err := auth.Authenticate(r)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestAuthenticators(t *testing.T) {
	for mode, want := range map[string]api.Authenticator{authNone: api.NoAuth{}, authHeaders: api.TrustedHeaders{}} {
		c := config{Auth: mode}
		got, err := c.authenticator()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestBadTokens(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "there is no token",
		"[]":                         "there is no token",
		"- {token: s3cret, user: u}": "entry 1: token, user and project are needed",
		"- {user: u, project: p}":    "entry 1: token, user and project are needed",
		"- {token: s3cret, user: u, project: p}\n- {token: s3cret, user: v, project: p}": "entry 2: the token is given twice",
		"- {token: s3cret, user: u, project: p, role: x}":                                "line 1: a list of token, user, project and roles is expected",
		"\n- s3cret":        "line 2: a list of token, user, project and roles is expected",
		"- token: \"s3cret": "a list of token, user, project and roles is expected",
	} {
		_, err := parseTokens([]byte(text))
		require.EqualError(t, err, want, text)
	}
}

func TestTokenFileMissing(t *testing.T) {
	c := config{Auth: authToken, TokenFile: "testdata/tokens/none.yaml"}
	_, err := c.authenticator()
	require.ErrorContains(t, err, "reading the tokens: testdata/tokens/none.yaml")
}

func FuzzParseTokens(f *testing.F) {
	f.Add([]byte("- {token: a, user: b, project: c, roles: [d]}"))
	f.Add([]byte("- a"))
	f.Fuzz(func(t *testing.T, text []byte) {
		tokens, err := parseTokens(text)
		for _, k := range tokens {
			require.NotEmpty(t, k.Secret)
		}
		require.Equal(t, err == nil, len(tokens) > 0)
	})
}

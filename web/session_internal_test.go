package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func with(c *http.Cookie) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/ui/", nil)
	r.AddCookie(c)
	return r
}

// TestSessionsEnd: after their time, and nothing of them is kept.
func TestSessionsEnd(t *testing.T) {
	ss := newSessions()
	c := ss.begin(httptest.NewRequest(http.MethodPost, "/ui/login", nil), "token")
	got, ok := ss.token(with(c))
	require.True(t, ok)
	require.Equal(t, "token", got)

	for key, s := range ss.byKey {
		ss.byKey[key] = session{s.token, time.Now().Add(-time.Second)}
	}
	_, ok = ss.token(with(c))
	require.False(t, ok)
	ss.begin(with(c), "other")
	require.Len(t, ss.byKey, 1, "the next one makes room")
}

// TestSessionsAreBounded: one more than there is room for ends the oldest.
func TestSessionsAreBounded(t *testing.T) {
	ss := newSessions()
	first := ss.begin(httptest.NewRequest(http.MethodPost, "/ui/login", nil), "first")
	second := ss.begin(httptest.NewRequest(http.MethodPost, "/ui/login", nil), "second")
	for range maxSessions - 1 {
		ss.begin(httptest.NewRequest(http.MethodPost, "/ui/login", nil), "more")
	}
	require.Len(t, ss.byKey, maxSessions)
	_, ok := ss.token(with(first))
	require.False(t, ok)
	_, ok = ss.token(with(second))
	require.True(t, ok)
}

// TestAnUnknownCookieIsNothing, and one that is ended neither.
func TestAnUnknownCookieIsNothing(t *testing.T) {
	ss := newSessions()
	c := ss.begin(httptest.NewRequest(http.MethodPost, "/ui/login", nil), "token")
	_, ok := ss.token(with(&http.Cookie{Name: sessionCookie, Value: "guess"}))
	require.False(t, ok)
	require.Empty(t, ss.end(with(c)).Value)
	_, ok = ss.token(with(c))
	require.False(t, ok)
	require.Empty(t, ss.byKey)
}

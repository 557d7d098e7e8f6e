package keystone_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"bordergw/api"
	"bordergw/api/keystone"
	"bordergw/api/keystone/keystonetest"
	"bordergw/internal/poll"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func authenticator(t *testing.T, k *keystonetest.Server, change ...func(*keystone.Options)) *keystone.Authenticator {
	opts := keystone.Options{URL: k.URL + "/v3/", Username: keystonetest.ServiceUser, Password: keystonetest.ServicePassword,
		Project: keystonetest.ServiceProject, UserDomain: "Default", ProjectDomain: "Default", Client: k.Client()}
	for _, f := range change {
		f(&opts)
	}
	a, err := keystone.New(opts)
	require.NoError(t, err)
	return a
}

// user is somebody whose token is valid for an hour.
func user(name, project string, roles ...string) keystonetest.Subject {
	return keystonetest.Subject{User: name, Project: project, Roles: roles, Left: time.Hour}
}

func ask(a *keystone.Authenticator, token string) (api.Identity, error) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Auth-Token", token)
	return a.Authenticate(r)
}

// neverCached asks Keystone again at each request.
func neverCached(o *keystone.Options) { o.Cache = time.Nanosecond }

// unjudged is an answer that is neither yes nor no.
func unjudged(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.NotErrorIs(t, err, api.ErrUnauthenticated)
	require.NotContains(t, err.Error(), keystonetest.ServicePassword)
}

func TestIdentities(t *testing.T) {
	k := keystonetest.Start(t)
	k.AddToken("root", user("alice", "ops", "reader", "Admin"))
	k.AddToken("plain", user("bob", "p", "member"))
	k.AddToken("unscoped", user("bob", ""))
	k.AddToken("old", keystonetest.Subject{User: "bob", Project: "p", Left: -time.Second})
	k.AddAnswer("broken", `{"token":7}`)
	a := authenticator(t, k)
	require.Zero(t, k.Logins(), "Keystone may be away at the start")

	got, err := ask(a, "root")
	require.NoError(t, err)
	require.Equal(t, api.Identity{User: "alice", Project: "ops", Roles: []string{"reader", "Admin"}}, got)
	got, err = ask(a, "plain")
	require.NoError(t, err)
	require.Equal(t, api.Identity{User: "bob", Project: "p", Roles: []string{"member"}}, got)
	for _, token := range []string{"", "unknown", "unscoped", "old", string(make([]byte, 20_000))} {
		_, err := ask(a, token)
		require.ErrorIs(t, err, api.ErrUnauthenticated, "%.20q", token)
	}
	_, err = ask(a, "broken")
	unjudged(t, err)
	require.Equal(t, 1, k.Logins())
}

func TestCached(t *testing.T) {
	k := keystonetest.Start(t)
	k.AddToken("t", user("u", "p"))
	a := authenticator(t, k)
	for range 3 {
		_, err := ask(a, "t")
		require.NoError(t, err)
	}
	require.Equal(t, 1, k.Asked())
}

func TestServiceTokenExpires(t *testing.T) {
	k := keystonetest.Start(t)
	k.AddToken("t", user("u", "p"))
	a := authenticator(t, k, neverCached)
	for n := range 3 {
		_, err := ask(a, "t")
		require.NoError(t, err)
		require.Equal(t, n+1, k.Logins())
		k.ExpireService()
	}
}

func TestRevoked(t *testing.T) {
	k := keystonetest.Start(t)
	k.AddToken("t", user("u", "p"))
	a := authenticator(t, k, neverCached)
	_, err := ask(a, "t")
	require.NoError(t, err)
	k.Revoke("t")
	_, err = ask(a, "t")
	require.ErrorIs(t, err, api.ErrUnauthenticated)
	k.Close()
	_, err = ask(a, "t")
	unjudged(t, err) // what was revoked is not remembered
}

// Keystone goes away: known tokens are good, others can not be judged.
func TestAway(t *testing.T) {
	k := keystonetest.Start(t)
	k.AddToken("t", user("u", "p"))
	a := authenticator(t, k, neverCached)
	_, err := ask(a, "t")
	require.NoError(t, err)
	k.Close()
	got, err := ask(a, "t")
	require.NoError(t, err)
	require.Equal(t, "u", got.User)
	_, err = ask(a, "new")
	unjudged(t, err)
}

func TestWrongPassword(t *testing.T) {
	k := keystonetest.Start(t)
	_, err := ask(authenticator(t, k, func(o *keystone.Options) { o.Password = "changed" }), "t")
	require.ErrorContains(t, err, "logging in to keystone")
	unjudged(t, err) // it is not the client's mistake
}

func TestTimeout(t *testing.T) {
	k := keystonetest.Start(t)
	defer k.Hold()()
	_, err := ask(authenticator(t, k, func(o *keystone.Options) { o.Timeout = 50 * time.Millisecond }), "t")
	unjudged(t, err)
}

// Many requests with one token are one question.
func TestOneQuestion(t *testing.T) {
	k := keystonetest.Start(t)
	k.AddToken("t", user("u", "p"))
	release := k.Hold()
	a := authenticator(t, k)
	var wg sync.WaitGroup
	errs := make(chan error, 20)
	for range cap(errs) {
		wg.Go(func() {
			_, err := ask(a, "t")
			errs <- err
		})
	}
	poll.True(t, time.Minute, "Keystone is asked", func() bool { return k.Asked() > 0 })
	release()
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.LessOrEqual(t, k.Asked(), 2, "a late one may ask again, the rest share")
}

func TestBadURL(t *testing.T) {
	_, err := keystone.New(keystone.Options{URL: "http://[::1"})
	require.Error(t, err)
}

// FuzzAnswer: whatever Keystone answers gives an identity with a project, or an
// error.
func FuzzAnswer(f *testing.F) {
	f.Add(`{"token":{"expires_at":"2999-01-01T00:00:00Z","user":{"id":"u"},"project":{"id":"p"},"roles":[{"name":"admin"}]}}`)
	f.Add(`{"token":{"expires_at":"x","user":null,"roles":[null]}}`)
	f.Add(`[]`)
	answer := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Subject-Token", "s")
		fmt.Fprint(w, answer)
	}))
	f.Cleanup(server.Close)
	f.Fuzz(func(t *testing.T, body string) {
		answer = body
		a, err := keystone.New(keystone.Options{URL: server.URL, Username: "u", Password: "p", Client: server.Client()})
		require.NoError(t, err)
		if id, err := ask(a, "t"); err == nil {
			require.NotEmpty(t, id.Project)
			require.NotEmpty(t, id.User)
		}
	})
}

//go:build openstack

package openstack_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"
	"github.com/stretchr/testify/require"

	"bordergw/e2e/openstack/keystone"
	"bordergw/internal/poll"
)

// gateways lists the gateways with a token.
func gateways(t *testing.T, url, token string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url+"/v2.0/l2-gateways", nil)
	require.NoError(t, err)
	r.Header.Set("X-Auth-Token", token)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(all)
}

func requireStatus(t *testing.T, want int, url, token string) {
	t.Helper()
	got, body := gateways(t, url, token)
	require.Equal(t, want, got, body)
}

// TestWithRealKeystone runs everything at one Keystone, which takes long to set
// up.
func TestWithRealKeystone(t *testing.T) {
	t.Parallel()
	k := keystone.Start(t)
	url := serve(t, k.BordergwArgs(keystone.Service)...)
	k.List(url)
	known := k.Token(keystone.Admin)
	poll.True(t, patience, "a slow first log-in may time out, a later one does not", func() bool {
		status, _ := gateways(t, url, known)
		return status == http.StatusOK
	})
	requireClientWorks(t, k)
	requireJudged(t, k, url)
	requireStatus(t, http.StatusServiceUnavailable, serve(t, k.BordergwArgs(keystone.Bob)...), known) // bob may not validate tokens
	requireOutageSurvived(t, k, url)
}

// requireClientWorks: OpenStack's client logs in at Keystone and finds us in the
// catalog.
func requireClientWorks(t *testing.T, k *keystone.Server) {
	t.Helper()
	as := func(p keystone.Person) client {
		return client{t, []string{"--os-auth-type", "v3password", "--os-auth-url", k.URL(), "--os-username", p.Name, "--os-password", p.Password,
			"--os-project-name", p.Project, "--os-user-domain-name", "Default", "--os-project-domain-name", "Default"}}
	}
	c := as(keystone.Admin)
	made := c.get("l2gw", "create", "--device", "name=sw1,interface_names=p1|5", "gw1")
	project, err := tokens.Get(t.Context(), k.Admin, k.Admin.Token()).ExtractProject()
	require.NoError(t, err)
	require.Equal(t, project.ID, made["Tenant"])
	require.Equal(t, made, c.get("l2gw", "show", "gw1"))
	// The client makes one of compute first, whoever keeps the quota.
	require.Contains(t, c.refused("quota", "show"), "compute service not found")
	require.Contains(t, as(keystone.Bob).refused("l2gw", "list"), "User does not have admin privileges")
	require.Contains(t, as(keystone.Person{Name: keystone.Bob.Name, Password: "wrong", Project: keystone.Bob.Project}).refused("l2gw", "list"), "HTTP 401")
	c.do("l2gw", "delete", "gw1")
	require.Empty(t, c.list("l2gw", "list"))
}

// requireJudged: what Keystone says of tokens is what we answer.
func requireJudged(t *testing.T, k *keystone.Server, url string) {
	t.Helper()
	status, body := gateways(t, url, k.Token(keystone.Bob))
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, body, `"AdminRequired"`)
	good, unscoped := k.Token(keystone.Admin), k.Token(keystone.Person{Name: keystone.Admin.Name, Password: keystone.Admin.Password})
	for _, bad := range []string{"", "junk", "a b", "\xe9", good[:len(good)-8], strings.Repeat("a", 9000), unscoped} {
		requireStatus(t, http.StatusUnauthorized, url, bad)
	}
	requireStatus(t, http.StatusOK, url, good)
	require.NoError(t, tokens.Revoke(t.Context(), k.Admin, good).Err)
	requireStatus(t, http.StatusUnauthorized, url, good)
}

// requireOutageSurvived: while Keystone is away a token that was validated is
// good, another can not be judged.
func requireOutageSurvived(t *testing.T, k *keystone.Server, url string) {
	t.Helper()
	known, fresh := k.Token(keystone.Admin), k.Token(keystone.Admin)
	require.NotEqual(t, known, fresh)
	requireStatus(t, http.StatusOK, url, known)
	k.Stop()
	requireStatus(t, http.StatusOK, url, known)
	requireStatus(t, http.StatusServiceUnavailable, url, fresh)
	k.RunAgain()
	requireStatus(t, http.StatusOK, url, fresh)
}

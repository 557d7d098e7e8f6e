//go:build neutron

package neutron_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/users"
	"github.com/stretchr/testify/require"

	"bordergw/e2e/openstack/keystone"
	"bordergw/internal/poll"
)

// keystoneConf takes the URL of Keystone and an account. There is no file with a token then, and time for a Keystone that
// serves one request at a time.
const keystoneConf = `[bordergw]
token_file =
read_timeout = 15
auth_type = password
auth_url = %s
username = %s
password = %s
project_name = %s
user_domain_name = Default
project_domain_name = Default
`

// accountOfNeutron is what Neutron logs in as.
var accountOfNeutron = keystone.Person{Name: "neutron", Password: "n", Project: "neutron"}

// tokensSeen are those that bordergw was sent, in order.
type tokensSeen struct {
	mu  sync.Mutex
	all []string
}

func (s *tokensSeen) pass(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token := r.Header.Get("X-Auth-Token"); !slices.Contains(s.all, token) {
		s.all = append(s.all, token)
	}
	return true
}

func (s *tokensSeen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// TestKeystone: bordergw asks a Keystone for the rights of each token, and Neutron has an account there.
func TestKeystone(t *testing.T) {
	k := keystone.Start(t)
	account := k.Add(accountOfNeutron, "admin")
	a := accountOfNeutron
	w := newWorldToStart(t, fmt.Sprintf(keystoneConf, k.URL(), a.Name, a.Password, a.Project))
	s := &scene{T: t, world: w, neutron: w.admin("ops")}
	s.bordergw = newBordergw(t, "127.0.0.1:0", append(k.BordergwArgs(keystone.Service), "--keystone-cache", "1s")...)
	s.direct = rest{s.bordergw.url, http.Header{"X-Auth-Token": {k.Token(keystone.Admin)}}}
	var seen tokensSeen
	s.openGate(gate{before: seen.pass})
	w.server.start(t)
	s.reachable() // a slow first log-in may time out, a later one does not

	sw := s.newSwitch("sw1", "192.0.2.1")
	blue, vni := s.newNetwork("blue")
	gw := s.newGateway("g", portDevice(sw, "p1", 100))
	s.connect(gw, blue)
	s.holds(patience, sw, "connection", "ls "+blue+" "+vni, "bind sw1 p1 100 "+blue)
	s.synced()
	t.Logf("measured: %d tokens of %d processes and more", seen.count(), apiWorkers)

	// A disabled account loses all of its tokens, also when it is enabled again.
	enable := func(on bool) { updateAccount(t, k, account, users.UpdateOpts{Enabled: &on}) }
	enable(false)
	s.lockedOut(gw)
	enable(true)
	before := seen.count()
	t.Logf("measured: new tokens after %s", poll.Until(t, patience, func() error { return s.rename(gw, "enabled") }))
	require.Greater(t, seen.count(), before)

	// Who has a token needs no password, nor a Keystone, as long as it is good.
	k.Stop()
	require.Equal(t, "enabled", s.direct.get(t, gateway, gw)["name"])
	poll.Until(t, patience, func() error { return s.rename(gw, "without Keystone") })
	k.RunAgain()
	updateAccount(t, k, account, users.UpdateOpts{Password: "another"})
	s.lockedOut(gw)
	updateAccount(t, k, account, users.UpdateOpts{Password: a.Password})
	t.Logf("measured: back after %s", poll.Until(t, patience, func() error { return s.rename(gw, "back") }))
	s.synced()
	require.NoError(t, s.differs())
	require.Equal(t, "back", s.direct.get(t, gateway, gw)["name"])
}

func updateAccount(t *testing.T, k *keystone.Server, id string, change users.UpdateOpts) {
	t.Helper()
	require.NoError(t, users.Update(t.Context(), k.Admin, id, change).Err)
}

// inARow is how many requests the processes of Neutron, each with a token of its own, have to
// refuse before it is believed that all of them do.
const inARow = 12

// lockedOut waits until changes are 503 in each process, and sees that nothing is changed then.
func (s *scene) lockedOut(id string) {
	s.Helper()
	before := s.neutron.get(s.T, gateway, id)["name"].(string)
	refused := 0
	s.Logf("measured: locked out after %s", poll.True(s.T, patience, "Neutron is locked out", func() bool {
		err := s.rename(id, before)
		if refused++; err == nil || !strings.Contains(err.Error(), "BorderGatewayUnavailable") {
			refused = 0
		}
		return refused == inARow
	}))
	s.unavailable(http.MethodPut, paths[gateway]+"/"+id, object{gateway: object{"name": "renamed"}})
	require.Equal(s.T, before, s.neutron.get(s.T, gateway, id)["name"])
}

// rename changes the name of a gateway on both sides, or returns why not.
func (s *scene) rename(id, name string) error {
	s.Helper()
	a, err := s.neutron.try(s.T, http.MethodPut, paths[gateway]+"/"+id, object{gateway: object{"name": name}})
	if err == nil && a.status != http.StatusOK {
		err = errors.New(a.text)
	}
	return err
}

//go:build openstack

package openstack_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/endpoints"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/projects"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/roles"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/services"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/users"
	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
)

const (
	installKeystone = "apt-get install --no-install-recommends python3-keystone"
	region          = "RegionOne"
	// keystoneConf takes the directory. Few rounds make passwords cheap to check.
	keystoneConf = `[DEFAULT]
log_file = %[1]s/log
[database]
connection = sqlite:///%[1]s/keystone.db
[fernet_tokens]
key_repository = %[1]s/fernet
[identity]
password_hash_rounds = 4
`
)

// person is an account of the domain Default, and the project it works in.
type person struct{ name, password, project string }

var (
	admin   = person{"admin", "a", "admin"}
	bob     = person{"bob", "b", "lab"}
	service = person{"bordergw", "s", "service"}
)

// realKeystone is OpenStack's Keystone on a database of its own.
type realKeystone struct {
	t    *testing.T
	conf string
	log  string
	// address is HOST:PORT.
	address string
	stop    func()
	// admin may do everything.
	admin *gophercloud.ServiceClient
}

// startKeystone runs a Keystone until the test ends, with the three persons.
func startKeystone(t *testing.T) *realKeystone {
	t.Helper()
	dir := t.TempDir()
	k := &realKeystone{t: t, conf: filepath.Join(dir, "keystone.conf"), log: filepath.Join(dir, "log")}
	require.NoError(t, os.WriteFile(k.conf, fmt.Appendf(nil, keystoneConf, dir), 0o600))
	t.Cleanup(k.showLog)
	k.manage("db_sync")
	// Keystone reads while it writes, and would wait for itself.
	wal := k.command("python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL')", filepath.Join(dir, "keystone.db"))
	out, err := wal.CombinedOutput()
	require.NoError(t, err, "%s", out)
	k.manage("fernet_setup", "--keystone-user", strconv.Itoa(os.Getuid()), "--keystone-group", strconv.Itoa(os.Getgid()))
	k.run("0")
	k.manage("bootstrap", "--bootstrap-username", admin.name, "--bootstrap-password", admin.password,
		"--bootstrap-project-name", admin.project, "--bootstrap-public-url", k.url(), "--bootstrap-region-id", region)
	k.admin, err = openstack.NewIdentityV3(k.logIn(admin), gophercloud.EndpointOpts{Region: region})
	require.NoError(t, err)
	// The role that Keystone's policy lets validate tokens is not made by bootstrap.
	role, err := roles.Create(t.Context(), k.admin, roles.CreateOpts{Name: "service"}).Extract()
	require.NoError(t, err)
	k.add(service, role.ID)
	k.add(bob, k.role("member"))
	return k
}

func (k *realKeystone) url() string { return "http://" + k.address + "/v3" }

// command is one of Keystone's programs, with our configuration.
func (k *realKeystone) command(name string, args ...string) *exec.Cmd {
	k.t.Helper()
	path, err := exec.LookPath(name)
	require.NoError(k.t, err, "install it: %s", installKeystone)
	cmd := exec.Command(path, args...)
	cmd.Env = append(withoutCloud(), "PYTHONWARNINGS=ignore", "OS_KEYSTONE_CONFIG_FILES="+k.conf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

func (k *realKeystone) manage(args ...string) {
	k.t.Helper()
	out, err := k.command("keystone-manage", append([]string{"--config-file", k.conf}, args...)...).CombinedOutput()
	require.NoError(k.t, err, "keystone-manage %s: %s", args[0], out)
}

// run serves on a port of the loopback address, 0 for any.
func (k *realKeystone) run(port string) {
	k.t.Helper()
	cmd := k.command("keystone-wsgi-public", "--host", "127.0.0.1", "--port", port)
	// Not a pipe: one that nobody reads would stop Keystone.
	log, err := os.OpenFile(k.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(k.t, err)
	defer log.Close()
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	require.NoError(k.t, err)
	require.NoError(k.t, cmd.Start())
	k.stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	k.t.Cleanup(k.stop)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if at, found := strings.CutPrefix(lines.Text(), "Available at "); found {
			k.address = "127.0.0.1:" + at[strings.LastIndexByte(at, ':')+1:len(at)-1]
			return
		}
	}
	require.FailNow(k.t, "Keystone does not start")
}

// showLog shows nothing where Keystone is missing: there is no log then.
func (k *realKeystone) showLog() {
	if log, err := os.ReadFile(k.log); err == nil && k.t.Failed() {
		k.t.Logf("%s", log)
	}
}

func (k *realKeystone) role(name string) string {
	k.t.Helper()
	pages, err := roles.List(k.admin, roles.ListOpts{Name: name}).AllPages(k.t.Context())
	require.NoError(k.t, err)
	found, err := roles.ExtractRoles(pages)
	require.NoError(k.t, err)
	require.Len(k.t, found, 1)
	return found[0].ID
}

// add makes an account, its project, and gives it a role there.
func (k *realKeystone) add(p person, role string) {
	k.t.Helper()
	project, err := projects.Create(k.t.Context(), k.admin, projects.CreateOpts{Name: p.project}).Extract()
	require.NoError(k.t, err)
	user, err := users.Create(k.t.Context(), k.admin, users.CreateOpts{Name: p.name, Password: p.password}).Extract()
	require.NoError(k.t, err)
	require.NoError(k.t, roles.Assign(k.t.Context(), k.admin, role, roles.AssignOpts{UserID: user.ID, ProjectID: project.ID}).ExtractErr())
}

// list puts the network service into the catalog.
func (k *realKeystone) list(url string) {
	k.t.Helper()
	made, err := services.Create(k.t.Context(), k.admin, services.CreateOpts{Type: "network"}).Extract()
	require.NoError(k.t, err)
	// Without a region, Keystone locks its own sqlite database.
	_, err = endpoints.Create(k.t.Context(), k.admin, endpoints.CreateOpts{
		Availability: gophercloud.AvailabilityPublic, Region: region, ServiceID: made.ID, URL: url}).Extract()
	require.NoError(k.t, err)
}

// logIn gets a token by password, unscoped without a project.
func (k *realKeystone) logIn(p person) *gophercloud.ProviderClient {
	k.t.Helper()
	c, err := openstack.AuthenticatedClient(k.t.Context(), gophercloud.AuthOptions{IdentityEndpoint: k.url(),
		Username: p.name, Password: p.password, DomainName: "Default", TenantName: p.project})
	require.NoError(k.t, err)
	return c
}

func (k *realKeystone) token(p person) string {
	k.t.Helper()
	return k.logIn(p).Token()
}

// bordergw is a daemon that asks this Keystone at every request, as somebody.
func (k *realKeystone) bordergw(as person) string {
	k.t.Helper()
	password := filepath.Join(k.t.TempDir(), "password")
	require.NoError(k.t, os.WriteFile(password, []byte(as.password+"\n"), 0o600))
	return serve(k.t, "--auth", "keystone", "--keystone-url", k.url(), "--keystone-username", as.name,
		"--keystone-project", as.project, "--keystone-password-file", password, "--keystone-cache", "1ns")
}

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
	k := startKeystone(t)
	url := k.bordergw(service)
	k.list(url)
	known := k.token(admin)
	poll.True(t, patience, "a slow first log-in may time out, a later one does not", func() bool {
		status, _ := gateways(t, url, known)
		return status == http.StatusOK
	})
	requireClientWorks(t, k)
	requireJudged(t, k, url)
	requireStatus(t, http.StatusServiceUnavailable, k.bordergw(bob), known) // bob may not validate tokens
	requireOutageSurvived(t, k, url)
}

// requireClientWorks: OpenStack's client logs in at Keystone and finds us in the
// catalog.
func requireClientWorks(t *testing.T, k *realKeystone) {
	t.Helper()
	as := func(p person) client {
		return client{t, []string{"--os-auth-type", "v3password", "--os-auth-url", k.url(), "--os-username", p.name, "--os-password", p.password,
			"--os-project-name", p.project, "--os-user-domain-name", "Default", "--os-project-domain-name", "Default"}}
	}
	c := as(admin)
	made := c.get("l2gw", "create", "--device", "name=sw1,interface_names=p1|5", "gw1")
	project, err := tokens.Get(t.Context(), k.admin, k.admin.Token()).ExtractProject()
	require.NoError(t, err)
	require.Equal(t, project.ID, made["Tenant"])
	require.Equal(t, made, c.get("l2gw", "show", "gw1"))
	// The client makes one of compute first, whoever keeps the quota.
	require.Contains(t, c.refused("quota", "show"), "compute service not found")
	require.Contains(t, as(bob).refused("l2gw", "list"), "User does not have admin privileges")
	require.Contains(t, as(person{bob.name, "wrong", bob.project}).refused("l2gw", "list"), "HTTP 401")
	c.do("l2gw", "delete", "gw1")
	require.Empty(t, c.list("l2gw", "list"))
}

// requireJudged: what Keystone says of tokens is what we answer.
func requireJudged(t *testing.T, k *realKeystone, url string) {
	t.Helper()
	status, body := gateways(t, url, k.token(bob))
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, body, `"AdminRequired"`)
	good, unscoped := k.token(admin), k.token(person{admin.name, admin.password, ""})
	for _, bad := range []string{"", "junk", "a b", "\xe9", good[:len(good)-8], strings.Repeat("a", 9000), unscoped} {
		requireStatus(t, http.StatusUnauthorized, url, bad)
	}
	requireStatus(t, http.StatusOK, url, good)
	require.NoError(t, tokens.Revoke(t.Context(), k.admin, good).Err)
	requireStatus(t, http.StatusUnauthorized, url, good)
}

// requireOutageSurvived: while Keystone is away a token that was validated is
// good, another can not be judged.
func requireOutageSurvived(t *testing.T, k *realKeystone, url string) {
	t.Helper()
	known, fresh := k.token(admin), k.token(admin)
	require.NotEqual(t, known, fresh)
	requireStatus(t, http.StatusOK, url, known)
	k.stop()
	requireStatus(t, http.StatusOK, url, known)
	requireStatus(t, http.StatusServiceUnavailable, url, fresh)
	k.run(k.address[strings.LastIndexByte(k.address, ':')+1:])
	requireStatus(t, http.StatusOK, url, fresh)
}

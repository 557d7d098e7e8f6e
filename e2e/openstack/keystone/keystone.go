package keystone

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/endpoints"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/projects"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/roles"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/services"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/users"
	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

const (
	install = "apt-get install --no-install-recommends python3-keystone uwsgi-plugin-python3"
	// patience is for a program that reads hundreds of files before it serves.
	patience = 5 * time.Minute
	region   = "RegionOne"
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

// Person is an account of the domain Default, and the project it works in.
type Person struct{ Name, Password, Project string }

// Admin may do everything, Bob is a member of a project, and Service may validate tokens.
var (
	Admin   = Person{"admin", "a", "admin"}
	Bob     = Person{"bob", "b", "lab"}
	Service = Person{"bordergw", "s", "service"}
)

// Server is OpenStack's Keystone on a database of its own.
type Server struct {
	t    *testing.T
	conf string
	log  string
	// Address is HOST:PORT.
	Address string
	// Stop kills it. Run may follow.
	Stop func()
	// Admin may do everything.
	Admin *gophercloud.ServiceClient
}

// Start runs a Keystone until the test ends, with the three persons.
func Start(t *testing.T) *Server {
	t.Helper()
	dir := t.TempDir()
	k := &Server{t: t, conf: filepath.Join(dir, "keystone.conf"), log: filepath.Join(dir, "log"),
		Address: fmt.Sprintf("127.0.0.1:%d", ovsdbtest.ReservePort(t))}
	require.NoError(t, os.WriteFile(k.conf, fmt.Appendf(nil, keystoneConf, dir), 0o600))
	t.Cleanup(k.showLog)
	k.manage("db_sync")
	// Keystone reads while it writes, and would wait for itself.
	wal := k.command("python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL')", filepath.Join(dir, "keystone.db"))
	out, err := wal.CombinedOutput()
	require.NoError(t, err, "%s", out)
	k.manage("fernet_setup", "--keystone-user", strconv.Itoa(os.Getuid()), "--keystone-group", strconv.Itoa(os.Getgid()))
	k.run()
	k.manage("bootstrap", "--bootstrap-username", Admin.Name, "--bootstrap-password", Admin.Password,
		"--bootstrap-project-name", Admin.Project, "--bootstrap-public-url", k.URL(), "--bootstrap-region-id", region)
	k.Admin, err = openstack.NewIdentityV3(k.LogIn(Admin), gophercloud.EndpointOpts{Region: region})
	require.NoError(t, err)
	// The role that Keystone's policy lets validate tokens is not made by bootstrap.
	role, err := roles.Create(t.Context(), k.Admin, roles.CreateOpts{Name: "service"}).Extract()
	require.NoError(t, err)
	k.add(Service, role.ID)
	k.Add(Bob, "member")
	return k
}

// URL is where Keystone serves its API.
func (k *Server) URL() string { return "http://" + k.Address + "/v3" }

// command is one of Keystone's programs, with our configuration.
func (k *Server) command(name string, args ...string) *exec.Cmd {
	k.t.Helper()
	cmd := exec.Command(k.program(name), args...)
	cmd.Env = append(WithoutCloud(), "PYTHONWARNINGS=ignore", "OS_KEYSTONE_CONFIG_FILES="+k.conf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// program is where one of the programs is.
func (k *Server) program(name string) string {
	k.t.Helper()
	path, err := exec.LookPath(name)
	require.NoError(k.t, err, "install it: %s", install)
	return path
}

func (k *Server) manage(args ...string) {
	k.t.Helper()
	out, err := k.command("keystone-manage", append([]string{"--config-file", k.conf}, args...)...).CombinedOutput()
	require.NoError(k.t, err, "keystone-manage %s: %s", args[0], out)
}

// run serves in uwsgi, as Debian's package does, by several processes: who dials twice and uses one
// connection must not stop it.
func (k *Server) run() {
	k.t.Helper()
	cmd := k.command("uwsgi_python3", "--http-socket", k.Address, "--master", "--lazy-apps", "--processes", "3", "--need-app",
		"--buffer-size", "65535", "--add-header", "Connection: close", "--wsgi-file", k.program("keystone-wsgi-public"))
	// Not a pipe: one that nobody reads would stop Keystone.
	log, err := os.OpenFile(k.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(k.t, err)
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr.Setpgid = true
	require.NoError(k.t, cmd.Start())
	k.Stop = sync.OnceFunc(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
		_ = cmd.Wait()
	})
	k.t.Cleanup(k.Stop)
	poll.Until(k.t, patience, func() error {
		answer, err := http.Get(k.URL())
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	})
}

// RunAgain serves again where it did before Stop.
func (k *Server) RunAgain() {
	k.t.Helper()
	k.run()
}

// showLog shows nothing where Keystone is missing: there is no log then.
func (k *Server) showLog() {
	if log, err := os.ReadFile(k.log); err == nil && k.t.Failed() {
		k.t.Logf("%s", log)
	}
}

func (k *Server) role(name string) string {
	k.t.Helper()
	pages, err := roles.List(k.Admin, roles.ListOpts{Name: name}).AllPages(k.t.Context())
	require.NoError(k.t, err)
	found, err := roles.ExtractRoles(pages)
	require.NoError(k.t, err)
	require.Len(k.t, found, 1)
	return found[0].ID
}

// Add makes an account, its project, and gives it a role there. It returns the account's id.
func (k *Server) Add(p Person, role string) (id string) {
	k.t.Helper()
	return k.add(p, k.role(role))
}

func (k *Server) add(p Person, role string) (id string) {
	k.t.Helper()
	project, err := projects.Create(k.t.Context(), k.Admin, projects.CreateOpts{Name: p.Project}).Extract()
	require.NoError(k.t, err)
	user, err := users.Create(k.t.Context(), k.Admin, users.CreateOpts{Name: p.Name, Password: p.Password}).Extract()
	require.NoError(k.t, err)
	require.NoError(k.t, roles.Assign(k.t.Context(), k.Admin, role, roles.AssignOpts{UserID: user.ID, ProjectID: project.ID}).ExtractErr())
	return user.ID
}

// List puts the network service into the catalog.
func (k *Server) List(url string) {
	k.t.Helper()
	made, err := services.Create(k.t.Context(), k.Admin, services.CreateOpts{Type: "network"}).Extract()
	require.NoError(k.t, err)
	// Without a region, Keystone locks its own sqlite database.
	_, err = endpoints.Create(k.t.Context(), k.Admin, endpoints.CreateOpts{
		Availability: gophercloud.AvailabilityPublic, Region: region, ServiceID: made.ID, URL: url}).Extract()
	require.NoError(k.t, err)
}

// LogIn gets a token by password, unscoped without a project.
func (k *Server) LogIn(p Person) *gophercloud.ProviderClient {
	k.t.Helper()
	c, err := openstack.NewClient(k.URL())
	require.NoError(k.t, err)
	// Keystone closes idle connections as it likes, and is started again: a change that is sent
	// over one that is being closed fails.
	c.HTTPClient.Transport = &http.Transport{DisableKeepAlives: true}
	require.NoError(k.t, openstack.Authenticate(k.t.Context(), c, gophercloud.AuthOptions{IdentityEndpoint: k.URL(),
		Username: p.Name, Password: p.Password, DomainName: "Default", TenantName: p.Project}))
	return c
}

// Token is a new token of an account.
func (k *Server) Token(p Person) string {
	k.t.Helper()
	return k.LogIn(p).Token()
}

// WithoutCloud is our environment without settings of OpenStack's clients.
func WithoutCloud() (out []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OS_") {
			out = append(out, v)
		}
	}
	return out
}

// BordergwArgs are for a daemon that asks this Keystone at every request, as somebody.
func (k *Server) BordergwArgs(as Person) []string {
	k.t.Helper()
	password := filepath.Join(k.t.TempDir(), "password")
	require.NoError(k.t, os.WriteFile(password, []byte(as.Password+"\n"), 0o600))
	return []string{"--auth", "keystone", "--keystone-url", k.URL(), "--keystone-username", as.Name,
		"--keystone-project", as.Project, "--keystone-password-file", password, "--keystone-cache", "1ns"}
}

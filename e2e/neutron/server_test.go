//go:build neutron

package neutron_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/openstack/keystone"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

// neutronConf takes the directory, Neutron's port, the URLs of the database and of
// bordergw, and the file with the token. The two lines about l2gw are those of the
// specification.
const neutronConf = `[DEFAULT]
core_plugin = ml2
service_plugins = l2gw,bordergw_gateway_device
auth_strategy = keystone
api_paste_config = %[1]s/paste.ini
bind_host = 127.0.0.1
bind_port = %[2]d
api_workers = %[7]d
rpc_workers = 1
rpc_state_report_workers = 0
transport_url = fake://
state_path = %[1]s/state
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
dhcp_agent_notification = false
log_file = %[1]s/neutron.log
[database]
connection = %[3]s
[oslo_concurrency]
lock_path = %[1]s/state
[service_providers]
service_provider = L2GW:l2gw:bordergw_neutron.driver.BorderGatewayDriver
[ml2]
type_drivers = vxlan,vlan
tenant_network_types = vxlan
mechanism_drivers = openvswitch,l2population
[ml2_type_vxlan]
vni_ranges = 1000:1999
[ml2_type_vlan]
network_vlan_ranges = physnet1:100:200
[quotas]
quota_network = -1
quota_port = -1
[bordergw]
url = %[4]s
token_file = %[5]s
resync_interval = %[6]d
`

// pasteIni believes the headers that Keystone's middleware would set.
const pasteIni = `[composite:neutron]
use = egg:Paste#urlmap
/: versions
/v2.0: api
[composite:api]
use = call:neutron.auth:pipeline_factory
keystone = request_id catch_errors keystonecontext extensions neutronapiapp
[composite:versions]
use = call:neutron.auth:pipeline_factory
keystone = neutronversions
[filter:request_id]
paste.filter_factory = oslo_middleware:RequestId.factory
[filter:catch_errors]
paste.filter_factory = oslo_middleware:CatchErrors.factory
[filter:keystonecontext]
paste.filter_factory = neutron.auth:NeutronKeystoneContext.factory
[filter:extensions]
paste.filter_factory = neutron.api.extensions:plugin_aware_extension_middleware_factory
[app:neutronversions]
paste.app_factory = neutron.pecan_wsgi.app:versions_factory
[app:neutronapiapp]
paste.app_factory = neutron.api.v2.router:APIRouter.factory
`

// apiWorkers is how many processes serve Neutron's API.
const apiWorkers = 2

// server is Neutron.
type server struct {
	dir, conf, site string
	url             string
	process         *process
}

// newServer writes the configuration, installs our package and makes the tables. more is for a second file of
// configuration, which wins.
func newServer(t *testing.T, db database, bordergw, tokenFile, more string) *server {
	t.Helper()
	dir := t.TempDir()
	port := ovsdbtest.ReservePort(t)
	s := &server{dir: dir, conf: filepath.Join(dir, "neutron.conf"), site: installed(t), url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	write(t, s.conf, fmt.Sprintf(neutronConf, dir, port, db.url(), bordergw, tokenFile, int(resync.Seconds()), apiWorkers))
	write(t, s.more(), more)
	write(t, filepath.Join(dir, "paste.ini"), pasteIni)
	s.manage(t, "upgrade", "head")
	s.manage(t, "--subproject", "networking-l2gw", "upgrade", "head")
	return s
}

func (s *server) more() string { return filepath.Join(s.dir, "more.conf") }

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// installed installs the package for Neutron into a directory, as docs/neutron.md says.
func installed(t *testing.T) string {
	t.Helper()
	source, site := filepath.Join(t.TempDir(), "neutron"), t.TempDir()
	require.NoError(t, os.CopyFS(source, os.DirFS("../../neutron"))) // pip builds beside the sources
	out, err := exec.Command(python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
		"--target", site, source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return site
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(keystone.WithoutCloud(), "PYTHONPATH="+s.site, "PYTHONWARNINGS=ignore")
	return cmd
}

func (s *server) manage(t *testing.T, args ...string) {
	t.Helper()
	out, err := s.command("neutron-db-manage", append([]string{"--config-file", s.conf}, args...)...).CombinedOutput()
	require.NoError(t, err, "neutron-db-manage: %s", out)
}

// start runs Neutron until the test ends. The test is that of all scenes.
func (s *server) start(t *testing.T) {
	t.Helper()
	s.process = run(t, s.command("neutron-server", "--config-file", s.conf, "--config-file", s.more()), filepath.Join(s.dir, "output"))
	took := s.serves(t)
	t.Logf("measured: Neutron serves after %s", took)
}

// serves waits until Neutron answers.
func (s *server) serves(t *testing.T) time.Duration {
	t.Helper()
	api := rest{url: s.url, header: identity("admin", "admin", "admin")}
	return poll.Until(t, longPatience, func() error {
		if s.process.hasEnded() {
			t.Fatal("Neutron has ended")
		}
		a, err := api.try(t, http.MethodGet, "/v2.0/extensions", nil)
		if err == nil && a.status != http.StatusOK {
			err = errors.New(a.text)
		}
		return err
	})
}

// log is what all processes of Neutron have logged.
func (s *server) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "neutron.log"))
	require.NoError(t, err)
	return string(text)
}

var (
	// trouble is what is worse than a warning: Neutron warns of each request that it refuses.
	trouble = regexp.MustCompile(`(?m)^\S+ \S+ \d+ (ERROR|CRITICAL) .{0,400}`)
	listed  = regexp.MustCompile(`(?m)^\S+ \S+ (\d+) INFO neutron\.wsgi .*"GET /v2\.0/gw/gateway_devices HTTP\S+ status: (\d+)`)
	served  = regexp.MustCompile(`(?m)^\S+ \S+ (\d+) INFO neutron\.wsgi .*"POST /v2\.0/ports `)
)

// showLog logs the tail of what Neutron had to complain of.
func (s *server) showLog(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(s.dir, "neutron.log"))
	if err != nil {
		t.Log(err)
	}
	lines := trouble.FindAllString(string(text), -1)
	t.Log(strings.Join(lines[max(0, len(lines)-20):], "\n"))
	output, _ := os.ReadFile(filepath.Join(s.dir, "output"))
	t.Logf("%s", output[max(0, len(output)-1500):])
}

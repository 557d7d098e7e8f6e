package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/monitoring"
	"bordergw/internal/ovsdbtest"
	"bordergw/vtep/transport/transporttest"
)

// dist has the rules, the dashboard and the example of a configuration.
const dist = "../dist"

// prometheus is a running one.
type prometheus struct{ monitoring.Prometheus }

// holds returns nil when an expression has data.
func (p *prometheus) holds(expr string) error {
	n, err := p.Series(expr)
	if err == nil && n == 0 {
		err = fmt.Errorf("no data for %s", expr)
	}
	return err
}

// startPrometheus runs one with the configuration of dist until the test ends. It scrapes the controller each second.
func startPrometheus(t *testing.T, c *controller) *prometheus {
	t.Helper()
	dir, address := t.TempDir(), fmt.Sprintf("127.0.0.1:%d", ovsdbtest.ReservePort(t))
	config := filepath.Join(dir, "prometheus.yaml")
	require.NoError(t, os.WriteFile(config, []byte(prometheusConfig(t, c)), 0o600))
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer log.Close()
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start(), "make deps installs prometheus")
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if said, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("Prometheus says:\n%s", said)
		}
	})
	return &prometheus{monitoring.Prometheus("http://" + address)}
}

// prometheusConfig is dist's, but for the target, the place of the rules, and the intervals.
func prometheusConfig(t *testing.T, c *controller) string {
	text, err := os.ReadFile(filepath.Join(dist, "prometheus", "prometheus.yaml"))
	require.NoError(t, err)
	rules, err := filepath.Abs(filepath.Join(dist, "prometheus", "bordergw.rules.yaml"))
	require.NoError(t, err)
	config := string(text)
	for from, to := range map[string]string{
		"localhost:9696": strings.TrimPrefix(c.url(), "http://"), "bordergw.rules.yaml": rules, "interval: 15s": "interval: 1s",
	} {
		require.Contains(t, config, from)
		config = strings.ReplaceAll(config, from, to)
	}
	return config
}

// TestPrometheusHasDataForRulesAndDashboard: a real Prometheus with dist's configuration has data for every expression
// of the alert rules and of the dashboard, once there is a certificate that ends soon and a request that failed. The first
// connection that is refused counts. A switch that goes away is called by its name.
func TestPrometheusHasDataForRulesAndDashboard(t *testing.T) {
	t.Parallel()
	d, err := monitoring.ReadDist(dist)
	require.NoError(t, err)
	a, b := ovsdbtest.Start(t), ovsdbtest.Start(t)
	a.AddSwitch("tor1", "192.0.2.1", "p1")
	b.AddSwitch("tor2", "192.0.2.2", "p1")
	ca, port := transporttest.NewCA(t, "lab"), ovsdbtest.ReservePort(t)
	own := ca.Issue("controller", transporttest.Until(24*time.Hour)) // its alert is what the dashboard shows of alerts
	c := start(t, "--tls-certificate", own.Certificate, "--tls-private-key", own.PrivateKey, "--tls-ca", "lab="+ca.File,
		"--ovsdb-listen", fmt.Sprintf("pssl:%d:127.0.0.1", port))
	p := startPrometheus(t, c)

	c.cliOK("apply", "-f", siteFile(t, a, b), "--yes", "--wait=Programmed,"+patience.String())
	c.hasNoMoreStreams()
	// Rates need two scrapes. All is asked only then: it is much to ask again and again.
	eventually(t, 2*patience, func() error { return p.holds(`increase(bordergw_http_requests_total{code="503"}[5m])`) })
	eventually(t, patience, func() error { return p.Takes(d, nil) })

	strangerDials(t, port)
	eventually(t, patience, func() error { return p.holds(`increase(bordergw_refused_connections_total{reason="NotTLS"}[5m]) > 0`) })
	b.Stop()
	eventually(t, 2*patience, func() error { return p.Alerts("BordergwDeviceUnreachable", "switch tor2 is unreachable") })
}

// strangerDials plays a switch that speaks no TLS.
func strangerDials(t *testing.T, port int) {
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte(`{"method":"echo","params":[],"id":1}`))
	require.NoError(t, err)
	_, _ = conn.Read(make([]byte, 100)) // it is hung up on
}

// hasNoMoreStreams opens streams of events until one is refused.
func (c *controller) hasNoMoreStreams() {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	for range 100 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url()+"/v1/events?stream=1", nil)
		require.NoError(c.t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(c.t, err)
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable {
			return
		}
		require.Equal(c.t, http.StatusOK, resp.StatusCode)
	}
	c.t.Fatal("100 streams are open")
}

package faults_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/poll"
	"bordergw/internal/program"
)

// programPath is where built puts the program.
var programPath = filepath.Join(os.TempDir(), fmt.Sprintf("bordergw-faults-%d", os.Getpid()))

// built makes the program once.
var built = sync.OnceValues(func() (string, error) { return programPath, program.Build(programPath) })

// daemon is a running program.
type daemon struct {
	t       testing.TB
	address string
	log     bytes.Buffer
	cmd     *exec.Cmd
}

func serve(t testing.TB, args ...string) *daemon {
	t.Helper()
	path, err := built()
	require.NoError(t, err)
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", t.TempDir(), "--log-level", "debug"}, args...)
	return started(t, exec.Command(path, args...))
}

func started(t testing.TB, cmd *exec.Cmd) *daemon {
	t.Helper()
	d := &daemon{t: t, cmd: cmd}
	d.cmd.Stderr = &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	url, err := program.Listen(d.cmd)
	require.NoError(t, err)
	t.Cleanup(func() { d.end() })
	d.address = strings.TrimPrefix(url, "http://")
	return d
}

// end stops the program and returns its log.
func (d *daemon) end() string {
	if d.cmd != nil {
		require.NoError(d.t, d.cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(d.t, d.cmd.Wait())
		d.cmd = nil
	}
	return d.log.String()
}

func (d *daemon) dial() net.Conn {
	c, err := net.Dial("tcp", d.address)
	require.NoError(d.t, err)
	d.t.Cleanup(func() { c.Close() })
	return c
}

// ask makes a request with a token and returns the answer.
func (d *daemon) ask(method, path, token, body string) (int, string) {
	req, err := http.NewRequestWithContext(d.t.Context(), method, "http://"+d.address+path, strings.NewReader(body))
	require.NoError(d.t, err)
	req.Header.Set("X-Auth-Token", token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 4 * rig.Patience}
	resp, err := client.Do(req)
	require.NoError(d.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(d.t, err)
	return resp.StatusCode, string(text)
}

// TestSlowClients: three hundred clients that send a byte now and then, in the
// header and in the body, stop nobody, and are cut off.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	d := serve(t)
	var slow []net.Conn
	for i := range 300 {
		c := d.dial()
		slow = append(slow, c)
		request := "GET /v2.0/networks HTTP/1.1\r\nHost: x\r\nX-"
		if i%2 == 0 {
			request = "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
		}
		_, err := io.WriteString(c, request)
		require.NoError(t, err)
	}
	began, free := time.Now(), poll.Start(t)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for time.Since(began) < 11*time.Second {
		asked := free.Counted()
		status, _ := d.ask(http.MethodGet, "/v2.0/networks", "", "")
		require.Equal(t, http.StatusOK, status)
		require.Less(t, free.Counted()-asked, soon)
		for _, c := range slow {
			_, _ = io.WriteString(c, "a") // has ended for some
		}
		<-tick.C
	}
	require.NoError(t, slow[1].SetReadDeadline(time.Now().Add(rig.Patience)))
	_, err := io.Copy(io.Discard, slow[1])
	require.NoError(t, err, "who is slow with the header is cut off")
	measured(t, time.Since(began), 0)
}

// TestRequestLimits: headers and bodies that are too large, and more connections
// than are served at a time.
func TestRequestLimits(t *testing.T) {
	t.Parallel()
	d := serve(t)
	c := d.dial()
	_, _ = io.WriteString(c, "GET /v2.0/networks HTTP/1.1\r\nHost: x\r\nX-Long: "+strings.Repeat("x", 1<<20)+"\r\n\r\n") // is cut off in the middle
	line, err := bufio.NewReader(c).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "431")
	status, text := d.ask(http.MethodPost, "/v2.0/networks", "", `{"network":{"name":"`+strings.Repeat("x", 2<<20)+`"}}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, status, text)

	var held []net.Conn
	for range 600 {
		held = append(held, d.dial())
	}
	for _, c := range held {
		require.NoError(t, c.Close())
	}
	status, _ = d.ask(http.MethodGet, "/healthz", "", "")
	require.Equal(t, http.StatusOK, status, "when they have gone, others are served")
}

// TestSecrets: no token is in the log or in an answer, and an answer to a mistake
// says nothing of the inside.
func TestSecrets(t *testing.T) {
	t.Parallel()
	tokens := filepath.Join(t.TempDir(), "tokens.yaml")
	const secret, wrong = "s3same-0pen", "wr0ng-t0ken"
	require.NoError(t, os.WriteFile(tokens, []byte("- {token: "+secret+", user: u, project: p, roles: [admin]}\n"), 0o600))
	d := serve(t, "--auth", "token", "--token-file", tokens)
	var said strings.Builder
	for _, r := range []struct {
		method, path, token, body string
		status                    int
	}{
		{"POST", "/v2.0/networks", secret, `{"network":{"name":"n"}}`, 201},
		{"GET", "/v2.0/networks", wrong, "", 401},
		{"GET", "/v2.0/networks/none", secret, "", 404},
		{"POST", "/v2.0/networks", secret, `{"network":{"name":7}}`, 400},
		{"POST", "/v2.0/networks", secret, `{`, 400},
		{"POST", "/v2.0/l2-gateways", secret, `{"l2_gateway":{"devices":[{"device_id":"none","segmentation_id":1}]}}`, 404},
		{"GET", "/v2.0/networks?" + strings.Repeat("a=b&", 1000), secret, "", 200},
		{"GET", "/metrics", secret, "", 200},
	} {
		status, text := d.ask(r.method, r.path, r.token, r.body)
		require.Equal(t, r.status, status, "%s %s: %s", r.method, r.path, text)
		if status >= 400 {
			for _, inside := range []string{"goroutine", ".go:", "bordergw/", "bbolt", d.cmd.Args[5]} {
				require.NotContains(t, text, inside)
			}
		}
		said.WriteString(text)
	}
	log := d.end()
	require.Contains(t, log, "request", "the log has the requests")
	for _, token := range []string{secret, wrong} {
		require.NotContains(t, log, token)
		require.NotContains(t, said.String(), token)
	}
}

// TestOpenToAll: without authentication only this host is listened to, unless the
// configuration says that it is meant.
func TestOpenToAll(t *testing.T) {
	t.Parallel()
	path, err := built()
	require.NoError(t, err)
	out, err := exec.Command(path, "serve", "--check", "--listen", "0.0.0.0:0", "--data-dir", t.TempDir()).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "--auth")
	out, err = exec.Command(path, "serve", "--check", "--listen", "0.0.0.0:0", "--auth", "none", "--data-dir", t.TempDir()).CombinedOutput()
	require.NoError(t, err, string(out))
}

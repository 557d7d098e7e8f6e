package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/program"
)

// daemon is a "bordergw serve" that can be ended and started again: at the same address, and with what it had.
type daemon struct {
	t       testing.TB
	url     string
	listen  string
	dir     string
	token   string // sent with each request of the test's own
	args    []string
	cmd     *exec.Cmd
	logFile string
}

// serve runs a daemon until the test ends.
func serve(t testing.TB, args ...string) *daemon {
	t.Helper()
	dir := t.TempDir()
	d := &daemon{t: t, dir: filepath.Join(dir, "data"), logFile: filepath.Join(dir, "log"), args: args,
		listen: fmt.Sprintf("127.0.0.1:%d", ovsdbtest.ReservePort(t))}
	d.run()
	t.Cleanup(d.finish)
	return d
}

func (d *daemon) run() {
	d.t.Helper()
	log, err := os.OpenFile(d.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	d.must(err)
	defer log.Close()
	d.cmd = exec.Command(binary, append([]string{"serve", "--listen", d.listen, "--data-dir", d.dir}, d.args...)...)
	d.cmd.Stderr = log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	d.url, err = program.Listen(d.cmd)
	d.must(err)
}

func (d *daemon) stop() {
	d.t.Helper()
	d.must(d.cmd.Process.Signal(syscall.SIGTERM))
	limit := time.AfterFunc(time.Minute, func() { _ = d.cmd.Process.Kill() })
	defer limit.Stop()
	d.must(d.cmd.Wait())
	d.cmd = nil
}

func (d *daemon) finish() {
	if d.cmd != nil {
		d.stop()
	}
	log, err := os.ReadFile(d.logFile)
	d.must(err)
	if bytes.Contains(log, []byte("DATA RACE")) || bytes.Contains(log, []byte("panic")) || bytes.Contains(log, []byte("a page can not be")) {
		d.t.Error("the daemon has a data race, a panic, or a page that it can not make")
	}
	if d.t.Failed() {
		d.t.Logf("end of the daemon's log:\n%s", log[max(0, len(log)-6000):])
	}
}

func (d *daemon) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// call asks the API, and reads the answer into a value, which may be nil.
func (d *daemon) call(method, path string, body, into any) {
	d.t.Helper()
	data, err := json.Marshal(body)
	d.must(err)
	r, err := http.NewRequest(method, d.url+path, bytes.NewReader(data))
	d.must(err)
	r.Header.Set("Content-Type", "application/json")
	if d.token != "" {
		r.Header.Set("X-Auth-Token", d.token)
	}
	answer, err := http.DefaultClient.Do(r)
	d.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	d.must(err)
	if answer.StatusCode/100 != 2 {
		d.t.Fatalf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	if into != nil {
		d.must(json.Unmarshal(text, into))
	}
}

func (d *daemon) get(path string, into any) { d.t.Helper(); d.call(http.MethodGet, path, nil, into) }

// apply defines what a site file has.
func (d *daemon) apply(file string) {
	d.t.Helper()
	d.call(http.MethodPost, "/v1/site/apply", map[string]any{"file": file, "name": "scene.yaml"}, nil)
}

// ids are those of the objects of a kind, by name.
func (d *daemon) ids(path, plural string) map[string]string {
	d.t.Helper()
	var found map[string][]struct{ ID, Name string }
	d.get(path, &found)
	out := map[string]string{}
	for _, o := range found[plural] {
		out[o.Name] = o.ID
	}
	return out
}

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
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
)

const (
	// uwsgiIni is how Debian's neutron-api is served: by 8 processes of 32 threads each.
	uwsgiIni       = "/etc/neutron/neutron-api-uwsgi.ini"
	uwsgiProcesses = 8
	// uwsgiThreads is what serves without lost requests, with and without our package. See docs/neutron.md.
	uwsgiThreads = 1
	// silence is how long a process that had no answer does not ask bordergw.
	silence = 2 * time.Second
	// uwsgiConf takes the port of the broker. It lets a test hold a request as long as a machine with load needs.
	uwsgiConf = "[DEFAULT]\ntransport_url = rabbit://guest:guest@127.0.0.1:%d/\n[bordergw]\nread_timeout = 300\n"
)

// api is Neutron as Debian's packages neutron-api and neutron-rpc-server run it.
type api struct {
	*scene
	master, rpc *process
	traffic     *traffic
}

// TestUwsgi: bordergw runs before Neutron does, and all requests between them are counted.
func TestUwsgi(t *testing.T) {
	w := newWorldToStart(t, fmt.Sprintf(uwsgiConf, startBroker(t)))
	a := &api{scene: sceneAt(t, w, "127.0.0.1:0"), traffic: newTraffic()}
	a.openGate(gate{before: a.traffic.pass})
	began := time.Now()
	a.start()
	w.addAgents()
	for _, scene := range []struct {
		name string
		play func(*api)
	}{
		{"Start", func(a *api) { a.startTogether(time.Since(began)) }}, {"Life", (*api).life}, {"Idle", (*api).idle},
		{"Repaired", (*api).repaired}, {"Late", (*api).late}, {"Away", (*api).away}, {"Reload", (*api).reload}, {"Killed", (*api).killed},
	} {
		t.Run(scene.name, func(t *testing.T) {
			inner := *a.scene
			inner.T = t
			scene.play(&api{&inner, a.master, a.rpc, a.traffic})
		})
	}
}

// start runs both programs with the arguments of Debian's init scripts until the test ends. In the file for uwsgi only
// the threads are changed, and what is where.
func (a *api) start() {
	a.Helper()
	ini, err := os.ReadFile(uwsgiIni)
	require.NoError(a.T, err, "install it: %s", install)
	s := a.server
	lines := slices.DeleteFunc(strings.Split(string(ini), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "uid =") || strings.HasPrefix(line, "gid =")
	})
	text := strings.NewReplacer("/etc/neutron/api-paste.ini", s.dir+"/paste.ini", "/var/log/neutron/neutron-api.log", s.dir+"/uwsgi.log",
		"/var/lib/neutron", s.dir).Replace(strings.Join(lines, "\n"))
	require.Contains(a.T, text, fmt.Sprintf("\nprocesses = %d\n", uwsgiProcesses))
	require.Contains(a.T, text, "\nthreads = 32\n")
	text = strings.Replace(text, "\nthreads = 32\n", fmt.Sprintf("\nthreads = %d\n", uwsgiThreads), 1)
	file := filepath.Join(s.dir, "uwsgi.ini")
	write(a.T, file, text)
	conf := []string{"--config-file=" + s.conf, "--config-file=" + s.more()}
	a.master = run(a.T, s.command("uwsgi_python3", "--http-socket", strings.TrimPrefix(s.url, "http://"), "--ini", file,
		"--pyargv", strings.Join(conf, " ")), filepath.Join(s.dir, "output"))
	a.rpc = run(a.T, s.command("neutron-rpc-server", conf...), filepath.Join(s.dir, "output"))
	s.process = a.master
	a.Logf("measured: Neutron serves after %s", s.serves(a.T))
	a.loaded(uwsgiProcesses)
	a.Cleanup(func() {
		if text, _ := os.ReadFile(filepath.Join(s.dir, "uwsgi.log")); a.Failed() {
			a.Logf("%s", text[max(0, len(text)-3000):])
		}
	})
}

var (
	ready     = regexp.MustCompile(`(?m)^WSGI app 0 .* ready in \d+ seconds .* pid: (\d+)`)
	owner     = regexp.MustCompile(`pid=(\d+)`)
	changedBy = regexp.MustCompile(`(?m)^\S+ \S+ (\d+) INFO bordergw_neutron\.sync .* ([1-9]\d*) changes done`)
)

// loaded waits until uwsgi's processes have become ready this often in all.
func (a *api) loaded(times int) {
	a.Helper()
	took := poll.Until(a.T, longPatience, func() error {
		text, err := os.ReadFile(filepath.Join(a.server.dir, "uwsgi.log"))
		if n := len(ready.FindAll(text, -1)); err == nil && n < times {
			return fmt.Errorf("%d of %d processes are ready", n, times)
		}
		return err
	})
	a.Logf("measured: %d processes are ready after %s", times, took.Round(time.Millisecond))
}

// starts is how often uwsgi's processes have become ready so far.
func (a *api) starts() int {
	text, err := os.ReadFile(filepath.Join(a.server.dir, "uwsgi.log"))
	require.NoError(a.T, err)
	return len(ready.FindAll(text, -1))
}

// atMost is how many comparisons there may be in some time, beside those of processes that start: what is younger than
// half an interval is enough for all, but two may begin before the first is done.
func atMost(during time.Duration) int { return 2 * (1 + int(during/(resync/2))) }

// startTogether: processes that start together cost one comparison each at most, and nobody had to ask for it.
func (a *api) startTogether(within time.Duration) {
	a.synced()
	n := a.traffic.comparisons()
	a.Logf("measured: %d comparisons for %d processes", n, uwsgiProcesses+1)
	require.LessOrEqual(a.T, n, uwsgiProcesses+1+atMost(within+2*resync))
}

// life: objects come and go through REST, ports are on the switch at once.
func (a *api) life() {
	sw := a.newSwitch("sw-life", "192.0.2.1")
	blue, vni := a.newNetwork("blue")
	gw := a.newGateway("g", portDevice(sw, "p1", 100))
	conn := a.connect(gw, blue)
	require.NoError(a.T, a.differs())
	wired := []string{"ls " + blue + " " + vni, "bind sw-life p1 100 " + blue}
	a.holds(patience, sw, "connection", wired...)
	for range 2 * uwsgiProcesses { // by different processes
		p := a.newPort(blue, "h1")
		a.holds(soon, sw, "new port", append(wired, "flood "+blue+" 10.0.0.11", fmt.Sprintf("mac %s %s 10.0.0.11", blue, p["mac_address"]))...)
		a.neutron.remove(a.T, port, p["id"].(string))
		a.holds(soon, sw, "deleted port", wired...)
	}
	a.neutron.remove(a.T, connection, conn)
	a.holds(patience, sw, "deleted connection")
	a.neutron.remove(a.T, gateway, gw)
	a.nothingIsLeft()
}

// idle: nine processes together compare about as often as one would.
func (a *api) idle() {
	before, began := a.traffic.comparisons(), time.Now()
	for range 3 {
		a.synced()
	}
	n, took := a.traffic.comparisons()-before, time.Since(began)
	a.Logf("measured: %d comparisons in %s", n, took.Round(time.Second))
	require.GreaterOrEqual(a.T, n, 2)
	require.LessOrEqual(a.T, n, atMost(took))
}

// repaired: what somebody else changes in bordergw is repaired by neutron-rpc-server, whether or not neutron-api answers.
func (a *api) repaired() {
	sw := a.newSwitch("sw-repaired", "192.0.2.2")
	gw := a.newGateway("mine", portDevice(sw, "p1", 100))
	resume := a.pause(a.master)
	before := len(a.server.log(a.T))
	a.direct.update(a.T, gateway, gw, object{"name": "theirs"})
	a.Logf("measured: repaired after %s", poll.Until(a.T, 2*resync+patience, func() error {
		if name := a.direct.get(a.T, gateway, gw)["name"]; name != "mine" {
			return fmt.Errorf("the gateway is named %s", name)
		}
		return nil
	}))
	poll.Until(a.T, patience, func() error {
		by := changedBy.FindStringSubmatch(a.server.log(a.T)[before:])
		if by == nil {
			return errors.New("no process has logged a change")
		}
		pid, err := strconv.Atoi(by[1])
		require.NoError(a.T, err)
		group, err := syscall.Getpgid(pid)
		require.NoError(a.T, err)
		require.Equal(a.T, a.rpc.cmd.Process.Pid, group)
		return nil
	})
	resume()
	a.neutron.remove(a.T, gateway, gw)
}

// late: while neutron-rpc-server does not run on, users are served, and what is to be done meanwhile is done later.
func (a *api) late() {
	sw := a.newSwitch("sw-late", "192.0.2.6")
	blue, vni := a.newNetwork("blue")
	a.connect(a.newGateway("g", portDevice(sw, "p1", 100)), blue)
	wired := []string{"ls " + blue + " " + vni, "bind sw-late p1 100 " + blue}
	a.holds(patience, sw, "connection", wired...)
	resume := a.pause(a.rpc)
	p := a.newPort(blue, "h1")
	resume()
	a.holds(patience, sw, "port", append(wired, "flood "+blue+" 10.0.0.11", fmt.Sprintf("mac %s %s 10.0.0.11", blue, p["mac_address"]))...)
	a.tidy()
	a.holds(patience, sw, "nothing")
}

// pause stops all processes of a program until the test ends, or sooner.
func (a *api) pause(p *process) (resume func()) {
	a.Helper()
	require.NoError(a.T, syscall.Kill(-p.cmd.Process.Pid, syscall.SIGSTOP))
	resume = sync.OnceFunc(func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGCONT) })
	a.Cleanup(resume)
	return resume
}

// away: what could not be sent is sent when bordergw is there again.
func (a *api) away() {
	sw := a.newSwitch("sw-away", "192.0.2.3")
	blue, vni := a.newNetwork("blue")
	gw := a.newGateway("g", portDevice(sw, "p1", 100))
	conn := a.connect(gw, blue)
	a.holds(patience, sw, "connection", "ls "+blue+" "+vni, "bind sw-away p1 100 "+blue)
	a.traffic.refuse(true)
	a.Cleanup(func() { a.traffic.refuse(false) })
	a.neutron.remove(a.T, connection, conn)
	a.neutron.remove(a.T, gateway, gw)
	a.neutron.do(a.T, http.StatusServiceUnavailable, http.MethodPost, paths[gateway],
		object{gateway: object{"name": "new", "devices": []any{portDevice(sw, "p3", 5)}}})
	require.Empty(a.T, a.rows(gateway))
	require.Equal(a.T, []string{gw}, a.managed(gateway))
	a.traffic.refuse(false)
	back := time.Now()
	a.holds(owedWithin, sw, "owed deletions on the switch")
	a.Logf("measured: owed deletions after %s more", poll.Until(a.T, owedWithin, a.differs))
	poll.True(a.T, patience, "all processes ask bordergw again", func() bool { return time.Since(back) > silence })
}

// reload: bordergw has lost a gateway and a connection, and all processes of uwsgi, which start anew, have that found
// at the same moment. Each object is there once. Ports that are made meanwhile are not lost.
func (a *api) reload() {
	sw := a.newSwitch("sw-reload", "192.0.2.4")
	blue, vni := a.newNetwork("blue")
	gw := a.newGateway("g", portDevice(sw, "p1", 100))
	conn := a.connect(gw, blue)
	a.synced()
	resume := a.pause(a.rpc)
	a.direct.remove(a.T, connection, conn)
	a.direct.remove(a.T, gateway, gw)
	starts, before, posts := a.starts(), a.traffic.comparisons(), a.traffic.gatewayPosts()
	require.NoError(a.T, a.master.cmd.Process.Signal(syscall.SIGHUP))
	var making sync.WaitGroup
	for range 4 {
		making.Go(func() { a.makePorts(blue) })
	}
	a.loaded(starts + uwsgiProcesses)
	making.Wait()
	resume()
	a.Logf("measured: everything is back after %s", poll.Until(a.T, patience, a.differs))

	want := append(a.rowsOfPorts(blue), "ls "+blue+" "+vni, "bind sw-reload p1 100 "+blue, "flood "+blue+" 10.0.0.11")
	require.Greater(a.T, len(want), 3, "no port was made")
	a.holds(patience, sw, "rows", want...)
	require.Equal(a.T, []string{gw}, ids(a.direct.list(a.T, gateway, "")))
	require.Equal(a.T, []string{conn}, ids(a.direct.list(a.T, connection, "")))
	a.Logf("measured: %d comparisons, %d POSTs of the gateway", a.traffic.comparisons()-before, a.traffic.gatewayPosts()-posts)
	require.Equal(a.T, 1, a.traffic.gatewayPosts()-posts)
	require.NotRegexp(a.T, `bordergw_neutron.* is refused`, a.server.log(a.T))
	a.tidy()
}

// makePorts makes ports one after the other. One that takes longer than a client waits is made all the same.
func (a *api) makePorts(networkID string) {
	for range 5 {
		_, _ = a.neutron.try(a.T, http.MethodPost, paths[port], object{port: virtualMachine(networkID, "h1")})
	}
}

// rowsOfPorts are those of a switch for all ports of a network.
func (a *api) rowsOfPorts(networkID string) (out []string) {
	a.Helper()
	for _, mac := range column(a.neutron.list(a.T, port, "?network_id="+networkID), "mac_address") {
		out = append(out, fmt.Sprintf("mac %s %s 10.0.0.11", networkID, mac))
	}
	return out
}

// killed: a process dies after it has stored changes and before bordergw has got them.
func (a *api) killed() {
	sw := a.newSwitch("sw-killed", "192.0.2.5")
	blue, vni := a.newNetwork("blue")
	conn := a.connect(a.newGateway("g", portDevice(sw, "p1", 100)), blue)
	a.holds(patience, sw, "connection", "ls "+blue+" "+vni, "bind sw-killed p1 100 "+blue)
	a.synced()
	resume := a.pause(a.rpc) // else it may compare before the process is killed
	late := object{gateway: object{"name": "late", "devices": []any{portDevice(sw, "p2", 200)}}}
	a.killedWhile(http.MethodDelete, paths[connection]+"/"+conn, nil)
	a.killedWhile(http.MethodPost, paths[gateway], late)
	resume()
	a.holds(owedWithin, sw, "deleted connection")
	require.Equal(a.T, []string{"g", "late"}, column(a.neutron.list(a.T, gateway, ""), "name"))
	a.Logf("measured: both sides are the same after %s more", poll.Until(a.T, owedWithin, a.differs))
}

// killedWhile sends a request to Neutron, and kills the process that serves it when it asks bordergw. Another one has
// taken its place when this returns.
func (a *api) killedWhile(method, path string, body any) {
	a.Helper()
	held := a.traffic.hold(method)
	var asked sync.WaitGroup
	asked.Go(func() { _, _ = a.neutron.try(a.T, method, path, body) })
	starts := a.starts()
	pid := a.serverOf(<-held.from)
	require.NotEqual(a.T, a.master.cmd.Process.Pid, pid)
	require.NoError(a.T, syscall.Kill(pid, syscall.SIGKILL))
	asked.Wait()
	held.drop()
	a.loaded(starts + 1)
}

// serverOf is the process that has connected from an address.
func (a *api) serverOf(address string) int {
	a.Helper()
	_, local, _ := strings.Cut(address, ":")
	out, err := exec.Command("ss", "-Htnp", "sport = :"+local).CombinedOutput()
	require.NoError(a.T, err, "%s", out)
	m := owner.FindSubmatch(out)
	require.NotNil(a.T, m, "%s", out)
	pid, err := strconv.Atoi(string(m[1]))
	require.NoError(a.T, err)
	return pid
}

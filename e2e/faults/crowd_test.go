package faults_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
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

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/store"
)

// keepOpen sends a request and reads the answer, and leaves the connection open.
func (d *daemon) keepOpen(request string) net.Conn {
	c := d.dial()
	require.NoError(d.t, c.SetDeadline(time.Now().Add(rig.Patience)), "or it waits until another one has been idle for too long")
	_, err := io.WriteString(c, request)
	require.NoError(d.t, err)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(d.t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(d.t, err)
	return c
}

// begin opens a connection and writes what it is given, nothing when that is empty.
func (d *daemon) begin(text string) net.Conn {
	c := d.dial()
	_, err := io.WriteString(c, text) // may have been closed already
	if err != nil {
		require.ErrorIs(d.t, err, syscall.EPIPE)
	}
	return c
}

// probed asks what an orchestrator and Prometheus ask and returns the longest
// time that an answer took while the machine was free.
func (d *daemon) probed() (longest time.Duration) {
	free := poll.Start(d.t)
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		asked := free.Counted()
		status, text := d.ask(http.MethodGet, path, "", "")
		require.Equal(d.t, http.StatusOK, status, "%s: %s", path, text)
		longest = max(longest, free.Counted()-asked)
	}
	return longest
}

// descriptors is how many the program has open.
func (d *daemon) descriptors() int {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.cmd.Process.Pid))
	require.NoError(d.t, err)
	return len(open)
}

// resident is the memory of the program without the files it has mapped, in MiB.
func (d *daemon) resident() (kB int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	require.NoError(d.t, err)
	_, line, _ := strings.Cut(string(status), "RssAnon:")
	_, err = fmt.Sscan(line, &kB)
	require.NoError(d.t, err)
	return kB >> 10
}

const (
	get      = "GET /v2.0/networks HTTP/1.1\r\nHost: x\r\n\r\n"
	halfHead = "GET /v2.0/networks HTTP/1.1\r\nHost: x\r\nX-"
	halfBody = "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
)

// TestF68_CrowdOfClients: whatever two thousand clients do, health, readiness and
// metrics are answered at once. Clients that have no complete request make room
// for those that have.
func TestF68_CrowdOfClients(t *testing.T) {
	t.Parallel()
	const crowd = 2000
	for _, c := range []struct {
		name string
		come func(*daemon)
		busy bool // the API itself is full
	}{
		{"idle", func(d *daemon) { d.keepOpen(get) }, false},
		{"silent", func(d *daemon) { d.begin("") }, false},
		{"half a head", func(d *daemon) { d.begin(halfHead) }, false},
		{"half a body", func(d *daemon) { d.begin(halfBody) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := serve(t)
			var longest time.Duration
			for i := range crowd {
				c.come(d)
				if i%400 == 399 {
					longest = max(longest, d.probed())
				}
			}
			require.Less(t, longest, soon)
			free := poll.Start(t)
			status, text := d.ask(http.MethodGet, "/v2.0/networks", "", "")
			require.Less(t, free.Counted(), soon, "answered or refused, but at once")
			if c.busy {
				require.Equal(t, http.StatusServiceUnavailable, status, text)
			} else {
				require.Equal(t, http.StatusOK, status, text)
			}
			measured(t, longest, 0)
		})
	}
}

// TestF68_TenThousandConnections: so many open connections neither use up the
// descriptors nor slow down who asks.
func TestF68_TenThousandConnections(t *testing.T) {
	t.Parallel()
	d := serve(t)
	var longest time.Duration
	for i := range 10_000 {
		d.begin([]string{"", halfHead, get, halfBody}[i%4])
		if i%1000 == 999 {
			longest = max(longest, d.probed())
		}
	}
	require.Less(t, longest, soon)
	require.Less(t, d.descriptors(), 1200)
	measured(t, longest, 0)
}

// TestF68_LongListNobodyReads: the answer is made as it is read, so that many
// clients inside a long list take no memory for it each.
func TestF68_LongListNobodyReads(t *testing.T) {
	t.Parallel()
	d := serve(t)
	networks := make([]string, 5000)
	for i := range networks {
		networks[i] = fmt.Sprintf(`{"id":"n%d","project_id":"p","seq":%d,"name":"%s"}`, i, i+1, strings.Repeat("x", 250))
	}
	status, text := d.ask(http.MethodPost, "/v1/import", "", `{"format":1,"networks":[`+strings.Join(networks, ",")+`]}`)
	require.Equal(t, http.StatusNoContent, status, text)
	before := d.resident()
	for range 300 {
		c := d.dial()
		require.NoError(t, c.(*net.TCPConn).SetReadBuffer(4<<10))
		_, err := io.WriteString(c, get)
		require.NoError(t, err)
	}
	require.Less(t, d.probed(), soon)
	// Encoded whole, 300 answers of 1.5 MiB each would take more than 450 MiB.
	require.Less(t, d.resident()-before, 300, "MiB more")
}

// TestF68_FewDescriptors: with a low limit of the system the API takes a part of
// it only, and switches still find theirs.
func TestF68_FewDescriptors(t *testing.T) {
	t.Parallel()
	s := ovsdbtest.Start(t)
	s.AddSwitch("tor1", "192.0.2.1", "p1")
	path, err := built()
	require.NoError(t, err)
	d := started(t, exec.Command("sh", "-c", `ulimit -n 128; exec "$0" serve --listen 127.0.0.1:0 --data-dir "$1"`, path, t.TempDir()))
	for range 600 {
		d.begin(halfHead)
	}
	require.Less(t, d.probed(), soon)
	body := fmt.Sprintf(`{"gateway_device":{"name":"hw","type":"hw_vtep","management_ip":"127.0.0.1","management_port":"%d"}}`, s.Port())
	status, text := d.ask(http.MethodPost, "/v2.0/gw/gateway_devices", "", body)
	require.Equal(t, http.StatusCreated, status, text)
	rig.Eventually(t, rig.Patience, func() error {
		_, text := d.ask(http.MethodGet, "/v1/devices", "", "")
		if !strings.Contains(text, "IN_SYNC") {
			return errors.New(text)
		}
		return nil
	})
}

// TestF69_WholeAudit: all of a large audit is sent while it is read.
func TestF69_WholeAudit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "bordergw.db"), store.Options{})
	require.NoError(t, err)
	big := model.Device{DeviceName: "sw"}
	for i := range 400 {
		port := model.Interface{Name: fmt.Sprint("p", i)}
		for vlan := model.VLAN(1001); vlan <= 1100; vlan++ {
			port.VLANs = append(port.VLANs, vlan)
		}
		big.Interfaces = append(big.Interfaces, port)
	}
	ctx := model.WithActor(t.Context(), model.Actor{User: "u"})
	for range 60 {
		g, err := db.CreateL2Gateway(ctx, model.L2Gateway{Devices: []model.Device{big}})
		require.NoError(t, err)
		require.NoError(t, db.DeleteL2Gateway(ctx, g.ID))
	}
	require.NoError(t, db.Close())
	d := serve(t, "--data-dir", dir)
	before := d.resident()
	began := time.Now()
	status, text := d.ask(http.MethodGet, "/v1/audit?limit=0", "", "")
	require.Equal(t, http.StatusOK, status)
	require.Greater(t, len(text), 20<<20)
	require.LessOrEqual(t, len(text), store.DefaultAuditBytes+1<<20)
	require.Less(t, d.resident()-before, 40, "MiB more")
	measured(t, time.Since(began), 0)
}

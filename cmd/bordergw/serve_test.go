package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

// served is a "bordergw serve" in this process, with everything real.
type served struct {
	url  string
	stop func() result
}

func serveIn(t *testing.T, dir string, args ...string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	lines, out := io.Pipe()
	var errOut bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		all := append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", dir}, args...)
		code := execute(ctx, all, strings.NewReader(""), out, &errOut)
		_ = out.Close()
		ended <- code
	}()
	t.Cleanup(cancel)
	s := &served{stop: func() result {
		cancel()
		return result{code: <-ended, errOut: errOut.String()}
	}}
	s.url = listenURL(t, lines)
	t.Setenv("BORDERGW_URL", s.url)
	return s
}

// must runs a client command that has to succeed and gives what it prints.
func must(t *testing.T, args ...string) string {
	t.Helper()
	r := runArgs(t.Context(), args...)
	require.Equal(t, exitOK, r.code, "%v: %s%s", args, r.out, r.errOut)
	return r.out
}

func namesListed(t *testing.T, noun string) []string {
	t.Helper()
	var list []struct{ Name string }
	require.NoError(t, json.Unmarshal([]byte(must(t, noun, "list", "-o", "json")), &list))
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].Name
	}
	return out
}

// Two switches are joined and taken apart again by the client alone.
func TestJoinTwoSwitches(t *testing.T) {
	var switches []*ovsdbtest.Server
	dir := t.TempDir()
	daemon := serveIn(t, dir)
	for i, name := range []string{"sw1", "sw2"} {
		s := ovsdbtest.Start(t)
		s.AddSwitch(name, "192.0.2."+strconv.Itoa(i+1), "p1", "p2")
		must(t, "device", "create", "--name", name, "--management-ip", "127.0.0.1", "--management-port", strconv.Itoa(s.Port()))
		switches = append(switches, s)
	}
	must(t, "wait", "--timeout", "20s", "device/sw1", "device/sw2")
	must(t, "network", "create", "blue", "--vni", "5001")
	must(t, "gateway", "create", "gw1", "--device", `name=sw1,interface_names="p1|100"`, "--device", "name=sw2,interface_names=p2|200#201")
	must(t, "connection", "create", "gw1", "blue")
	out := must(t, "wait", "--timeout", "20s")
	require.Regexp(t, `^connection/\S+ Programmed\n$`, out)
	require.Equal(t, "0100 ", bindings(switches[0], "sw1", "p1"))
	require.Equal(t, "0200 0201 ", bindings(switches[1], "sw2", "p2"))
	require.Equal(t, 2, strings.Count(must(t, "plan"), "nothing to do"))

	// What was defined outlives the daemon, and the switches keep their rows.
	require.Equal(t, exitOK, daemon.stop().code)
	require.Equal(t, "0100 ", bindings(switches[0], "sw1", "p1"))
	daemon = serveIn(t, dir)
	require.Equal(t, []string{"sw1", "sw2"}, namesListed(t, "device"))
	must(t, "wait", "--timeout", "20s")

	var list []struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(must(t, "connection", "list", "-o", "json")), &list))
	must(t, "connection", "delete", list[0].ID)
	must(t, "gateway", "delete", "gw1")
	must(t, "network", "delete", "blue")
	poll.Until(t, patience, func() error {
		if left := bindings(switches[0], "sw1", "p1") + bindings(switches[1], "sw2", "p2"); left != "" {
			return fmt.Errorf("still bound: %s", left)
		}
		return nil
	})
	must(t, "device", "delete", "sw1", "sw2")
	require.Empty(t, namesListed(t, "device"))
	require.Equal(t, exitOK, daemon.stop().code)
}

// bindings gives the VLANs of a port.
func bindings(s *ovsdbtest.Server, sw, port string) string {
	var b strings.Builder
	for line := range strings.Lines(s.VtepCtl("list-bindings", sw, port)) {
		vlan, _, _ := strings.Cut(line, " ")
		b.WriteString(strings.TrimSpace(vlan) + " ")
	}
	return b.String()
}

// The border gateway in the words of its specification.
func TestBorderGateway(t *testing.T) {
	daemon := serveIn(t, t.TempDir())
	must(t, "device", "create", "--name", "border", "--management-ip", "127.0.0.1", "--management-port", "1", "--site", "a")
	must(t, "device", "update", "border", "--site", "b", "--tunnel-ip", "192.0.2.7")
	must(t, "gateway", "create", "bgw", "--device", "device_id=border,segmentaion_id=7000")
	require.Contains(t, must(t, "gateway", "list"), "border vni 7000")
	must(t, "network", "create", "blue", "--id", "n-1")
	must(t, "connection", "create", "bgw", "n-1")
	require.Regexp(t, `provider:segmentation_id +7000\n`, must(t, "network", "show", "blue"))
	must(t, "mac", "create", "border", "--mac-address", "52-54-00-00-00-0A", "--vtep-address", "192.0.2.9", "--segmentation-id", "7000")
	must(t, "mac", "delete", "border", "52:54:00:00:00:0a")

	got := runArgs(t.Context(), "wait", "--timeout", "300ms")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errOut, "is not Programmed")
	require.Contains(t, got.errOut, "border")
	require.Equal(t, exitOK, daemon.stop().code)
}

func TestServeWithTokens(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bordergw.yaml")
	tokens, err := filepath.Abs("testdata/tokens/good.yaml")
	require.NoError(t, err)
	text := "auth: token\nlog_format: json\ntoken_file: " + tokens + "\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	daemon := serveIn(t, dir, "--config", file)

	got := runArgs(t.Context(), "network", "list")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errOut, "HTTP 401")
	got = runArgs(t.Context(), "gateway", "list", "--token", "second-secret")
	require.Contains(t, got.errOut, "(AdminRequired, HTTP 403)")
	must(t, "network", "create", "blue", "--token", "first-secret")

	end := daemon.stop()
	require.Equal(t, exitOK, end.code)
	require.Contains(t, end.errOut, `"msg":"started"`)
	require.NotContains(t, end.errOut, "secret")
}

package frames_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
)

// closePace is that of pings that are to lose nothing.
const closePace = 50 * time.Millisecond

// brownField adopts two switches that somebody else has written, and then loses the store and fills a new one from the site's
// file: hosts behind them, which ping each other twenty times a second, notice neither.
func brownField(s *scene) {
	s.written("sw1", "h2", s.lab.Switch("sw2"))
	s.written("sw2", "h1", s.lab.Switch("sw1"))
	var ids []string
	for _, name := range []string{"sw1", "sw2"} {
		at, made := s.lab.Switch(name).Endpoint(), map[string]shown{}
		s.ctl.do(s.T, http.StatusCreated, http.MethodPost, devices, object{"gateway_device": object{
			"name": name, "management_ip": at.Addr().String(), "management_port": at.Port(),
		}}, &made)
		ids = append(ids, made["gateway_device"].ID)
	}
	s.Cleanup(func() { s.apply("bordergw: 1\nsite: lab\n", object{"prune": true, "max_delete": 100}) })
	s.settled()
	s.undisturbed("adopt", func() {
		var found struct{ File string }
		s.ctl.do(s.T, http.StatusOK, http.MethodGet, fmt.Sprintf("/v1/devices/%s/adopt?with=%s&site=lab", ids[0], ids[1]), nil, &found)
		s.apply(found.File, object{})
		s.settled()
	})
	require.Len(s, s.connections(), 1)
	file := s.text("/v1/site?site=lab")
	s.undisturbed("lost store", func() {
		s.ctl.end(s.T, syscall.SIGKILL)
		require.NoError(s, os.RemoveAll(filepath.Join(s.ctl.dir, "store")))
		s.ctl.run(s.T)
		s.apply(file, object{})
		s.settled()
	})
	require.Equal(s, file, s.text("/v1/site?site=lab"))
}

// written makes a switch carry a network by hand, with a row for a host behind another switch.
func (s *scene) written(name, host string, peer *lab.Switch) {
	s.Helper()
	ip := peer.TunnelIP().String()
	_, err := s.lab.Switch(name).VtepCtl(soon(s.T), "add-ls", "stood", "--", "set", "Logical_Switch", "stood", fmt.Sprint("tunnel_key=", vniDirect),
		"replication_mode=source_node", "--", "add-mcast-remote", "stood", "unknown-dst", ip, "--", "add-ucast-remote", "stood", s.lab.Host(host).MAC, ip,
		"--", "bind-ls", name, "p1", "0", "stood")
	require.NoError(s, err)
}

// undisturbed asserts that no ping between h1 and h2 is lost while something happens. Only a stall of this machine excuses a loss.
func (s *scene) undisturbed(what string, happens func()) {
	s.Helper()
	s.reach("h1", "h2")
	before := s.free.Stalled()
	stream, err := s.lab.Stream("h1", "h2", closePace)
	require.NoError(s, err)
	more := func(answers int) {
		want := stream.Answers() + answers
		eventually(s.T, patience, func() error {
			if n := stream.Answers(); n < want {
				return fmt.Errorf("%d answers, not %d yet", n, want)
			}
			return nil
		})
	}
	more(20)
	happens()
	more(60)
	loss, err := stream.Stop()
	require.NoError(s, err)
	stalled := s.free.Stalled() - before
	s.Logf("measured: | %s | %d of %d | %s |", what, loss.Sent-loss.Answered, loss.Sent, loss.Silence.Round(10*time.Millisecond))
	if stalled == 0 {
		require.Equal(s, loss.Sent, loss.Answered, "%s: %s", what, loss)
	}
	require.LessOrEqual(s, loss.Silence, stalled+4*closePace, "%s: %s", what, loss)
}

// apply makes a site file so.
func (s *scene) apply(file string, options object) {
	s.Helper()
	options["file"] = file
	s.ctl.do(s.T, http.StatusOK, http.MethodPost, "/v1/site/apply", options, nil)
}

func (s *scene) connections() []shown {
	s.Helper()
	var all struct {
		Connections []shown `json:"l2_gateway_connections"`
	}
	s.ctl.do(s.T, http.StatusOK, http.MethodGet, connections, nil, &all)
	return all.Connections
}

// text is an answer that is no JSON.
func (s *scene) text(path string) string {
	s.Helper()
	req, err := http.NewRequestWithContext(soon(s.T), http.MethodGet, s.ctl.url+path, nil)
	require.NoError(s, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	require.Equal(s, http.StatusOK, resp.StatusCode, "%s", text)
	return string(text)
}

package frames_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
)

// bfd has two switches run BFD between them. The condition follows what they report, the settings are written again when
// an emulator has made its tunnel rows anew, and a tunnel that is down removes no MAC.
func bfd(s *scene) {
	for _, name := range []string{"sw1", "sw2"} {
		s.device(name, object{"profile": "ovs-vtep+bfd"})
	}
	s.connect(s.network("net", 0), on("sw1", "p1", 0), on("sw2", "p1", 0))
	s.settled()
	s.reach("h1", "h2")
	s.tunnels(true)
	// The emulator reports what it has learned in a round of its own.
	eventually(s.T, patience, func() error {
		if macs := s.remoteMACs("sw1"); !strings.Contains(macs, s.lab.Host("h2").MAC) {
			return fmt.Errorf("remote MACs of sw1 are %q", macs)
		}
		return nil
	})

	require.NoError(s, s.lab.SetUnderlay(soon(s.T), s.lab.Switch("sw2"), false))
	s.tunnels(false)
	macs := s.remoteMACs("sw1")
	require.Contains(s, macs, "unknown-dst")
	require.Contains(s, macs, s.lab.Host("h2").MAC)
	require.NoError(s, s.lab.SetUnderlay(soon(s.T), s.lab.Switch("sw2"), true))
	s.tunnels(true)

	require.NoError(s, s.lab.Switch("sw1").RestartEmulator(soon(s.T)))
	eventually(s.T, patience, func() error {
		params, err := s.lab.Switch("sw1").VtepCtl(soon(s.T), "--bare", "--columns=bfd_params", "list", "Tunnel")
		if err == nil && !strings.Contains(params, "enable=true") {
			err = fmt.Errorf("bfd_params of sw1 are %q", params)
		}
		return err
	})
	s.tunnels(true)
	s.reach("h1", "h2")
}

// remoteMACs lists the remote MACs of all networks of a switch, as vtep-ctl prints them.
func (s *scene) remoteMACs(name string) string {
	s.Helper()
	sw := s.lab.Switch(name)
	networks, err := sw.VtepCtl(soon(s.T), "list-ls")
	require.NoError(s, err)
	var all strings.Builder
	for _, ls := range strings.Fields(networks) {
		macs, err := sw.VtepCtl(soon(s.T), "list-remote-macs", ls)
		require.NoError(s, err)
		all.WriteString(macs)
	}
	return all.String()
}

// tunnels waits until the connection's condition TunnelsUp is as said.
func (s *scene) tunnels(up bool) {
	s.Helper()
	type condition struct {
		Type    string
		Status  bool
		Message string
	}
	eventually(s.T, patience, func() error {
		var all struct {
			Connections []struct{ Conditions []condition } `json:"l2_gateway_connections"`
		}
		s.ctl.do(s.T, http.StatusOK, http.MethodGet, connections, nil, &all)
		for _, c := range all.Connections {
			i := slices.IndexFunc(c.Conditions, func(c condition) bool { return c.Type == "TunnelsUp" })
			if i < 0 || c.Conditions[i].Status != up {
				return fmt.Errorf("conditions are %v", c.Conditions)
			}
		}
		return nil
	})
}

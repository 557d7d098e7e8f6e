package frames_test

import (
	"fmt"
	"net/http"

	"github.com/stretchr/testify/require"
)

// vniDirect is the VNI of networks whose borders are direct: end to end.
const vniDirect = 7000

// direct has a network in several sites whose every switch reaches every other. The first two switches are borders of
// the sites given, the third one of site west.
func (s *scene) direct(first, second string) {
	for name, site := range map[string]string{"sw1": first, "sw2": second, "sw3": "west"} {
		s.device(name, object{"site": site, "border_mode": "direct"})
	}
	net := s.network("net", vniDirect)
	s.connect(net, s.across("sw1", vniDirect), s.across("sw2", vniDirect), s.across("sw3", vniDirect))
	s.connect(net, on("sw1", "p1", 0), on("sw2", "p2", 200), on("sw3", "p1", 0))
	s.settled()
	s.vnis = map[string]uint32{between: vniDirect}
	s.reach("h1", "u2", "h3")
	s.once([]string{"h1", "u2", "h3"}, []string{"h2", "t2", "t3"})
	s.onWire("h1", "h3", []hop{{"sw1", "sw3", vniDirect}})
}

// foreignSite has two switches here and one that another controller drives: what is known of it is the address of its
// switch and the MAC of its host.
func (s *scene) foreignSite() {
	here, far := []string{"sw1", "sw2"}, s.lab.Switch("sw3")
	for _, name := range here {
		s.device(name, object{"site": "east", "border_mode": "direct"})
	}
	s.foreign(far.Name, here)
	s.ctl.do(s.T, http.StatusCreated, http.MethodPost, devices+"/"+s.devices["sw1"]+"/remote_mac_entries", object{
		"remote_mac_entry": object{
			"mac_address": s.lab.Host("h3").MAC, "vtep_address": far.TunnelIP(), "segmentation_id": vniDirect,
		},
	}, nil)
	net := s.network("net", vniDirect)
	s.connect(net, s.across("sw1", vniDirect))
	s.connect(net, on("sw1", "p1", 0), on("sw2", "p1", 0))
	s.settled()
	s.vnis = map[string]uint32{between: vniDirect}
	s.reach("h1", "h2", "h3")
	s.once([]string{"h1", "h2", "h3"}, []string{"t1", "t2", "t3"})
	s.onWire("h2", "h3", []hop{{"sw2", "sw3", vniDirect}})
}

// foreign makes a switch join a network by hand, as its own controller would, until the test ends.
func (s *scene) foreign(name string, peers []string) {
	s.Helper()
	sw := s.lab.Switch(name)
	vtepCtl := func(args ...string) error {
		_, err := sw.VtepCtl(soon(s.T), args...)
		return err
	}
	args := []string{
		"add-ls", "theirs", "--", "set", "Logical_Switch", "theirs", fmt.Sprint("tunnel_key=", vniDirect), "replication_mode=source_node",
	}
	for _, p := range peers {
		args = append(args, "--", "add-mcast-remote", "theirs", "unknown-dst", s.lab.Switch(p).TunnelIP().String())
	}
	require.NoError(s, vtepCtl(append(args, "--", "bind-ls", name, "p1", "0", "theirs")...))
	s.Cleanup(func() {
		require.NoError(s, vtepCtl("unbind-ls", name, "p1", "0", "--", "clear-remote-macs", "theirs"))
		// It cannot go before the switch has taken its own rows out.
		eventually(s.T, patience, func() error { return vtepCtl("del-ls", "theirs") })
	})
}

package frames_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
	"bordergw/internal/poll"
)

// patience is for what the machine's load may delay. What has a limit of its own is not given it.
const patience = 40 * time.Second

// soon is a context for what starts and ends processes: on a busy machine each takes
// its time.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 4*patience)
	t.Cleanup(cancel)
	return ctx
}

// eventually polls until check finds nothing wrong.
func eventually(t *testing.T, within time.Duration, check func() error) {
	t.Helper()
	poll.Until(t, within, check)
}

// stage is a lab with a controller, shared by the subtests of one test.
type stage struct {
	lab      *lab.Lab
	ctl      *controller
	switches []lab.SwitchConfig
	free     *poll.Watch
}

func newStage(t *testing.T, switches []lab.SwitchConfig) *stage {
	dir, err := os.MkdirTemp("/run", "lab")
	require.NoError(t, err)
	l, err := lab.New(lab.Config{Switches: switches, Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	require.NoError(t, l.Up(soon(t)))
	return &stage{free: poll.Start(t), lab: l, ctl: startController(t, "--ha-hold", haHold.String()), switches: switches}
}

// useEmulator has those switches that have routes run a script of testdata, or with "" what the distribution has.
func (s *stage) useEmulator(t *testing.T, script string) {
	t.Helper()
	if script != "" {
		var err error
		script, err = filepath.Abs(filepath.Join("testdata", script))
		require.NoError(t, err)
	}
	for _, sw := range s.switches {
		if sw.Border {
			require.NoError(t, s.lab.Switch(sw.Name).UseEmulator(soon(t), script))
		}
	}
}

// run runs a subtest on the stage, and sees that it leaves the switches as it found them.
func (s *stage) run(t *testing.T, name string, do func(*scene)) {
	t.Run(name, func(t *testing.T) {
		t.Cleanup(func() { s.clean(t) })
		do(&scene{T: t, stage: s, devices: map[string]string{}})
	})
}

func (s *stage) clean(t *testing.T) {
	for _, sw := range s.switches {
		eventually(t, patience, func() error {
			left, err := s.lab.Switch(sw.Name).VtepCtl(soon(t), "list-ls")
			if err == nil && left != "" {
				err = fmt.Errorf("%s still has %s", sw.Name, left)
			}
			return err
		})
	}
}

// scene is one subtest's use of a stage.
type scene struct {
	*testing.T
	*stage
	devices map[string]string // id by name of the switch
	// vnis are those that frames have on the wire, by site and between; once looks at the wire if they are known.
	vnis map[string]uint32
}

// device registers a switch; attributes may be nil.
func (s *scene) device(name string, attributes object) {
	s.Helper()
	at := s.lab.Switch(name).Endpoint()
	all := object{"name": name, "management_ip": at.Addr().String(), "management_port": at.Port()}
	for k, v := range attributes {
		all[k] = v
	}
	s.devices[name] = s.ctl.create(s.T, devices, all)
}

// network creates a network with a VNI, 0 for any.
func (s *scene) network(name string, vni int) string {
	s.Helper()
	attributes := object{"name": name}
	if vni != 0 {
		attributes["provider:segmentation_id"] = vni
	}
	return s.ctl.create(s.T, networks, attributes)
}

// connect makes a gateway of devices and joins a network to it.
func (s *scene) connect(network string, devices ...object) (gateway string) {
	s.Helper()
	return s.connectHA(network, object{}, devices...)
}

func (s *scene) connectHA(network string, attributes object, devices ...object) (gateway string) {
	s.Helper()
	attributes["name"], attributes["devices"] = "gw", devices
	gateway = s.ctl.create(s.T, gateways, attributes)
	s.ctl.create(s.T, connections, object{"l2_gateway_id": gateway, "network_id": network})
	return gateway
}

// on is a port of a switch in a VLAN, 0 for untagged.
func on(name, port string, vlan int) object {
	return object{"device_name": name, "interfaces": []object{{"name": port, "segmentation_id": []int{vlan}}}}
}

// across is a border device with the VNI between sites.
func (s *scene) across(name string, vni int) object {
	return object{"device_id": s.devices[name], "segmentation_id": vni}
}

// settled waits until the controller says that all is in the switches.
func (s *scene) settled() {
	s.Helper()
	eventually(s.T, patience, func() error { return s.ctl.unsettled(s.T) })
}

// reach asserts that every host can ping every other.
func (s *scene) reach(hosts ...string) {
	s.Helper()
	for _, from := range hosts {
		for _, to := range hosts {
			if from != to {
				require.NoError(s, s.lab.Ping(soon(s.T), from, to))
			}
		}
	}
}

// apart asserts that no host of one group can ping one of the other. Within the groups they can.
func (s *scene) apart(group, other []string) {
	s.Helper()
	s.reach(group...)
	s.reach(other...)
	for _, from := range group {
		for _, to := range other {
			_, err := s.lab.Host(from).Run(soon(s.T), "ping", "-q", "-c", "2", "-i", "0.2", "-W", "1", s.lab.Host(to).IP.String())
			require.Error(s, err, "%s reaches %s", from, to)
		}
	}
}

// first begins the broadcast of each host that may be lost and is repeated then.
const first = "first from "

// once asserts that what one host broadcasts arrives exactly once at the others of its network, and neither at itself
// nor at strangers. It comes after reach.
func (s *scene) once(network, strangers []string) {
	s.Helper()
	ears := map[string]*lab.Ear{}
	for _, name := range slices.Concat(network, strangers) {
		ear, err := s.lab.Host(name).Listen()
		require.NoError(s, err)
		defer func() { require.NoError(s, ear.Close()) }()
		ears[name] = ear
	}
	for _, from := range network {
		s.heard(ears, network, from, first+from)
	}
	wire := s.watchWire()
	for _, from := range network {
		for n := range 5 {
			s.heard(ears, network, from, fmt.Sprint(n, " from ", from))
		}
	}
	// Whatever copy may still be under way is overtaken by a round trip on the same paths.
	s.reach(network...)
	s.requireCopies(wire.stop(s), wire, network)
	for name, ear := range ears {
		for _, from := range network {
			for n := range 5 {
				want := 1
				if name == from || !slices.Contains(network, name) {
					want = 0
				}
				text := fmt.Sprint(n, " from ", from)
				require.Equal(s, want, ear.Heard(text), "copies of broadcast %s at %s", text, name)
			}
		}
	}
}

// heard sends a broadcast and waits until all others of the network have it. One that is lost is not repeated, but for
// the first.
func (s *scene) heard(ears map[string]*lab.Ear, network []string, from, text string) {
	s.Helper()
	require.NoError(s, s.lab.Host(from).Broadcast(text))
	eventually(s.T, patience, func() error {
		var missing []error
		for _, name := range network {
			if name != from && ears[name].Heard(text) == 0 {
				missing = append(missing, fmt.Errorf("%s has not heard %s", name, text))
			}
		}
		if text == first+from && len(missing) > 0 {
			missing = append(missing, s.lab.Host(from).Broadcast(text))
		}
		return errors.Join(missing...)
	})
}

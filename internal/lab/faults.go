package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// RestartEmulator stops ovs-vtep and starts it again: about a second without traffic, local MACs and Tunnel rows anew.
func (s *Switch) RestartEmulator(ctx context.Context) error {
	s.emulator.stop(syscall.SIGTERM)
	if err := s.startEmulator(); err != nil {
		return err
	}
	return s.awaitPorts(ctx)
}

// RestartDB stops ovsdb-server and starts it again on the same files and port.
func (s *Switch) RestartDB(ctx context.Context) error {
	s.db.stop(syscall.SIGTERM)
	return s.startDB(ctx)
}

// WipeDB makes the switch come back as new, hardware_vtep empty but for the Physical_Switch and its ports.
func (s *Switch) WipeDB(ctx context.Context) error {
	s.emulator.stop(syscall.SIGTERM)
	s.db.stop(syscall.SIGTERM)
	if err := os.Remove(s.path("vtep.db")); err != nil {
		return fmt.Errorf("wipe: %w", err)
	}
	if err := s.startDB(ctx); err != nil {
		return err
	}
	if err := s.publish(ctx); err != nil {
		return err
	}
	if !s.databaseOnly {
		if err := s.startEmulator(); err != nil {
			return err
		}
	}
	return s.awaitPorts(ctx)
}

// FlapPort takes a port out of the switch and puts it back. The database then has a new Physical_Port row for it, which
// knows nothing of the old one's bindings.
func (s *Switch) FlapPort(ctx context.Context, port string) error {
	gone := func() error {
		if ports, err := s.ports(ctx); err != nil || slices.Contains(ports, port) {
			return errors.Join(fmt.Errorf("ports are %v", ports), err)
		}
		return nil
	}
	if _, err := run(s.command(ctx, "ovs-vsctl", "del-port", s.Name, port)); err != nil {
		return err
	}
	if err := waitFor(ctx, port+" to go", gone); err != nil {
		return err
	}
	if _, err := run(s.command(ctx, "ovs-vsctl", "add-port", s.Name, port)); err != nil {
		return err
	}
	return s.awaitPorts(ctx)
}

// UseEmulator has the switch run another script in the place of ovs-vtep, "" for the distribution's.
func (s *Switch) UseEmulator(ctx context.Context, script string) error {
	if script == "" {
		script = stock
	}
	if script == s.cfg.Emulator {
		return nil
	}
	s.cfg.Emulator = script
	return s.RestartEmulator(ctx)
}

// Crash kills the switch's daemons. What its databases held is still there when it boots.
func (s *Switch) Crash() {
	for _, p := range []*process{s.db, s.vswitchd, s.emulator} {
		p.stop(syscall.SIGKILL)
	}
}

// Boot starts the daemons of a crashed switch: the database first, then what passes frames.
func (s *Switch) Boot(ctx context.Context) error {
	if err := s.startDB(ctx); err != nil {
		return err
	}
	if err := s.forget(ctx); err != nil {
		return err
	}
	if err := s.startVswitchd(); err != nil {
		return err
	}
	// The device of an internal port ends with ovs-vswitchd, and its address with it.
	if err := s.vswitchd.await(ctx, "the uplink's bridge", func() error { return s.address(ctx) }); err != nil {
		return err
	}
	if err := s.startEmulator(); err != nil {
		return err
	}
	return s.awaitPorts(ctx)
}

// forget removes the emulator's bridges. A restarted ovs-vswitchd has no flows for them and would use each as an
// ordinary learning switch between its tunnels, which is a loop.
func (s *Switch) forget(ctx context.Context) error {
	bridges, err := run(s.command(ctx, "ovs-vsctl", "list-br"))
	if err != nil {
		return err
	}
	args := []string{"--no-wait", "init"}
	for _, b := range strings.Fields(bridges) {
		if strings.HasPrefix(b, s.Name+"_vtep_ls") {
			args = append(args, "--", "del-br", b)
		}
	}
	_, err = run(s.command(ctx, "ovs-vsctl", args...))
	return err
}

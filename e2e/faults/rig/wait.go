package rig

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
)

// Eventually is poll.Until.
func Eventually(t testing.TB, within time.Duration, check func() error) time.Duration {
	t.Helper()
	return poll.Until(t, within, check)
}

// Device waits for a device's phase, with a detail that has all the words.
func (s *Site) Device(within time.Duration, id, phase string, words ...string) time.Duration {
	s.T.Helper()
	return Eventually(s.T, within, func() error {
		d := s.Loop.DeviceStatus(id)
		return says(d.Phase, d.Detail+" "+d.LastError, phase, words)
	})
}

// Connection waits for a connection's state, with a detail that has all the
// words.
func (s *Site) Connection(within time.Duration, id, state string, words ...string) time.Duration {
	s.T.Helper()
	return Eventually(s.T, within, func() error {
		c := s.Loop.ConnectionStatus(id)
		return says(c.State, c.Detail, state, words)
	})
}

func says(have, detail, want string, words []string) error {
	if have != want {
		return fmt.Errorf("status is %s (%s), not %s", have, detail, want)
	}
	for _, w := range words {
		if !strings.Contains(detail, w) {
			return fmt.Errorf("status %s does not mention %q: %s", have, w, detail)
		}
	}
	return nil
}

// InSync waits until devices are in sync and nothing is planned for them.
func (s *Site) InSync(devices ...string) time.Duration {
	s.T.Helper()
	return Eventually(s.T, Patience, func() error {
		for _, id := range devices {
			if d := s.Loop.DeviceStatus(id); d.Phase != model.DeviceInSync {
				return fmt.Errorf("device %s is %s: %s", id, d.Phase, d.Detail)
			}
		}
		for p := range s.Loop.Plans(0) {
			if slices.Contains(devices, p.ID) && p.Count > 0 {
				return fmt.Errorf("device %s: still planned: %v", p.Name, slices.Collect(p.Steps))
			}
		}
		return nil
	})
}

// Holds waits until a database's Picture is as wanted.
func Holds(t testing.TB, within time.Duration, server *ovsdbtest.Server, want ...string) time.Duration {
	t.Helper()
	return Eventually(t, within, func() error { return Differs(server, want) })
}

package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// TestF62_MovedInUse: the management address of a switch that carries something
// changes. Its device is told so, and nothing on the switch is taken down.
func TestF62_MovedInUse(t *testing.T) {
	t.Parallel()
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	s := rig.New(t, reconcile.Options{})
	old, moved := rig.NewProxy(t, server.Port()), rig.NewProxy(t, server.Port())
	device := s.Register("tor1", old.Port())
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, rig.Patience, server, carried...)
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	written := server.Transactions()
	row := reference(t, server, "Logical_Switch", "name", "net")

	for _, p := range []*rig.Proxy{moved, old} {
		began := time.Now()
		s.Move(device, p.Port())
		rig.Eventually(t, rig.Patience, func() error {
			if at := s.Report(device).Endpoint; at != fmt.Sprintf("ovsdb:127.0.0.1:%d", p.Port()) {
				return fmt.Errorf("it is reached at %s", at)
			}
			return nil
		})
		s.InSync(device)
		s.Connection(rig.Patience, conn, model.ConnectionActive)
		measured(t, 0, time.Since(began))
	}
	require.Equal(t, written, server.Transactions(), "nothing is written, as nothing differs")
	require.Equal(t, row, reference(t, server, "Logical_Switch", "name", "net"))
	require.NoError(t, rig.Differs(server, carried))
}

package rig_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
)

// TestStoppedServer: who waits for a picture goes on waiting while the server is
// stopped.
func TestStoppedServer(t *testing.T) {
	server := ovsdbtest.Start(t)
	server.VtepCtl("add-ls", "net")
	server.Stop()
	require.ErrorContains(t, rig.Differs(server, []string{"ls net []"}), "can not be read")
	_, err := rig.TryPicture(server)
	require.Error(t, err)
	server.Run()
	require.NoError(t, rig.Differs(server, []string{"ls net []"}))
}

package vtep_test

import (
	"net"
	"strings"
	"testing"

	"bordergw/internal/ovsdbtest"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// TestF71_SessionsShareABudget: what is read counts, messages that are being received
// included, and a session that is too much ends while it is read.
func TestF71_SessionsShareABudget(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch+"ls "+strings.Repeat("x", 200<<10)+" key 900\n")
	b := ovsdb.NewBudget(500 << 10)
	first, err := shared(t, server, b.Share(func() {}))
	require.NoError(t, err)
	require.False(t, first.Facts().Counts.LogicalSwitches == 0)
	_, err = shared(t, server, b.Share(func() {}))
	require.ErrorIs(t, err, ovsdb.ErrBudget)
}

func shared(t *testing.T, server *ovsdbtest.Server, share *ovsdb.Share) (*vtep.Session, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.TCP(), "tcp:"))
	require.NoError(t, err)
	s, err := vtep.Open(t.Context(), conn, vtep.Opening{Config: ovsdb.Config{Share: share}})
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

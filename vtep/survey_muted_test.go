package vtep_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/vtep"
)

// An external writer adds a row while the server is asked not to report inserts. A
// Survey fetches that row first and does not blame the server for it.
func TestSurveyAfterALargePush(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch+"ls theirs key 900\n")
	s, wire := crossed(t, server)
	plan := s.Plan(largeWant(t, 2, 600), vtep.Whole)
	external := func() { server.VtepCtl("add-ucast-remote", "theirs", "02:0e:00:00:00:01", "10.0.0.3") }
	wire.afterWrite(func() { wire.afterWrite(external) }) // the first message cancels the monitor of inserts
	require.Empty(t, applied(t, s, plan.Ops))
	require.Empty(t, of(s.Dump(), "remote theirs"))
	for v := s.Survey(0); !v.Done(); {
		_, err := v.Step(t.Context())
		require.NoError(t, err)
	}
	require.NoError(t, s.Sync(t.Context(), vtep.Reported))
	agree(t, server, s)
}

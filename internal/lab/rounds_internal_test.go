package lab

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRounds(t *testing.T) {
	const log = `2026-11-25T00:58:29.123Z |  7  | ovs-vtep | INFO | creating lswitch a (sw1_vtep_ls1)
2026-11-25T00:58:29.456Z |  8  | ovs-vtep | INFO | update_remote_macs: using tunnel key 5001 in a
2026-11-25T00:58:29.600Z |  9  | ovs-vtep | INFO | update_remote_macs: using tunnel key 5002 in b
2026-11-25T00:58:30.50.Z |  10  | ovs-vtep | INFO | update_remote_macs: using tunnel key 5001 in a
2026-11-25T00:58:31.1.2Z |  11  | ovs-vtep | INFO | update_remote_macs: using tunnel key 5001 in a
`
	rounds, err := parseRounds(log, "a")
	require.NoError(t, err)
	require.Len(t, rounds, 3)
	require.Equal(t, 594*time.Millisecond, rounds[1].Sub(rounds[0]))
	require.Equal(t, 951200*time.Microsecond, rounds[2].Sub(rounds[1]))
	for _, bad := range []string{"yesterday.123Z", "2026-11-25T00:58:29.abcZ"} {
		_, err = parseRounds(bad+" |  8  | ovs-vtep | INFO | update_remote_macs: using tunnel key 5001 in a", "a")
		require.Error(t, err)
	}
}

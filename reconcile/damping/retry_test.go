package damping

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/vtep"
)

// However much a switch refuses, it is asked for it some twenty times a second at the
// most, and for little of it at least every thirty seconds.
func TestMuchIsRefused(t *testing.T) {
	for _, many := range []int{1, 100, 5000} {
		h := retries{}
		ops := make([]vtep.Op, many)
		for i := range ops {
			ops[i] = macOp(vtep.AddMAC, i)
		}
		const hours = 1
		asked, now, end := 0, at(0), at(hours*3600)
		for now.Before(end) {
			due, wait := h.filter(ops, now)
			asked += len(due)
			var rs []vtep.Rejection
			for _, op := range due {
				rs = append(rs, vtep.Rejection{Op: op, Err: errors.New("no room")})
			}
			wait = h.refused(rs, wait, now)
			require.Positive(t, wait)
			now = now.Add(wait)
		}
		require.LessOrEqual(t, asked, many*15+hours*3600*int(time.Second/retryEach), many)
		require.GreaterOrEqual(t, asked, many*hours*3600/int(max(maxRetry, time.Duration(many)*retryEach)/time.Second)-many, many)
	}
}

// TestManyRefusedAreAllTold: what is beyond the list is told by logical switch, and names no MAC of its own.
func TestManyRefusedAreAllTold(t *testing.T) {
	h := retries{}
	var rs []vtep.Rejection
	for i := range maxProblems + 3 {
		rs = append(rs, vtep.Rejection{Op: macOp(vtep.AddMAC, i), Err: errors.New("no room")})
	}
	late := macOp(vtep.AddMAC, 7)
	late.LogicalSwitch = "other"
	h.refused(append(rs, vtep.Rejection{Op: late, Err: errors.New("no row")}), 0, at(0))
	problems := h.problems()
	require.Len(t, problems, maxProblems+2)
	require.Equal(t, macOf(maxProblems-1), problems[maxProblems-1].MAC)
	rest := problems[maxProblems]
	require.Equal(t, network, rest.LogicalSwitch)
	require.Zero(t, rest.MAC)
	require.Contains(t, rest.Message, macOf(maxProblems).String()+" -> 10.0.0.1 and 2 more: no room")
	require.Equal(t, "other", problems[maxProblems+1].LogicalSwitch)
}

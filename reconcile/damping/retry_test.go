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

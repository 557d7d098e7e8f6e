package vtep

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A switch that is far away, not slow, is given as much at once as others.
func TestPaceOfAFarSwitch(t *testing.T) {
	p := &pace{}
	for range 20 {
		n := p.size()
		p.took(n, 120*time.Millisecond+time.Duration(n)*50*time.Microsecond)
	}
	require.GreaterOrEqual(t, p.size(), firstBatch, "the round trip alone takes 120 ms")
}

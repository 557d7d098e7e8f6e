package api

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestF68_OneTooMuchTakesNothing: a body that is too much is refused, and takes no room from
// others, also before its request is answered.
func TestF68_OneTooMuchTakesNothing(t *testing.T) {
	all := newBodies(1<<20, 100)
	read := func(n int) (*bodyReader, error) {
		b := &bodyReader{all: all}
		_, err := io.ReadFull(countedReader{b, strings.NewReader(strings.Repeat("x", n))}, make([]byte, n))
		return b, err
	}
	first, err := read(90)
	require.NoError(t, err)
	_, err = read(20)
	require.ErrorIs(t, err, errBodies)
	last, err := read(10)
	require.NoError(t, err, "there is room for it")
	_, err = read(1)
	require.ErrorIs(t, err, errBodies)
	first.release()
	last.release()
	require.Zero(t, all.read.Load())
}

package ovsdbtest

import (
	"net"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReservedPort: nobody else is given it, whoever is to may listen there, more
// than once, and nobody answers otherwise.
func TestReservedPort(t *testing.T) {
	port := ReservePort(t)
	_, err := reserve(port)
	require.Error(t, err, "it is given once")
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for range 2 {
		_, err = net.Dial("tcp", address)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		l, err := net.Listen("tcp", address)
		require.NoError(t, err)
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		require.NoError(t, c.Close())
		require.NoError(t, l.Close())
	}
}

package main

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const patience = 30 * time.Second

func TestLimitedListener(t *testing.T) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := limitConnections(socket, 1)
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	first, second := dial(t, l), dial(t, l)

	server := <-accepted
	select {
	case <-accepted:
		t.Fatal("more connections than allowed")
	case <-time.After(20 * time.Millisecond):
	}
	require.NoError(t, server.Close())
	require.Error(t, server.Close(), "closing twice frees one slot only")
	server = <-accepted
	require.Equal(t, second.LocalAddr().String(), server.RemoteAddr().String())

	require.NoError(t, l.Close(), "while Accept waits for a slot")
	_, open := <-accepted
	require.False(t, open)
	for _, c := range []net.Conn{first, second, server} {
		require.NoError(t, c.Close())
	}
}

func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", l.Addr().String(), patience)
	require.NoError(t, err)
	return conn
}

func TestLimitedListenerFreesSlotOnError(t *testing.T) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := limitConnections(socket, 1)
	require.NoError(t, socket.Close())
	for range 3 {
		_, err := l.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
	}
}

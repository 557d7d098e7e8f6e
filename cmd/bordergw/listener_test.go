package main

import (
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const patience = 30 * time.Second

// listening is an API's socket that everything is accepted from.
func listening(t *testing.T, limit int) (*apiListener, <-chan *apiConn) {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := limitConnections(socket, limit)
	t.Cleanup(func() { _ = l.Close() })
	accepted := make(chan *apiConn)
	go func() {
		defer close(accepted)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn.(*apiConn)
		}
	}()
	return l, accepted
}

// ended waits for the server's end of a connection to be closed.
func ended(t *testing.T, c net.Conn) {
	t.Helper()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
	_, err := c.Read(make([]byte, 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
}

// Who has waited longest makes room; who has a request in progress does not.
func TestListenerMakesRoom(t *testing.T) {
	l, accepted := listening(t, 3)
	busy := dial(t, l)
	served := <-accepted
	require.True(t, served.begin())
	idle := dial(t, l)
	idleEnd := <-accepted
	silent := dial(t, l)
	<-accepted
	idleEnd.wait() // has been answered just now

	dial(t, l)
	<-accepted
	ended(t, silent)
	dial(t, l)
	<-accepted
	ended(t, idle)
	require.False(t, idleEnd.begin(), "its request is not carried out")
	idleEnd.wait()

	_, err := served.Write([]byte("x"))
	require.NoError(t, err)
	_, err = busy.Read(make([]byte, 1))
	require.NoError(t, err)
	served.wait()
	dial(t, l)
	<-accepted
	require.Equal(t, 3, l.open)
	require.Equal(t, 3, l.waiting.Len())
}

// What is closed is not counted, however often it is closed.
func TestListenerCounts(t *testing.T) {
	l, accepted := listening(t, 3)
	dial(t, l)
	c := <-accepted
	require.NoError(t, c.Close())
	require.Error(t, c.Close())
	require.Zero(t, l.open)
	require.Zero(t, l.waiting.Len())
}

// outOfFiles is a listener of a process that has no descriptor left until
// something is closed.
type outOfFiles struct {
	net.Listener
	full func() bool
}

func (l outOfFiles) Accept() (net.Conn, error) {
	if l.full() {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return l.Listener.Accept()
}

// Without a descriptor an idle connection is closed; without one of those either
// the error is temporary, so that net/http goes on.
func TestListenerOutOfDescriptors(t *testing.T) {
	l, accepted := listening(t, 10)
	first := dial(t, l)
	<-accepted
	require.NoError(t, l.Listener.Close())
	_, open := <-accepted
	require.False(t, open)

	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer socket.Close()
	l.Listener = outOfFiles{socket, func() bool { return l.waiting.Len() > 0 }}
	dial(t, l)
	second, err := l.Accept()
	require.NoError(t, err)
	ended(t, first)

	require.True(t, second.(*apiConn).begin())
	l.Listener = outOfFiles{socket, func() bool { return true }}
	_, err = l.Accept()
	var temporary interface{ Temporary() bool }
	require.ErrorAs(t, err, &temporary)
	require.True(t, temporary.Temporary(), "or net/http's Serve would end")
	require.ErrorIs(t, err, syscall.EMFILE)
}

func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", l.Addr().String(), patience)
	require.NoError(t, err)
	return conn
}

// nowhere is a connection that only can be closed.
type nowhere struct{ net.Conn }

func (nowhere) Close() error { return nil }

// Making room never hits a request that has begun: its client would not learn what
// became of it.
func TestListenerSparesWhatBegins(t *testing.T) {
	l := limitConnections(nil, 1)
	gone := l.add(nowhere{})
	_ = gone.Close()
	start, closed := make(chan bool), make(chan bool)
	go func() {
		for range start {
			closed <- l.closeOldest(0)
		}
	}()
	defer close(start)
	stop := make(chan bool)
	var others sync.WaitGroup
	for range 3 { // keep the lock busy
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					gone.wait()
				}
			}
		})
	}
	defer others.Wait()
	defer close(stop)
	for range 5000 {
		c := l.add(nowhere{})
		start <- true
		begun := c.begin()
		require.NotEqual(t, <-closed, begun)
		_ = c.Close()
	}
}

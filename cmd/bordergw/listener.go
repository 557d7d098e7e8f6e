package main

import (
	"container/list"
	"errors"
	"net"
	"sync"
	"syscall"
)

// apiListener accepts every connection at once and keeps at most limit of them
// open, so that clients can not use up the process's file descriptors, which
// the sessions with switches need as well. When there are too many, it closes
// the one that has waited longest without a complete request: an idle one, or
// one whose client is slow to ask.
type apiListener struct {
	net.Listener
	limit int

	mu   sync.Mutex
	open int
	// waiting holds the connections without a request in progress (*apiConn),
	// longest first.
	waiting *list.List
}

func limitConnections(l net.Listener, limit int) *apiListener {
	return &apiListener{Listener: l, limit: limit, waiting: list.New()}
}

// Accept implements net.Listener. Where the process or the system has no more
// descriptors it makes room once; net/http tries again a little later.
func (l *apiListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		l.closeOldest(0)
		conn, err = l.Listener.Accept()
	}
	if err != nil {
		return nil, err
	}
	for l.closeOldest(l.limit - 1) {
	}
	return l.add(conn), nil
}

// closeOldest closes the connection that has waited longest if more than n are
// open, and reports whether there was one.
func (l *apiListener) closeOldest(n int) bool {
	l.mu.Lock()
	first := l.waiting.Front()
	if first == nil || l.open <= n {
		l.mu.Unlock()
		return false
	}
	c := first.Value.(*apiConn)
	c.leave() // before its request can begin
	l.mu.Unlock()
	_ = c.Conn.Close()
	return true
}

func (l *apiListener) add(conn net.Conn) *apiConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
	c := &apiConn{Conn: conn, listener: l}
	c.place = l.waiting.PushBack(c)
	return c
}

// apiConn is a connection of a client of the API.
type apiConn struct {
	net.Conn
	listener *apiListener
	// place in the list of those that wait; nil while a request is in progress.
	// It and closed are guarded by the listener's lock.
	place  *list.Element
	closed bool
}

// begin takes note of a request. It is false if the connection was closed to
// make room: nobody would learn what became of the request.
func (c *apiConn) begin() bool {
	l := c.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.place != nil {
		l.waiting.Remove(c.place)
		c.place = nil
	}
	return !c.closed
}

// wait puts the connection behind all others that wait.
func (c *apiConn) wait() {
	l := c.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.closed:
	case c.place == nil:
		c.place = l.waiting.PushBack(c)
	default:
		l.waiting.MoveToBack(c.place)
	}
}

// Close implements net.Conn.
func (c *apiConn) Close() error {
	c.listener.mu.Lock()
	c.leave()
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// leave takes the connection out of the count. The listener's lock is held.
func (c *apiConn) leave() {
	if c.closed {
		return
	}
	c.closed = true
	c.listener.open--
	if c.place != nil {
		c.listener.waiting.Remove(c.place)
		c.place = nil
	}
}

// CloseWrite lets net/http end an answer in such a way that it arrives although
// the request has not been read to its end.
func (c *apiConn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

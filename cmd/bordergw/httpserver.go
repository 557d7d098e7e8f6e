package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/api"
)

// Limits of the HTTP server. Bodies are bounded by package api.
const (
	maxConnections = 1024
	maxHeaderBytes = 64 << 10
	headerTimeout  = 10 * time.Second
	readTimeout    = 30 * time.Second
	writeTimeout   = 2 * time.Minute // a plan of many devices takes its time
	idleTimeout    = 2 * time.Minute
)

// connectionLimit is the number of connections that clients may have open: a
// quarter of the process's file descriptors at most.
func connectionLimit() int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return maxConnections
	}
	return int(min(max(files.Cur/4, 2), maxConnections))
}

func newHTTPServer(h http.Handler, l logrus.FieldLogger) *http.Server {
	return &http.Server{
		Handler:           watched(h),
		ConnContext:       withConnection,
		ConnState:         connectionState,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(debugLog{l}, "", 0),
	}
}

type connectionKey struct{}

// withConnection lets watched find the connection of a request.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, c)
}

// connectionState puts a connection behind the others that wait when a request
// begins to arrive, however slowly, and when one has been answered.
func connectionState(c net.Conn, state http.ConnState) {
	if conn, ok := c.(*apiConn); ok && (state == http.StateActive || state == http.StateIdle) {
		conn.wait()
	}
}

// watched shows the listener which connections have a request in progress. Those
// are not closed to make room, except while they take an answer about health or
// metrics: the number of such requests has no other limit.
func watched(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, ok := r.Context().Value(connectionKey{}).(*apiConn); ok && !api.IsProbe(r) {
			if !conn.begin() {
				return
			}
			defer conn.wait()
		}
		h.ServeHTTP(w, r)
	})
}

// debugLog takes net/http's own messages, which are about broken clients.
type debugLog struct{ logrus.FieldLogger }

func (l debugLog) Write(p []byte) (int, error) {
	l.Debug(strings.TrimSpace(string(p)))
	return len(p), nil
}

// shutDown lets requests finish for a while, then cuts them off.
func shutDown(ctx context.Context, s *http.Server, grace time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if s.Shutdown(ctx) != nil {
		_ = s.Close() // the listener is closed already
	}
}

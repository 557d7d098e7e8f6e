package main

import (
	"context"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

// Limits of the HTTP server. Bodies are bounded by package api.
const (
	maxConnections = 512
	maxHeaderBytes = 64 << 10
	headerTimeout  = 10 * time.Second
	readTimeout    = 30 * time.Second
	writeTimeout   = 2 * time.Minute // a plan of many devices takes its time
	idleTimeout    = 2 * time.Minute
)

func newHTTPServer(h http.Handler, l logrus.FieldLogger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(debugLog{l}, "", 0),
	}
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

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
)

// TestWatchAsksAgain: a list that can not be had when something happened is asked for again, although nothing happens
// any more. What has gone is printed in the order of the lines.
func TestWatchAsksAgain(t *testing.T) {
	var lists atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/events", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "text/event-stream" {
			fmt.Fprint(w, `{"events":[],"next":null}`)
			return
		}
		fmt.Fprint(w, "event: x\nid: 1-1\ndata: {}\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/v2.0/networks", func(w http.ResponseWriter, _ *http.Request) {
		switch lists.Add(1) {
		case 1:
			fmt.Fprint(w, `{"networks":[{"id":"1","name":"d","project_id":"p"},{"id":"2","name":"b","project_id":"p"},{"id":"3","name":"c","project_id":"p"},{"id":"4","name":"a","project_id":"p"}]}`)
		case 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			fmt.Fprint(w, `{"networks":[{"id":"2","name":"b","project_id":"p"}]}`)
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	t.Setenv("BORDERGW_URL", server.URL)

	ctx, interrupt := context.WithCancel(t.Context())
	out, errOut, code := &printed{}, &printed{}, make(chan int, 1)
	go func() {
		code <- execute(ctx, []string{"network", "list", "-w", "-o", "name"}, strings.NewReader(""), out, errOut)
	}()
	poll.True(t, patience, "what has gone is shown", func() bool { return strings.Count(out.String(), "DELETED") == 3 })
	interrupt()
	require.Equal(t, exitOK, <-code)
	_, gone, _ := strings.Cut(out.String(), "network/a\n")
	var names []string
	for line := range strings.Lines(gone) {
		names = append(names, strings.Fields(line)[0])
	}
	require.Equal(t, []string{"network/a", "network/c", "network/d"}, names)
	require.Equal(t, 1, strings.Count(errOut.String(), "warning"))
}

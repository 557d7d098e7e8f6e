package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTokenIsSent(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("X-Auth-Token"))
		_, _ = io.WriteString(w, `{"networks":[]}`)
	}))
	defer server.Close()

	require.Equal(t, exitOK, runArgs(t.Context(), "network", "list", "--url", server.URL).code)
	t.Setenv("BORDERGW_TOKEN", "of-the-environment")
	require.Equal(t, exitOK, runArgs(t.Context(), "network", "list", "--url", server.URL).code)
	require.Equal(t, exitOK, runArgs(t.Context(), "network", "list", "--url", server.URL, "--token", "of-the-flag").code)
	require.Equal(t, []string{"", "of-the-environment", "of-the-flag"}, got)
}

// silent is a server that does not answer before the test ends.
func silent(t *testing.T) string {
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-done:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(done) })
	return server.URL
}

func TestRequestTimesOut(t *testing.T) {
	got := runArgs(t.Context(), "network", "list", "--url", silent(t), "--request-timeout", "20ms")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errOut, "did not answer in time (--request-timeout 20ms)")
}

func TestWaitTimesOutWithinARequest(t *testing.T) {
	w := &waiter{out: io.Discard, api: &client{base: silent(t), http: &http.Client{Transport: &http.Transport{}}}}
	w.pending = []awaited{{noun: connectionNoun(), id: "c-1", label: "c-1", condition: "Bound"}}
	err := w.wait(t.Context(), 20*time.Millisecond)
	require.EqualError(t, err, "timed out after 20ms\nconnection/c-1 is not Bound: nothing is known yet")
}

func TestWaitIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := &waiter{out: io.Discard, api: &client{base: silent(t), http: &http.Client{Transport: &http.Transport{}}}}
	w.pending = []awaited{{noun: connectionNoun(), id: "c-1", label: "c-1", condition: "Bound"}}
	cancel()
	require.EqualError(t, w.wait(ctx, time.Minute), "interrupted")
}

func TestNobodyListens(t *testing.T) {
	got := runArgs(t.Context(), "network", "list", "--url", "http://127.0.0.1:1")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errOut, "connection refused")
}

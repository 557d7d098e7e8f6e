package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/api"
)

// TestBusy: while the most requests that are allowed are in progress, others are
// refused at once. Health, readiness and metrics are still answered.
func TestBusy(t *testing.T) {
	s := newService(t, func(c *api.Config) { c.MaxRequests = 1 })
	body, slow := io.Pipe()
	ended := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		s.http.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v2.0/networks", body))
		ended <- w.Code
	}()
	_, err := io.WriteString(slow, `{"network":`)
	require.NoError(t, err, "the request is being read")

	a := s.do("GET", "/v2.0/networks", "")
	a.refused(503, "ServiceUnavailable", "Too many requests are in progress. Try again in a second.")
	require.Equal(t, "1", a.header.Get("Retry-After"))
	require.Equal(t, "close", a.header.Get("Connection"))
	for _, path := range []string{"/healthz", "/healthcheck", "/readyz", "/metrics"} {
		require.Equal(t, http.StatusOK, s.do("GET", path, "").status, path)
	}

	_, err = io.WriteString(slow, `{"name":"n"}}`)
	require.NoError(t, err)
	require.NoError(t, slow.Close())
	require.Equal(t, http.StatusCreated, <-ended)
	require.Equal(t, []any{"n"}, s.do("GET", "/v2.0/networks", "").list("networks", "name"))
}

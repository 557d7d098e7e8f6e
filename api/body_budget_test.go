package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/api"
)

// TestF68_BodiesInAll: what all requests in progress have in their bodies is bounded,
// however small each is. One that is too much is refused at once, and what a request had
// is free when it is answered.
func TestF68_BodiesInAll(t *testing.T) {
	s := newService(t, func(c *api.Config) { c.MaxBodies = 1 << 20 })
	const each = 300 << 10
	var slow []*io.PipeWriter
	answers := make(chan int)
	for range 3 {
		r, w := io.Pipe()
		slow = append(slow, w)
		go func() {
			answer := httptest.NewRecorder()
			s.http.ServeHTTP(answer, httptest.NewRequest("POST", "/v2.0/networks", r))
			answers <- answer.Code
		}()
		// The second write, of nothing, is taken when what the first one brought has been counted.
		for _, text := range []string{strings.Repeat(" ", each), ""} {
			_, err := io.WriteString(w, text)
			require.NoError(t, err)
		}
	}
	network := `{"network":{"name":"n"}}`
	refused := s.do("POST", "/v2.0/networks", strings.Repeat(" ", each)+network)
	refused.refused(http.StatusServiceUnavailable, "ServiceUnavailable", "The requests in progress have too much in their bodies. Try again in a second.")
	require.Equal(t, "1", refused.header.Get("Retry-After"))
	require.Equal(t, http.StatusCreated, s.do("POST", "/v2.0/networks", network).status, "a small one has room")
	for _, w := range slow {
		require.NoError(t, w.Close())
		require.Equal(t, http.StatusBadRequest, <-answers)
	}
	require.Equal(t, http.StatusCreated, s.do("POST", "/v2.0/networks", strings.Repeat(" ", each)+network).status)
}

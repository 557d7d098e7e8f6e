package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"bordergw/api"
)

// deadlineWriter notes how long the client had when the answer began.
type deadlineWriter struct {
	*httptest.ResponseRecorder
	deadline time.Time
	left     time.Duration
}

func (w *deadlineWriter) SetWriteDeadline(t time.Time) error {
	w.deadline = t
	return nil
}

func (w *deadlineWriter) Write(p []byte) (int, error) {
	if w.left == 0 {
		w.left = time.Until(w.deadline)
	}
	return w.ResponseRecorder.Write(p)
}

// F-68: the time that a client has to take the metrics is not used up by collecting them.
func TestSlowScrape(t *testing.T) {
	s := newService(t, func(c *api.Config) {
		c.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "slow"}, func() float64 {
			time.Sleep(time.Minute) // of the bubble: a busy machine takes as long
			return 1
		}))
	})
	synctest.Test(t, func(t *testing.T) {
		w := &deadlineWriter{ResponseRecorder: httptest.NewRecorder()}
		s.http.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, 5*time.Second, w.left)
	})
}

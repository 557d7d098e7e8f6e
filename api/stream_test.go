package api_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/model"
)

// brokenAudit fails after a number of records.
type brokenAudit struct {
	api.Store
	after int
}

func (b brokenAudit) Audit(model.AuditFilter) iter.Seq2[*model.AuditRecord, error] {
	return func(yield func(*model.AuditRecord, error) bool) {
		for range b.after {
			if !yield(&model.AuditRecord{User: strings.Repeat("u", 1000)}, nil) {
				return
			}
		}
		yield(nil, errors.New("the disk is gone"))
	}
}

// TestListThatFails: a failure before the first byte of the body is an error response. A
// later failure can only break the response off.
func TestListThatFails(t *testing.T) {
	after := func(n int) *service {
		return newService(t, func(c *api.Config) { c.Store = brokenAudit{c.Store, n} })
	}
	for _, early := range []int{0, 1} {
		a := after(early).do("GET", "/v1/audit?limit=0", "")
		require.Equal(t, http.StatusInternalServerError, a.status)
		require.Contains(t, a.text, `"NeutronError"`)
		require.NotContains(t, a.text, "audit")
	}
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { after(1000).do("GET", "/v1/audit?limit=0", "") })
}

// F-81: what a terminal would act on is escaped in lists as well.
func TestF81_Lists(t *testing.T) {
	s := newService(t)
	hidden := "\u202e\u009b31m\x7f"
	ctx := model.WithActor(context.Background(), model.Actor{User: hidden})
	_, err := s.store.CreateNetwork(ctx, model.Network{Record: model.Record{ID: "n", ProjectID: "p"}, Name: hidden})
	require.NoError(t, err)
	s.status.reports = []model.DeviceReport{{ID: "d", Name: hidden}}
	s.status.plans = []model.DevicePlan{{ID: "d", Name: hidden}}
	for _, path := range []string{"/v2.0/networks/n", "/v2.0/networks", "/v2.0/networks?limit=1&name=" + "%E2%80%AE", "/v1/audit", "/v1/export", "/v1/devices", "/v1/plan?format=json"} {
		a := s.do("GET", path, "")
		require.Equal(t, http.StatusOK, a.status, path)
		require.Equal(t, model.PrintableLines(a.text), a.text, path)
		if !strings.Contains(path, "limit") {
			require.Contains(t, a.text, `\u202e\u009b31m\u007f`, path)
		}
		a.json()
	}
}

// patient notes until when each write was given time.
type patient struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (p *patient) SetWriteDeadline(at time.Time) error {
	p.deadlines = append(p.deadlines, at)
	time.Sleep(20 * time.Second) // of the bubble
	return nil
}

// TestLongListOnASlowLink: each part of a list has its time, and the whole has a quarter
// of an hour.
func TestLongListOnASlowLink(t *testing.T) {
	s := newService(t)
	for range 3000 {
		_, err := s.store.CreateNetwork(t.Context(), model.Network{Name: strings.Repeat("n", 255)})
		require.NoError(t, err)
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := &patient{ResponseRecorder: httptest.NewRecorder()}
		s.http.ServeHTTP(w, httptest.NewRequest("GET", "/v2.0/networks", nil))
		require.Greater(t, len(w.deadlines), 46, "more than a quarter of an hour at 20 s each")
		for i, at := range w.deadlines {
			now := time.Duration(i) * 20 * time.Second
			require.Equal(t, min(now+30*time.Second, 15*time.Minute), at.Sub(began), "write %d", i)
		}
	})
}

package api_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/store"
)

// meddled is a store in which something happens before an edit, and while somebody goes back.
type meddled struct {
	*store.Store
	before func()
	going  chan struct{} // a request waits in Around until it can send
	edits  int
}

func (m *meddled) Edit(ctx context.Context, change func(model.Editor) error) error {
	m.edits++
	if m.before != nil {
		m.before()
	}
	return m.Store.Edit(ctx, change)
}

func (m *meddled) Around(ctx context.Context, n uint64) (*model.Turn, error) {
	if m.going != nil {
		m.going <- struct{}{}
	}
	return m.Store.Around(ctx, n)
}

func newMeddled(t *testing.T) (*service, *meddled) {
	m := &meddled{}
	s := newService(t, func(c *api.Config) {
		m.Store = c.Store.(*store.Store)
		c.Store = m
	})
	return s, m
}

// TestOvertaken: what others change while a plan is made has it made anew. With a token that is a stale plan, if
// it is another plan then; without end it is one too.
func TestOvertaken(t *testing.T) {
	s, m := newMeddled(t)
	s.network("first")
	to := s.revisions("").Revisions[0].Revision
	was := s.site()
	s.network("second")
	late := 0
	intrude := func(times int) {
		m.edits, m.before = 0, func() {
			if m.edits <= times {
				late++
				s.network(fmt.Sprint("late", late))
			}
		}
	}
	intrude(2)
	a := s.rolledBack(to, "apply", "{}")
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.Equal(t, 3, m.edits)
	require.Equal(t, was, s.site(), "what came meanwhile is taken back too")

	s.network("third")
	intrude(1)
	p := planOf(t, s, siteText, nil)
	a = s.do("POST", "/v1/site/apply", siteOrder(t, siteText, map[string]any{"token": p.Token}))
	require.Equal(t, http.StatusOK, a.status, "the plan reads nothing of what changed: %s", a.text)
	require.Equal(t, 2, m.edits)

	intrude(1)
	token := s.rolledBack(to, "plan", `{"max_delete":100}`).json()["token"].(string)
	a = s.rolledBack(to, "apply", fmt.Sprintf(`{"max_delete":100,"token":%q}`, token))
	require.Equal(t, http.StatusConflict, a.status, a.text)
	require.Contains(t, a.text, fmt.Sprintf("network late%d (", late))
	require.NotContains(t, a.text, "third")

	intrude(1000)
	a = s.rolledBack(to, "apply", `{"max_delete":100}`)
	require.Equal(t, http.StatusConflict, a.status, a.text)
	require.Contains(t, a.text, "the definitions have changed 5 times while it was planned: try again")
}

// TestWhatNobodyDefines does not have a plan made anew.
func TestWhatNobodyDefines(t *testing.T) {
	s, m := newMeddled(t)
	s.do("POST", "/v1/site/apply", siteOrder(t, siteText, nil))
	for g := range s.store.Definitions().Gateways.All() {
		m.edits, m.before = 0, func() { require.NoError(t, s.store.SetActiveDevice(t.Context(), g.ID, g.Devices[0].ID)) }
	}
	a := s.rolledBack(0, "apply", `{"max_delete":100}`)
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.Equal(t, 1, m.edits)
}

// TestFewGoBackAtATime: one more waits for a while, and is refused.
func TestFewGoBackAtATime(t *testing.T) {
	s, m := newMeddled(t)
	s.network("first")
	m.going = make(chan struct{})
	var all sync.WaitGroup
	started := make(chan int, 2)
	for range 2 {
		all.Go(func() {
			started <- 1
			require.Equal(t, http.StatusOK, s.served("GET", "/v1/revisions/1", "").Code)
		})
	}
	<-started
	<-started
	poll.True(t, time.Minute, "both go back", func() bool {
		w := s.served("GET", "/v1/revisions?object=network/first", "")
		if w.Code != http.StatusServiceUnavailable {
			return false
		}
		require.Equal(t, "5", w.Header().Get("Retry-After"))
		return true
	})
	require.Equal(t, http.StatusOK, s.served("GET", "/v1/revisions", "").Code, "the newest ones are near")
	<-m.going
	<-m.going
	all.Wait()
	require.Equal(t, http.StatusOK, s.served("GET", "/v1/revisions?object=network/first", "").Code)
}

// TestRollbacksAreCounted as site files are, apart from them.
func TestRollbacksAreCounted(t *testing.T) {
	s := newService(t)
	s.network("first")
	s.rolledBack(0, "plan", "{}")
	s.rolledBack(0, "apply", "{}")
	s.rolledBack(0, "apply", `{"token":"a-b-c-1"}`)
	text := s.do("GET", "/metrics", "").text
	for _, line := range []string{
		`bordergw_apply_total{of="rollback",result="changed"} 1`, `bordergw_apply_total{of="rollback",result="stale"} 1`,
		`bordergw_apply_total{of="site",result="changed"} 0`, `bordergw_plan_seconds_count{of="rollback"} 3`, `bordergw_plan_seconds_count{of="site"} 0`,
	} {
		require.Contains(t, text, line)
	}
}

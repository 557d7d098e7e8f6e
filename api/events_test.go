package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/model"
)

// history is an api.History in memory. Its events are of types "a" and "b" in turn.
type history struct {
	have  model.EventRange
	newer chan struct{}
	places
}

func (h *history) Range() (model.EventRange, <-chan struct{}) { return h.have, h.newer }

func (h *history) Page(q model.EventQuery) (page model.EventPage, err error) {
	page.Seen = q.From
	seq, step := max(q.From+1, h.have.First), uint64(1)
	if page.Gap = !q.Newest && seq != q.From+1; q.Newest {
		if seq, step = h.have.Last, ^uint64(0); q.From > 0 {
			seq = q.From - 1
		}
	}
	for ; seq >= h.have.First && seq <= h.have.Last; seq += step {
		if len(page.Events) == q.Limit {
			page.More = true
			break
		}
		page.Seen = seq
		typ := []string{"a", "b"}[seq%2]
		if q.Filter.Matches(typ, "info", nil) {
			id := model.EventID{Epoch: q.Epoch, Seq: seq}
			page.Events = append(page.Events, model.StoredEvent{ID: id, Type: typ, JSON: fmt.Appendf(nil, `{"id":"%s"}`, id)})
		}
	}
	return page, nil
}

// eventServer serves a history with events 11 to 30.
func eventServer(t *testing.T) (*httptest.Server, *api.Server) {
	handler := newService(t, func(c *api.Config) {
		c.History = &history{have: model.EventRange{Epoch: 1, First: 11, Last: 30}, newer: make(chan struct{})}
	}).http.(*api.Server)
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s, handler
}

func seqs(t *testing.T, s *httptest.Server, query string) (out []string, next string) {
	resp, err := http.Get(s.URL + "/v1/events?" + query)
	require.NoError(t, err)
	defer resp.Body.Close()
	var body struct {
		Events []struct{ ID string }
		Next   *string
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	for _, e := range body.Events {
		out = append(out, strings.TrimPrefix(e.ID, "00000001-"))
	}
	if body.Next != nil {
		next = *body.Next
	}
	return out, next
}

func TestEventLists(t *testing.T) {
	s, _ := eventServer(t)
	got, next := seqs(t, s, "limit=3")
	require.Equal(t, []string{"30", "29", "28"}, got)
	got, _ = seqs(t, s, "limit=2&marker="+next)
	require.Equal(t, []string{"27", "26"}, got)
	got, next = seqs(t, s, "limit=2&after=00000001-26")
	require.Equal(t, []string{"27", "28"}, got)
	got, next = seqs(t, s, "limit=2&marker="+next)
	require.Equal(t, []string{"29", "30"}, got)
	require.Empty(t, next)
	got, _ = seqs(t, s, "type=a&limit=2")
	require.Equal(t, []string{"30", "28"}, got)
	for query, status := range map[string]int{
		"after=x": 400, "object=sw": 400, "severity=bad": 400, "limit=0": 400, "limit=1001": 400, "since=yesterday": 400,
		"after=00000001-5": 410, "after=00000002-12": 410, "after=00000001-31": 410,
	} {
		resp, err := http.Get(s.URL + "/v1/events?" + query)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, status, resp.StatusCode, query)
	}
}

// stream opens a stream of events.
func stream(t *testing.T, s *httptest.Server, query, last string) (*bufio.Scanner, *http.Response) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/v1/events?"+query, nil)
	require.NoError(t, err)
	req.Header.Set("Accept", "text/event-stream")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return bufio.NewScanner(resp.Body), resp
}

// fields reads the lines of a stream until there are that many of a field.
func fields(t *testing.T, lines *bufio.Scanner, field string, n int) (out []string) {
	for len(out) < n && lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), field+": "); ok {
			out = append(out, value)
		}
	}
	require.Len(t, out, n)
	return out
}

func TestEventStreams(t *testing.T) {
	s, handler := eventServer(t)
	lines, _ := stream(t, s, "", "00000001-27")
	require.Equal(t, []string{"00000001-28", "00000001-29", "00000001-30"}, fields(t, lines, "id", 3))
	lines, _ = stream(t, s, "type=a", "00000001-27")
	require.Equal(t, []string{"00000001-28", "00000001-30"}, fields(t, lines, "id", 2))
	for _, last := range []string{"00000001-5", "00000002-12", "00000001-40"} {
		lines, _ = stream(t, s, "", last)
		require.Equal(t, []string{"gap", "b"}, fields(t, lines, "event", 2), last)
		require.Equal(t, []string{`{"id":"00000001-11"}`}, fields(t, lines, "data", 1), "all that there are")
	}
	lines, _ = stream(t, s, "", "")
	require.Equal(t, []string{"2000"}, fields(t, lines, "retry", 1))
	require.Equal(t, []string{"00000001-30"}, fields(t, lines, "id", 1), "who is cut off before anything happens goes on from here")
	handler.EndStreams()
	require.Equal(t, []string{"bye"}, fields(t, lines, "event", 1))
	for lines.Scan() {
		require.NotContains(t, lines.Text(), "event:", "bye is the last")
	}
	require.NoError(t, lines.Err())
}

func TestStreamsAreBounded(t *testing.T) {
	s, handler := eventServer(t)
	defer handler.EndStreams()
	for range 64 {
		lines, resp := stream(t, s, "", "")
		require.Equal(t, http.StatusOK, resp.StatusCode)
		fields(t, lines, "retry", 1)
	}
	_, resp := stream(t, s, "", "")
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	require.Equal(t, "5", resp.Header.Get("Retry-After"))
}

func TestWithoutHistory(t *testing.T) {
	s := httptest.NewServer(newService(t).http)
	defer s.Close()
	resp, err := http.Get(s.URL + "/v1/events")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
}

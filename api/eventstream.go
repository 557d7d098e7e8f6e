package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"bordergw/model"
)

const (
	// maxStreams bounds the streams of events; it is less where few connections may be open.
	maxStreams = 64
	// aliveTime is how often a stream says something.
	aliveTime = 15 * time.Second
	// streamTime is how long a stream lasts: then its client has to show again who it is.
	streamTime = time.Hour
	// streamPage is how many events are read at a time.
	streamPage = 500
)

// streams are the streams of events in progress.
type streams struct {
	slots chan struct{}
	// ending ends when all are to end.
	ending context.Context
	end    context.CancelFunc
}

func newStreams(requests int) *streams {
	s := &streams{slots: make(chan struct{}, max(1, min(maxStreams, requests/4)))}
	s.ending, s.end = context.WithCancel(context.Background())
	return s
}

// eventStream is one stream: server-sent events as in the HTML standard. It holds one page
// of events at most.
type eventStream struct {
	history History
	w       http.ResponseWriter
	q       model.EventQuery
	out     bytes.Buffer
	// told is the number that the client knows it has seen.
	told uint64
}

// streamEvents sends events until the client goes away or the service stops. It takes no slot of
// those for requests.
func streamEvents(c *call, q model.EventQuery) (reply, error) {
	select {
	case c.streams.slots <- struct{}{}:
		defer func() { <-c.streams.slots }()
	default:
		return refusal(http.StatusServiceUnavailable, "ServiceUnavailable", fmt.Sprintf("%d streams of events are open, and there may be no more.", cap(c.streams.slots))).
			with("Retry-After", "5"), nil
	}
	s := &eventStream{history: c.cfg.History, w: c.w, q: q}
	s.out.WriteString("retry: 2000\n\n")
	if err := s.begin(c.r); err != nil {
		return reply{}, err
	}
	c.leave()
	ctx, cancel := context.WithTimeout(c.r.Context(), streamTime)
	defer cancel()
	defer context.AfterFunc(c.streams.ending, cancel)()
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.Header().Set("Cache-Control", "no-store")
	if err := s.run(ctx); err != nil {
		c.log.WithField("err", err).Debug("stream of events ended")
	}
	return reply{}, nil
}

// begin finds where the stream begins: after an event, at a time, or now.
func (s *eventStream) begin(r *http.Request) error {
	have, _ := s.history.Range()
	s.q.Epoch, s.q.From, s.q.Limit = have.Epoch, have.Last, streamPage
	after := r.URL.Query().Get("after")
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		after = last
	}
	switch {
	case after != "":
		id, err := model.ParseEventID(after)
		if err != nil {
			return badInput("after", "%s.", err)
		}
		s.q.From = id.Seq
		if id.Epoch != have.Epoch || id.Seq > have.Last {
			s.gap(id, nil, have)
		}
	case !s.q.Since.IsZero():
		s.q.From = have.First - 1
	default: // a client that is cut off before anything happens must know where it was
		s.bookmark()
	}
	s.told = s.q.From
	return nil
}

// gap says that events are missing, and goes on with the oldest.
func (s *eventStream) gap(from model.EventID, to *model.EventID, have model.EventRange) {
	shown := struct {
		From   string  `json:"lost_from"`
		To     *string `json:"lost_to"`
		Oldest string  `json:"oldest"`
	}{From: from.String(), Oldest: model.EventID{Epoch: have.Epoch, Seq: have.First}.String()}
	if to != nil {
		text := to.String()
		shown.To = &text
	}
	data, _ := json.Marshal(shown) // always encodes
	fmt.Fprintf(&s.out, "event: gap\ndata: %s\n\n", data)
	s.q.Epoch, s.q.From = have.Epoch, have.First-1
}

// run sends until ctx ends or the client is too slow.
func (s *eventStream) run(ctx context.Context) error {
	alive := time.NewTicker(aliveTime)
	defer alive.Stop()
	for {
		_, newer := s.history.Range()
		more, err := s.page()
		if err != nil {
			return err
		}
		if err := s.flush(); err != nil {
			return err
		}
		if more && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			s.out.WriteString("event: bye\ndata: {}\n\n")
			return s.flush()
		case <-newer:
		case <-alive.C:
			s.sayAlive()
		}
	}
}

// page takes the next events. It reports whether there are more.
func (s *eventStream) page() (more bool, err error) {
	have, _ := s.history.Range()
	if have.Epoch != s.q.Epoch {
		s.gap(model.EventID{Epoch: s.q.Epoch, Seq: s.q.From + 1}, nil, have)
	}
	page, err := s.history.Page(s.q)
	if err != nil {
		return false, err
	}
	if page.Gap && s.q.From+1 < have.First {
		last := model.EventID{Epoch: have.Epoch, Seq: have.First - 1}
		s.gap(model.EventID{Epoch: have.Epoch, Seq: s.q.From + 1}, &last, have)
		return true, nil
	}
	for _, e := range page.Events {
		fmt.Fprintf(&s.out, "id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Type, e.JSON)
		s.told = e.ID.Seq
	}
	s.q.From = page.Seen
	return page.More, nil
}

// sayAlive shows that the stream stands, and where it is if that is past the last event that was chosen.
func (s *eventStream) sayAlive() {
	if s.told == s.q.From {
		s.out.WriteString(": alive\n\n")
		return
	}
	s.bookmark()
}

// bookmark tells the client where the stream is.
func (s *eventStream) bookmark() {
	s.told = s.q.From
	fmt.Fprintf(&s.out, "event: bookmark\nid: %s\n\n", model.EventID{Epoch: s.q.Epoch, Seq: s.told})
}

// flush sends what there is, for which a client has writeTime.
func (s *eventStream) flush() error {
	if s.out.Len() == 0 {
		return nil
	}
	control := http.NewResponseController(s.w)
	_ = control.SetWriteDeadline(time.Now().Add(writeTime)) // a writer without has no client
	if _, err := s.w.Write(s.out.Bytes()); err != nil {
		return err
	}
	s.out.Reset()
	return control.Flush()
}

//go:build neutron

package neutron_test

import (
	"net/http"
	"sync"
)

// traffic counts requests from Neutron to bordergw, and can hold and refuse them.
type traffic struct {
	mu       sync.Mutex
	compared int
	gateways int
	refused  bool
	held     *heldRequest
	meeting  *meeting
}

func newTraffic() *traffic { return &traffic{} }

// heldRequest is one request that waits, and is not passed on.
type heldRequest struct {
	method string
	from   chan string
	over   chan struct{}
	drop   func()
}

// meeting holds what begins comparisons until as many as are wanted wait.
type meeting struct {
	wanted, waiting int
	open            chan struct{}
	release         func()
}

// pass is gate.before.
func (t *traffic) pass(r *http.Request) bool {
	h, m, refused := t.look(r)
	if h != nil {
		h.from <- r.RemoteAddr
		<-h.over
		return false
	}
	if m != nil {
		t.meet(m, r)
	}
	return !refused
}

// look counts a request, and says who waits for it.
func (t *traffic) look(r *http.Request) (*heldRequest, *meeting, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.held; h != nil && h.method == r.Method {
		t.held = nil
		return h, nil, false
	}
	if r.Method == http.MethodPost && r.URL.Path == paths[gateway] {
		t.gateways++
	}
	if r.Method != http.MethodGet || r.URL.Path != paths[connection] || !r.URL.Query().Has("managed_by") {
		return nil, nil, t.refused
	}
	t.compared++
	return nil, t.meeting, t.refused
}

// meet waits until enough have come, or the one that asks is gone.
func (t *traffic) meet(m *meeting, r *http.Request) {
	t.count(m, 1)
	select {
	case <-m.open:
	case <-r.Context().Done():
		t.count(m, -1)
	}
}

func (t *traffic) count(m *meeting, more int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m.waiting += more; m.waiting == m.wanted {
		m.release()
	}
}

// comparisons is how many have begun so far.
func (t *traffic) comparisons() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.compared
}

// gatewayPosts is how many there were so far.
func (t *traffic) gatewayPosts() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.gateways
}

// refuse drops all requests, or lets them pass again.
func (t *traffic) refuse(all bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused = all
}

// hold holds the next request with this method until it is dropped, and says where it comes from.
func (t *traffic) hold(method string) *heldRequest {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := &heldRequest{method: method, from: make(chan string, 1), over: make(chan struct{})}
	h.drop = sync.OnceFunc(func() { close(h.over) })
	t.held = h
	return h
}

// gather holds comparisons until so many wait, or release is called.
func (t *traffic) gather(wanted int) (release func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := &meeting{wanted: wanted, open: make(chan struct{})}
	m.release = sync.OnceFunc(func() { close(m.open) })
	t.meeting = m
	return m.release
}

// gathered reports whether so many have come.
func (t *traffic) gathered() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.meeting.waiting >= t.meeting.wanted
}

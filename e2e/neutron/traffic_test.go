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
}

func newTraffic() *traffic { return &traffic{} }

// heldRequest is one request that waits, and is not passed on.
type heldRequest struct {
	method string
	from   chan string
	over   chan struct{}
	drop   func()
}

// pass is gate.before.
func (t *traffic) pass(r *http.Request) bool {
	h, refused := t.look(r)
	if h != nil {
		h.from <- r.RemoteAddr
		<-h.over
		return false
	}
	return !refused
}

// look counts a request, and says whether it is to be held or refused.
func (t *traffic) look(r *http.Request) (*heldRequest, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h := t.held; h != nil && h.method == r.Method {
		t.held = nil
		return h, false
	}
	if r.Method == http.MethodPost && r.URL.Path == paths[gateway] {
		t.gateways++
	}
	if r.Method == http.MethodGet && r.URL.Path == paths[connection] && r.URL.Query().Has("managed_by") {
		t.compared++
	}
	return nil, t.refused
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

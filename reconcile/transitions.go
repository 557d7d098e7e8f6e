package reconcile

import (
	"slices"
	"sync"
	"time"

	"bordergw/model"
)

// transitions remembers since when the conditions of connections and devices are as they
// are. Only the Loop and its workers record: whoever asks for a status changes nothing.
type transitions struct {
	mu sync.Mutex
	// of is by object, "connection/ID" or "device/ID".
	of map[string][]model.Condition
	// changed is told of conditions that have changed, or that are first known; nil for nobody. A certificate that ends
	// soon is valid, for another reason than before.
	changed func(object string, c model.Condition, first bool)
}

// record remembers conditions. The time of a change is its Since, or now where that is
// zero.
func (t *transitions) record(object string, cs []model.Condition) {
	was := t.remember(object, cs)
	if t.changed == nil {
		return
	}
	for i := range cs {
		if w := model.FindCondition(was, cs[i].Type); w == nil || w.True != cs[i].True || w.Reason != cs[i].Reason && cs[i].Type == model.CertificateValid {
			t.changed(object, cs[i], w == nil)
		}
	}
}

// remember returns what was remembered before.
func (t *transitions) remember(object string, cs []model.Condition) (was []model.Condition) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.dated(object, cs)
	for i := range now {
		now[i].Message = "" // there are as many as objects
	}
	if t.of == nil {
		t.of = map[string][]model.Condition{}
	}
	was, t.of[object] = t.of[object], now
	return was
}

// date sets the Since of conditions that are as they are remembered; of others that is
// when they are asked for, where it is zero.
func (t *transitions) date(object string, cs []model.Condition) []model.Condition {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dated(object, cs)
}

func (t *transitions) dated(object string, cs []model.Condition) []model.Condition {
	out, now := slices.Clone(cs), time.Now()
	for i := range out {
		c := &out[i]
		if was := model.FindCondition(t.of[object], c.Type); was != nil && was.True == c.True {
			c.Since = was.Since
		} else if c.Since.IsZero() {
			c.Since = now
		}
	}
	return out
}

// forget drops an object that is gone.
func (t *transitions) forget(object string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, object)
}

package trail

import "time"

// Events of MACs beyond macBurst at once and macRate a second become summaries.
const (
	macRate  = 200
	macBurst = 2000
)

// tokens let a burst of events pass, and then a rate of them.
type tokens struct {
	left float64
	at   time.Time
}

func newTokens(now time.Time) *tokens { return &tokens{macBurst, now} }

// take reports whether one more may pass.
func (t *tokens) take(now time.Time) bool {
	if passed := now.Sub(t.at).Seconds(); passed > 0 {
		t.left, t.at = min(macBurst, t.left+passed*macRate), now
	}
	if t.left < 1 {
		return false
	}
	t.left--
	return true
}

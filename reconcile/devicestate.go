package reconcile

import (
	"time"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// notConnected is the detail of a device before the first attempt.
const notConnected = "not connected yet"

// unreportedShown is how long a status shows that a switch has not reported changes.
const unreportedShown = time.Hour

// deviceState is what the status of a device and of its connections is made of.
type deviceState struct {
	phase      string
	phaseSince time.Time
	awaySince  time.Time // of the first loss; zero once a session has brought it in sync
	backSince  time.Time // when it began, if the switch had been away before
	cameOnce   bool      // a session has brought it in sync since the process began
	detail     string
	lastError  string
	facts      *vtep.Facts
	// revision that the last complete plan was made from.
	revision uint64
	problems []vtep.Problem
	// released is the last revision of which nothing was left undone.
	released uint64
	// blocked is why nothing can be written at all now, "" if it can.
	blocked string
	// unreported is the last change that the switch did not report, and when that was found.
	unreported   string
	unreportedAt time.Time
	// peer is who the session is with; distrust why TLS kept one from standing.
	peer     transport.Peer
	distrust string
}

// reachable reports whether a session stands that has brought it in sync.
func (st *deviceState) reachable() bool { return st.awaySince.IsZero() }

// expected reports whether the switch has been in sync and has not been away for
// longer than hold.
func (st *deviceState) expected(hold time.Duration) bool {
	return st.cameOnce && (st.reachable() || time.Since(st.awaySince) < hold)
}

// connected reports whether the phase is one of a session that stands.
func (st *deviceState) connected() bool {
	return st.phase != model.DeviceUnreachable && st.phase != model.DeviceUnsupported
}

// withoutSwitch reports whether the session shows no Physical_Switch: all that is
// wanted may stand, and yet nothing is carried.
func (st *deviceState) withoutSwitch() bool {
	driven := st.phase == model.DeviceInSync || st.phase == model.DeviceDegraded
	return driven && st.facts != nil && len(st.facts.Switches) == 0
}

// distrusted is what the switch has not reported, for a while.
func (st *deviceState) distrusted(now time.Time) string {
	if st.unreported == "" || now.Sub(st.unreportedAt) > unreportedShown {
		return ""
	}
	return "read anew at " + st.unreportedAt.UTC().Format(time.RFC3339) + ": " + st.unreported
}

// isBack notes that the switch has been brought in sync in this session, and
// reports whether it had been away before. A switch that only comes and goes is
// away all the time.
func (st *deviceState) isBack(hold time.Duration) bool {
	if st.awaySince.IsZero() {
		return false
	}
	if time.Since(st.awaySince) > hold {
		st.backSince = time.Now()
	}
	st.awaySince, st.cameOnce = time.Time{}, true
	return true
}

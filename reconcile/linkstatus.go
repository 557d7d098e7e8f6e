package reconcile

import (
	"cmp"
	"fmt"
	"time"

	"bordergw/model"
)

// expirySoon is how long before its end a certificate is complained of.
const expirySoon = 14 * 24 * time.Hour

// waiting is the detail of a device that is not dialled and has not called.
func (l *Loop) waiting(gd *model.GatewayDevice) string {
	if len(l.opts.Listeners) == 0 {
		return "the daemon does not listen for switches (ovsdb-listen)"
	}
	if gd.TLS != "" {
		if err := l.opts.TLS.Check(gd.TLS); err != nil {
			return err.Error()
		}
	}
	return "waiting for the switch to connect"
}

// endpoint is where the worker's session comes from or goes to.
func (w *worker) endpoint() string {
	w.mu.Lock()
	k := w.link
	w.mu.Unlock()
	if k.from == "" {
		return describe(w.device.Load())
	}
	return k.endpoint()
}

// endpoint is where a switch dialled in from. The port, which is another each
// time, says nothing.
func (k link) endpoint() string {
	if k.peer.TLS() {
		return "ssl:" + k.from
	}
	return "tcp:" + k.from
}

// certificateCondition judges the certificates of a session, by the one that
// ends first; nil without TLS.
func (l *Loop) certificateCondition(st *deviceState, now time.Time) *model.Condition {
	if st.distrust != "" {
		return &model.Condition{Type: model.CertificateValid, Reason: st.distrust, Message: st.lastError}
	}
	if !st.peer.TLS() {
		return nil
	}
	whose, end := "the switch", st.peer.NotAfter()
	if own := l.opts.TLS.Expiries()["own"]; own.Before(end) {
		whose, end = "the daemon", own
	}
	c := &model.Condition{Type: model.CertificateValid, True: end.After(now), Reason: "Valid"}
	switch left := end.Sub(now); {
	case left <= 0:
		c.Reason, c.Since = "Expired", end
	case left < expirySoon:
		c.Reason = "ExpiresSoon"
	default:
		return c
	}
	c.Message = fmt.Sprintf("the certificate of %s ends %s", whose, end.UTC().Format(time.RFC3339))
	return c
}

// reports lists the switches that dialled in and that no device has: of several
// sessions with one, the last.
func (r *reception) reports() []model.DeviceReport {
	type key struct{ endpoint, name string }
	last := map[key]*caller{}
	reasons := r.unplaced()
	for c := range reasons {
		k := key{c.endpoint(), c.name()}
		if last[k] == nil || last[k].order < c.order {
			last[k] = c
		}
	}
	out := make([]model.DeviceReport, 0, len(last))
	for k, c := range last {
		report := model.DeviceReport{Name: k.name, Endpoint: k.endpoint, Transactions: c.session.Transactions()}
		facts := c.session.Facts()
		report.Status = model.DeviceStatus{Phase: model.DeviceDiscovered, Detail: withCut(reasons[c], facts), Conditions: []model.Condition{
			{Type: model.Reachable, True: true, Reason: "Connected", Since: c.arrived},
		}}
		reportFacts(&report, facts)
		out = append(out, report)
	}
	return out
}

// name is what an unknown caller is called: its first switch, its certificate's
// subject, or its address.
func (c *caller) name() string {
	first := func(names []string) string {
		if len(names) == 0 {
			return ""
		}
		return names[0]
	}
	return cmp.Or(first(switchNames(c.session.Facts().Switches)), first(c.peer.Names()), c.from)
}

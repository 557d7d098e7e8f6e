package reconcile

import (
	"fmt"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
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
	k := w.seat.Link()
	if k.From == "" {
		return connector.Describe(w.device.Load())
	}
	return k.Endpoint()
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

// unplacedReports lists the switches that dialled in and that no device has: of several
// sessions with one, the last.
func unplacedReports(a *connector.Acceptor) []model.DeviceReport {
	type key struct{ endpoint, name string }
	last := map[key]*connector.Inbound{}
	reasons := a.Unplaced()
	for c := range reasons {
		k := key{c.Endpoint(), c.Name()}
		if last[k] == nil || last[k].Order() < c.Order() {
			last[k] = c
		}
	}
	out := make([]model.DeviceReport, 0, len(last))
	for k, c := range last {
		report := model.DeviceReport{Name: k.name, Endpoint: k.endpoint, Transactions: c.Session.Transactions()}
		facts := c.Session.Facts()
		report.Status = model.DeviceStatus{Phase: model.DeviceDiscovered, Detail: withCut(reasons[c], facts), Conditions: []model.Condition{
			{Type: model.Reachable, True: true, Reason: "Connected", Since: c.Arrived()},
		}}
		reportFacts(&report, facts)
		out = append(out, report)
	}
	return out
}

package reconcile

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// certificateExpires is the reason of a condition that is true, and will soon be false.
const certificateExpires = "ExpiresSoon"

// expirySoon is how long before its end a certificate is complained of.
const expirySoon = 14 * 24 * time.Hour

// deviceStatuses tell how the sessions with registered devices stand. Asking changes
// nothing.
type deviceStatuses struct {
	store   Store
	workers *workers
	tls     *transport.TLS
}

// of is the status of a device, by id, with conditions that are dated by the phase that they
// follow from.
func (ds *deviceStatuses) of(id string) model.DeviceStatus {
	defs := ds.store.Definitions()
	st := ds.state(id)
	if gd, ok := defs.Devices.Get(id); ok && !gd.Driven() {
		st = deviceState{phase: model.DeviceUnsupported, detail: "nothing is driven for this type of device"}
	}
	if st.phase == model.DeviceInSync {
		st.detail = cmp.Or(st.detail, st.distrusted(time.Now()))
	}
	if st.withoutSwitch() {
		st.detail = strings.TrimSuffix(topology.NoSwitch+"; "+st.detail, "; ")
	}
	st.detail = cmp.Or(st.detail, sharingNote(defs, id))
	if st.connected() {
		st.detail = withCut(st.detail, st.facts)
	}
	return model.DeviceStatus{
		Phase: st.phase, Detail: model.Bounded(st.detail), LastError: model.Bounded(st.lastError), ObservedRevision: st.revision,
		Conditions: ds.conditions(&st),
	}
}

// phase is that of a registered device.
func (ds *deviceStatuses) phase(gd *model.GatewayDevice) string {
	if !gd.Driven() {
		return model.DeviceUnsupported
	}
	return ds.state(gd.ID).phase
}

// state is that of a device's session.
func (ds *deviceStatuses) state(id string) deviceState {
	if w := ds.workers.get(id); w != nil {
		return w.state()
	}
	return deviceState{phase: model.DeviceUnreachable, detail: notConnected}
}

// conditions are those of a device in such a state.
func (ds *deviceStatuses) conditions(st *deviceState) []model.Condition {
	out := []model.Condition{
		condition(model.Reachable, st.connected(), "Connected", "Unreachable", cmp.Or(st.lastError, st.detail)),
		condition(model.InSync, st.phase == model.DeviceInSync, "InSync", st.phase, st.detail),
	}
	for i := range out {
		out[i].Since = st.phaseSince
	}
	if c := ds.certificate(st, time.Now()); c != nil {
		out = append(out, *c)
	}
	return out
}

// certificate judges the certificates of a session, by the one that
// ends first; nil without TLS.
func (ds *deviceStatuses) certificate(st *deviceState, now time.Time) *model.Condition {
	if st.distrust != "" {
		return &model.Condition{Type: model.CertificateValid, Reason: st.distrust, Message: st.lastError}
	}
	if !st.peer.TLS() {
		return nil
	}
	whose, end := "the switch", st.peer.NotAfter()
	if own := ds.tls.Expiries()["own"]; own.Before(end) {
		whose, end = "the daemon", own
	}
	c := &model.Condition{Type: model.CertificateValid, True: end.After(now), Reason: "Valid"}
	switch left := end.Sub(now); {
	case left <= 0:
		c.Reason, c.Since = "Expired", end
	case left < expirySoon:
		c.Reason = certificateExpires
	default:
		return c
	}
	c.Message = fmt.Sprintf("the certificate of %s ends %s", whose, end.UTC().Format(time.RFC3339))
	return c
}

// withCut adds what the switches say of themselves and is not kept.
func withCut(detail string, f *vtep.Facts) string {
	if f == nil || f.Cut == "" {
		return detail
	}
	if detail == "" {
		return f.Cut
	}
	return detail + "; " + f.Cut
}

// sharingNote says by which other registrations a device's switch is reached, ""
// for none.
func sharingNote(defs *model.Definitions, id string) string {
	var others []string
	for _, gd := range sharing(defs, id) {
		if gd.ID != id {
			others = append(others, gd.DisplayName())
		}
	}
	if len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("the switch is also registered as device %s; it holds what all of them are to carry", model.NamesOf(others))
}

func condition(typ string, ok bool, yes, no, message string) model.Condition {
	if ok {
		return model.Condition{Type: typ, True: true, Reason: yes}
	}
	return model.Condition{Type: typ, Reason: no, Message: model.Bounded(message)}
}

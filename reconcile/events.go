package reconcile

import (
	"fmt"
	"strings"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/damping"
	"bordergw/vtep"
)

// Events is told what happens. Its methods return at once, whatever becomes of what they are
// told, and are called without a lock of the Loop.
type Events interface {
	Happened(model.Event)
	// Became is told the value of a level, also one that has not changed.
	Became(model.Level)
	// MACs is told where all MACs are.
	MACs(model.MACPicture)
	// Settled is told that all switches have been read that can be.
	Settled()
}

// noEvents is for a Loop whose events nobody wants.
type noEvents struct{}

func (noEvents) Happened(model.Event)  {}
func (noEvents) Became(model.Level)    {}
func (noEvents) MACs(model.MACPicture) {}
func (noEvents) Settled()              {}

// reporter of what happens, in the words of the definitions.
type eventReporter struct {
	Events
	store Store
	// unregistered bounds the events of switches that no device has: anybody may dial in.
	unregistered bucket
}

// condition tells of a condition that has changed, or that is first known. Those of devices follow
// from their phase, but for their certificate.
func (r *eventReporter) condition(object string, c model.Condition, first bool) {
	kind, id, _ := strings.Cut(object, "/")
	defs := r.store.Definitions()
	l := model.Level{Aspect: c.Type, Value: yesOrNo(c.True), Reason: c.Reason, Message: c.Message, First: first, Severity: model.SeverityInfo}
	if !c.True {
		l.Severity = model.SeverityWarning
	}
	switch kind {
	case model.KindConnection:
		conn, ok := defs.Connections.Get(id)
		if !ok {
			return
		}
		l.Type, l.Object = "connection.condition", model.RefConnection(defs, conn)
		l.Related = []model.ObjectRef{model.RefGateway(defs, conn.L2GatewayID), model.RefNetwork(defs, conn.NetworkID)}
	default:
		if c.Type != model.CertificateValid {
			return
		}
		l.Type, l.Object = "device.condition", model.RefDevice(defs, id)
		if c.Reason == certificateExpires {
			l.Type, l.Value, l.Severity = "certificate.expiring", "soon", model.SeverityWarning
			r.Became(l)
			return
		}
	}
	if c.True {
		l.Message, l.Reason = "", ""
	}
	r.Became(l)
}

// status tells of the status of a connection that has changed, or that is first known.
func (r *eventReporter) status(c *model.L2GatewayConnection, is *model.ConnectionStatus, first bool) {
	defs := r.store.Definitions()
	l := model.Level{
		Type: "connection.status", Object: model.RefConnection(defs, c), Related: []model.ObjectRef{model.RefGateway(defs, c.L2GatewayID), model.RefNetwork(defs, c.NetworkID)},
		Aspect: "status", Value: is.State, Message: is.Detail, First: first, Severity: model.SeverityInfo,
	}
	switch is.State {
	case model.ConnectionActive:
		l.Message = ""
	case model.ConnectionError:
		l.Severity = model.SeverityError
	}
	r.Became(l)
}

// discovered tells of a switch that has dialled in and that no device has. It is named by the address that it came
// from, as its own names may be anybody's. Of many at once not all are told of.
func (r *eventReporter) discovered(c *connector.Inbound, reason string) {
	now := time.Now()
	if r.unregistered.wait(now) > 0 {
		return
	}
	r.unregistered.passed(now)
	r.Happened(model.Event{
		Time: now, Type: "device.discovered", Severity: model.SeverityInfo, Object: model.ObjectRef{Kind: model.KindDevice, ID: c.From, Name: c.From},
		Message: fmt.Sprintf("a switch dialled in from %s, and nothing is written to it: %s", c.From, reason),
		Data:    map[string]any{"switches": model.NamesOf(connector.SwitchNames(c.Session.Facts().Switches))},
	})
}

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// severities are those of phases; others are no more than news.
var severities = map[string]string{
	model.DeviceUnreachable: model.SeverityError, model.DeviceDegraded: model.SeverityWarning, model.DeviceDrivenElsewhere: model.SeverityWarning,
}

// phase tells of the phase of a device. To be read, and to be written to, is on the way to one.
func (r *eventReporter) phase(device, phase, detail string) {
	if phase == model.DeviceReading || phase == model.DeviceSyncing {
		return
	}
	l := model.Level{Type: "device.phase", Object: model.RefDevice(r.store.Definitions(), device), Aspect: "phase", Value: phase, Message: detail, Severity: model.SeverityInfo}
	if s, bad := severities[phase]; bad {
		l.Severity = s
	}
	r.Became(l)
}

// repaired tells of rows that were put right.
func (r *eventReporter) repaired(fix Repair, n int) {
	defs := r.store.Definitions()
	e := model.Event{
		Time: fix.At, Type: "drift.repaired", Severity: model.SeverityWarning, Object: model.RefDevice(defs, fix.Device.ID), Repeats: n,
		Data: map[string]any{"row": fix.Row, "was": fix.Was},
	}
	e.Message = fmt.Sprintf("switch %s: an external writer changed rows, and they were put right: %s", e.Object.Name, fix.Row)
	if fix.Network != "" {
		e.Related = []model.ObjectRef{model.RefNetwork(defs, fix.Network)}
	}
	r.Happened(e)
}

// contested tells how many rows are left as an external writer has them, and whether one undoes again and
// again what is written, unless that is what was told last. It returns what is told now.
func (r *eventReporter) contested(device, last string, drifted []vtep.Op, undone []vtep.Problem) (told string) {
	object := model.RefDevice(r.store.Definitions(), device)
	left := model.Level{Type: "drift.reported", Object: object, Aspect: "drift", Value: "none", Severity: model.SeverityInfo}
	if n := len(drifted); n > 0 {
		left.Value, left.Severity = fmt.Sprintf("%d rows", n), model.SeverityWarning
		left.Message = damping.DriftProblems(object.Name, drifted[:1])[0].Message
	}
	fight := model.Level{Type: "conflict", Object: object, Aspect: "conflict", Value: "none", Severity: model.SeverityInfo}
	for i := range undone {
		if undone[i].Reason == vtep.Conflict && len(drifted) == 0 {
			fight.Value, fight.Message, fight.Severity = "fought over", undone[i].Message, model.SeverityWarning
			break
		}
	}
	if told = left.Value + "/" + fight.Value; told != last {
		left.First, fight.First = left.Value == "none", fight.Value == "none" // nothing was before
		r.Became(left)
		r.Became(fight)
	}
	return told
}

// elected tells which device of a gateway carries its traffic now, "" for none.
func (r *eventReporter) elected(g *model.L2Gateway, from, to string) {
	defs := r.store.Definitions()
	gateway := model.RefGateway(defs, g.ID)
	for _, is := range []struct{ device, role string }{{from, "standby"}, {to, "active"}} { // the order in which it happens
		if is.device != "" {
			ref := carrier(defs, g, is.device)
			r.Happened(model.Event{
				Type: "device." + is.role, Severity: model.SeverityWarning, Object: ref, Related: []model.ObjectRef{gateway},
				Message: fmt.Sprintf("switch %s is %s in gateway %s", ref.Name, is.role, gateway.Name),
			})
		}
	}
}

// carrier names a device of a gateway, which may be a switch by its name.
func carrier(defs *model.Definitions, g *model.L2Gateway, id string) model.ObjectRef {
	for i := range g.Devices {
		d := &g.Devices[i]
		if d.ID == id && d.DeviceID != "" {
			return model.RefDevice(defs, d.DeviceID)
		}
		if d.ID == id {
			return model.ObjectRef{Kind: model.KindDevice, ID: id, Name: d.DeviceName}
		}
	}
	return model.RefDevice(defs, id)
}

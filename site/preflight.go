package site

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"bordergw/model"
)

// Seen is what is known of the switches beside the definitions.
type Seen interface {
	// DeviceStatus is the state of a device's session.
	DeviceStatus(id string) model.DeviceStatus
	// Occupant is the foreign logical switch that has one of the VLANs of a port, "" if none
	// is known.
	Occupant(at model.Place, port string, vlans []model.VLAN) string
}

// Check adds the findings on the connections that the plan creates or replaces; next are the
// definitions with the plan carried out.
func (p *Plan) Check(next *model.Definitions, seen Seen, allow []string) {
	where := model.NewPlaces(next)
	checked := map[string]bool{}
	for conn := range next.Connections.All() {
		if !p.touched[[2]string{conn.L2GatewayID, conn.NetworkID}] {
			continue
		}
		g, _ := next.Gateways.Get(conn.L2GatewayID)
		for i := range g.Devices {
			p.checkPart(where, &g.Devices[i], conn, seen, checked)
		}
	}
	p.sort()
	p.refuseErrors(allow)
}

// checkPart looks at one switch that a connection needs.
func (p *Plan) checkPart(where *model.Places, dev *model.Device, conn *model.L2GatewayConnection, seen Seen, checked map[string]bool) {
	at, known := where.Find(dev)
	if !known {
		if !checked[dev.DeviceName] {
			p.find("W03", "switch "+dev.DeviceName, "no registered device shows this switch yet: it is written when one does")
		}
		checked[dev.DeviceName] = true
		return
	}
	name := displayName(cmp.Or(at.Switch, at.Device.Name), at.Device.ID)
	if !checked[at.Device.ID] {
		checked[at.Device.ID] = true
		p.checkSwitch(where, at, name, seen.DeviceStatus(at.Device.ID))
	}
	sw := where.Seen(at)
	for n := range dev.Interfaces {
		port := &dev.Interfaces[n]
		vlans := port.VLANIDs(conn.SegmentationID)
		if sw != nil && sw.Lacks(port.Name) && !port.ProvisionAhead {
			p.findOnce("E01", "switch "+name, "it has no port "+port.Name)
		} else if occupant := occupantOf(at, port.Name, vlans, conn.NetworkID, seen); occupant != "" {
			p.findOnce("E02", "switch "+name, "VLAN "+vlansText(vlans)+" of port "+port.Name+" is bound to "+occupant)
		}
	}
}

// occupantOf is the foreign logical switch that has one of the VLANs of a port, "" if none is known. One of the
// network's name is no other: its bindings stand as they are to be.
func occupantOf(at model.Place, port string, vlans []model.VLAN, network string, seen Seen) string {
	occupant := seen.Occupant(at, port, vlans)
	if occupant != network {
		return occupant
	}
	for i := range vlans { // another one may have the next VLAN
		if occupant = seen.Occupant(at, port, vlans[i:i+1]); occupant != "" && occupant != network {
			return occupant
		}
	}
	return ""
}

func vlansText(vlans []model.VLAN) string {
	return strings.Trim(flowList(vlans, vlanText), "[]")
}

// checkSwitch looks at a switch once, whatever number of connections need it.
func (p *Plan) checkSwitch(where *model.Places, at model.Place, name string, status model.DeviceStatus) {
	if !at.Device.Driven() {
		return
	}
	sw := where.Seen(at)
	if sw != nil && status.Phase == model.DeviceUnreachable {
		p.find("W03", "switch "+name, "it is unreachable: it is written when it is back")
	}
	switch {
	case sw == nil:
		p.find("W03", "switch "+name, "it was never read: what it holds is not known")
	case len(sw.TunnelIPs) == 0 && len(at.Device.TunnelIPs) == 0:
		p.find("W02", "switch "+name, "no tunnel IP is known: other switches can not reach it")
	}
}

// findOnce adds a finding that several connections may cause.
func (p *Plan) findOnce(code, object, message string) {
	if !slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Code == code && f.Object == object && f.Message == message }) {
		p.find(code, object, "%s", message)
	}
}

// RefusedByRule is the finding that a rule of the store refuses the changes.
const RefusedByRule = "E00"

// Blocked adds the refusal of a rule as a finding.
func (p *Plan) Blocked(err error) {
	p.find(RefusedByRule, "site "+p.Site, "%s", err)
	p.refuseErrors(nil)
}

// codes are those of findings for what a rule refuses, by the type of its refusal.
var codes = map[string]string{
	"L2GatewayDuplicateSegmentationID": "E02",
	"VNIInUse":                         "E03", "VNIQuarantined": "E03", "L2GatewaySegmentationIDInUse": "E03",
}

// Barred adds the refusal of a rule as a finding that nothing allows: something else has meanwhile
// what a rollback needs.
func (p *Plan) Barred(err error) {
	code := RefusedByRule
	if refusal := (*model.Error)(nil); errors.As(err, &refusal) {
		code = cmp.Or(codes[refusal.Type], code)
	}
	p.find(code, p.file, "%s", err)
	p.refuse(RuleRefused, code+" "+p.file+": "+err.Error())
}

// refuseErrors refuses a plan for its errors, but for those that are allowed.
func (p *Plan) refuseErrors(allow []string) {
	for _, f := range p.Findings {
		if f.Severity == "error" && !slices.Contains(allow, f.Code) {
			p.refuse(Preflight, f.Code+" "+f.Object+": "+f.Message)
		}
	}
}

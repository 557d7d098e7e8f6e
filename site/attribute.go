package site

import (
	"strconv"
	"strings"

	"bordergw/model"
)

// attribute is one key of an object. Printing and comparing both use the tables below, so
// that what is compared is what is shown.
type attribute[T any] struct {
	key string
	// text is the value as it is printed, "" for one that is left out.
	text func(T) string
	// fallback is shown in the place of a value that is left out.
	fallback string
}

var objectAttributes = []attribute[*Object]{
	{"id", func(o *Object) string { return unless(o.ID, o.ID == "" || strings.HasPrefix(o.Key, byID)) }, `""`},
	{"name", func(o *Object) string { return unless(o.Name, o.Name == "" || !strings.HasPrefix(o.Key, byID)) }, `""`},
	{"renamed_from", func(o *Object) string { return given(o.RenamedFrom) }, `""`},
}

var switchAttributes = []attribute[*Switch]{
	{"type", func(s *Switch) string { return unless(string(s.Type), s.Type == model.HWVTEP) }, string(model.HWVTEP)},
	{"resource_id", func(s *Switch) string { return given(s.ResourceID) }, `""`},
	{"address", func(s *Switch) string { return given(s.Address) }, `""`},
	{"listen", func(s *Switch) string { return flag(s.Listen, false) }, "false"},
	{"tls", func(s *Switch) string {
		if !s.Secure {
			return ""
		}
		return scalar(s.TLS)
	}, "off"},
	{"location", func(s *Switch) string { return given(s.Location) }, `""`},
	{"profile", func(s *Switch) string { return unless(s.Profile, s.Profile == model.DefaultProfile) }, model.DefaultProfile},
	{"border_mode", func(s *Switch) string { return unless(string(s.BorderMode), s.BorderMode == model.BorderDirect) }, string(model.BorderDirect)},
	{"stitch_ports", func(s *Switch) string { return flowList(s.StitchPorts, scalar) }, "[]"},
	{"tunnel_ips", func(s *Switch) string { return flowList(s.TunnelIPs, model.VTEPAddress.String) }, "[]"},
	{"drift", func(s *Switch) string { return unless(string(s.Drift), s.Drift == model.DriftRepair) }, string(model.DriftRepair)},
}

var networkAttributes = []attribute[*Network]{
	{"vni", func(n *Network) string { return number(n.VNI) }, "lowest free"},
	{"description", func(n *Network) string { return given(n.Description) }, `""`},
	{"shared", func(n *Network) string { return flag(n.Shared, false) }, "false"},
	{"admin_state_up", func(n *Network) string { return flag(n.AdminStateUp, true) }, "true"},
	{"far_ends", func(n *Network) string { return flowList(n.FarEnds, model.VTEPAddress.String) }, "[]"},
}

var gatewayAttributes = []attribute[*Gateway]{
	{"ha", func(g *Gateway) string { return unless(string(g.HA), g.HA == model.ActiveActive) }, string(model.ActiveActive)},
	{"preempt", func(g *Gateway) string { return flag(g.Preempt, false) }, "false"},
}

// given prints a text, and leaves out an empty one.
func given(s string) string { return unless(s, s == "") }

// unless prints a text unless it is to be left out.
func unless(s string, omit bool) string {
	if omit {
		return ""
	}
	return scalar(s)
}

func flag(is, fallback bool) string {
	if is == fallback {
		return ""
	}
	return strconv.FormatBool(is)
}

func number(v model.VNI) string {
	if v == 0 {
		return ""
	}
	return v.String()
}

// flowList prints a list in one line, and leaves out an empty one.
func flowList[T any](list []T, text func(T) string) string {
	if len(list) == 0 {
		return ""
	}
	parts := make([]string, len(list))
	for i, v := range list {
		parts[i] = text(v)
	}
	return flow("[", parts, "]")
}

// flowText prints a remote MAC.
func (m RemoteMAC) flowText() string {
	return flow("{", []string{keyed("mac", scalar(m.MAC.String())), keyed("vtep", scalar(m.VTEP.String())), keyed("vni", m.VNI.String())}, "}")
}

// fields are a device's keys with their values in flow style, in order.
func (d *Device) fields() []string {
	var out []string
	for _, f := range []struct{ key, text string }{
		{"switch", given(d.Switch)}, {"border", given(d.Border)}, {"vni", number(d.VNI)}, {"ports", portsText(d.Ports)},
	} {
		if f.text != "" {
			out = append(out, keyed(f.key, f.text))
		}
	}
	return out
}

func portsText(ports []Port) string {
	if len(ports) == 0 {
		return ""
	}
	parts := make([]string, len(ports))
	for i, p := range ports {
		vlans := make([]string, len(p.VLANs))
		for n, v := range p.VLANs {
			vlans[n] = vlanText(v)
		}
		value := flow("[", vlans, "]")
		if p.Ahead {
			value = flow("{", []string{keyed("vlans", value), keyed("provision_ahead", "true")}, "}")
		}
		parts[i] = keyed(p.Name, value)
	}
	return flow("{", parts, "}")
}

func vlanText(v model.VLAN) string {
	if v == 0 {
		return untagged
	}
	return v.String()
}

// segment is the key and value of a connection's segmentation id, "" for none.
func (c *Connection) segment() string {
	if vlan, ok := c.Segmentation.VLAN(); ok {
		return keyed("vlan", vlanText(vlan))
	}
	if vni, ok := c.Segmentation.VNI(); ok {
		return keyed("vni", vni.String())
	}
	return ""
}

// flowText prints a connection.
func (c *Connection) flowText() string {
	var parts []string
	if c.ID != "" {
		parts = append(parts, keyed("id", scalar(c.ID)))
	}
	parts = append(parts, keyed("gateway", scalar(c.Gateway)), keyed("network", scalar(c.Network)))
	if seg := c.segment(); seg != "" {
		parts = append(parts, seg)
	}
	return flow("{", parts, "}")
}

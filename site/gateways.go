package site

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"bordergw/model"
)

func (r *reader) readGateway(o Object, n *yaml.Node) *Gateway {
	out := &Gateway{Object: o, HA: model.ActiveActive}
	found := r.mapping(n, "gateway "+clip(o.Key), r.object(&out.Object, keys{
		"ha":      func(v *yaml.Node) { out.HA = oneOf(r, v, "ha", model.ActiveActive, model.ActivePassive) },
		"preempt": func(v *yaml.Node) { out.Preempt = r.boolean(v, "preempt") },
		"devices": func(v *yaml.Node) { out.Devices = r.devices(v) },
	}))
	r.required(n, "gateway "+clip(o.Key), found, "devices")
	return out
}

func (r *reader) devices(n *yaml.Node) (out []Device) {
	for _, v := range r.list(n, "devices") {
		if !r.countObject(v) {
			break
		}
		out = append(out, r.device(v))
	}
	if len(out) == 0 && (n.Kind == yaml.SequenceNode || isNull(n)) {
		r.refuse(n, "devices: a gateway has at least one device")
	}
	return out
}

func (r *reader) device(n *yaml.Node) (d Device) {
	found := r.mapping(n, "device", keys{
		"switch": func(v *yaml.Node) { d.Switch = r.word(v, "switch") },
		"border": func(v *yaml.Node) {
			d.Border = r.word(v, "border")
			r.refer(v, toSwitch, d.Border)
		},
		"vni":   func(v *yaml.Node) { d.VNI = r.vni(v) },
		"ports": func(v *yaml.Node) { d.Ports = r.ports(v) },
	})
	switch {
	case n.Kind != yaml.MappingNode && !isNull(n):
	case (found["switch"] == nil) == (found["border"] == nil):
		r.refuse(n, "device: it needs one of switch and border")
	case found["switch"] != nil && found["vni"] != nil:
		r.refuse(found["vni"], "device: vni is for border devices only")
	case found["switch"] != nil && len(d.Ports) == 0:
		r.refuse(n, "device: switch %s needs ports", clip(d.Switch))
	}
	d.sort()
	return d
}

// ports reads NAME: [VLANS], or NAME: {vlans: [VLANS], provision_ahead: true}.
func (r *reader) ports(n *yaml.Node) (out []Port) {
	r.entries(n, "ports", func(key, value *yaml.Node) {
		p := Port{Name: r.word(key, "port")}
		if value.Kind == yaml.MappingNode {
			r.mapping(value, "port "+clip(p.Name), keys{
				"vlans":           func(v *yaml.Node) { p.VLANs = r.vlans(v) },
				"provision_ahead": func(v *yaml.Node) { p.Ahead = r.boolean(v, "provision_ahead") },
			})
		} else {
			p.VLANs = r.vlans(value)
		}
		out = append(out, p)
	})
	return out
}

// untagged is VLAN 0 in words.
const untagged = "untagged"

func (r *reader) vlans(n *yaml.Node) (out []model.VLAN) {
	for _, v := range r.list(n, "vlans") {
		out = append(out, r.vlan(v))
	}
	return out
}

func (r *reader) vlan(n *yaml.Node) model.VLAN {
	if n.Kind == yaml.ScalarNode && n.Value == untagged {
		return 0
	}
	v, _ := r.number(n, "vlan", 0, uint64(model.MaxVLAN))
	return model.VLAN(v)
}

// readConnections reads the section of that name.
func (r *reader) readConnections(n *yaml.Node, f *File) {
	lines := map[[2]string]int{}
	for _, v := range r.list(n, "connections") {
		if !r.countObject(v) {
			return
		}
		c := r.connection(v)
		pair := [2]string{c.Gateway, c.Network}
		if line, twice := lines[pair]; twice && c.Gateway != "" && c.Network != "" {
			r.refuse(v, "connection %s %s: it is given twice, first in line %d", clip(c.Gateway), clip(c.Network), line)
		}
		lines[pair] = v.Line
		f.Connections = append(f.Connections, c)
	}
}

func (r *reader) connection(n *yaml.Node) *Connection {
	c := &Connection{Line: n.Line}
	found := r.mapping(n, "connection", keys{
		"id": func(v *yaml.Node) {
			c.ID = r.word(v, "id")
			r.checkID(v, c.ID)
		},
		"gateway": func(v *yaml.Node) {
			c.Gateway = r.word(v, "gateway")
			r.refer(v, toGateway, c.Gateway)
		},
		"network": func(v *yaml.Node) {
			c.Network = r.word(v, "network")
			r.refer(v, toNetwork, c.Network)
		},
		"vlan": func(v *yaml.Node) { c.Segmentation = model.VLANID(r.vlan(v)) },
		"vni":  func(v *yaml.Node) { c.Segmentation = model.VXLANID(r.vni(v)) },
	})
	r.required(n, "connection", found, "gateway", "network")
	if found["vlan"] != nil && found["vni"] != nil {
		r.refuse(n, "connection: it has vlan or vni, not both")
	}
	return c
}

// The kinds that a reference may mean.
const (
	toSwitch  = "switch"
	toNetwork = "network"
	toGateway = "gateway"
)

// reference is a word of the file that has to be the key of an object.
type reference struct {
	at       *yaml.Node
	kind, to string
}

// refer notes a reference, to be looked up when the whole file has been read.
func (r *reader) refer(at *yaml.Node, kind, to string) {
	if to != "" {
		r.pending = append(r.pending, reference{at, kind, to})
	}
}

// resolve refuses references to what the file does not define. One by id may mean an
// object that exists.
func (r *reader) resolve(f *File) {
	known := map[string]map[string]bool{toSwitch: keysOf(f.Switches), toNetwork: keysOf(f.Networks), toGateway: keysOf(f.Gateways)}
	for _, ref := range r.pending {
		switch id, isID := strings.CutPrefix(ref.to, byID); {
		case known[ref.kind][ref.to]:
		case isID:
			r.checkID(ref.at, id)
		default:
			r.refuse(ref.at, "%s %s is not in the file", ref.kind, clip(ref.to))
		}
	}
}

func keysOf[T named](list []T) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, o := range list {
		out[o.object().Key] = true
	}
	return out
}

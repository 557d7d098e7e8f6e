package site

import (
	"net/netip"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"bordergw/model"
)

// recordID is what an id may look like, as the API has it. "-border" ends the name of the
// second logical switch of a stitched network.
var recordID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$`)

// section reads the objects of one kind.
func section[T any](r *reader, n *yaml.Node, what, project string, read func(Object, *yaml.Node) *T) (out []*T) {
	r.entries(n, what, func(key, value *yaml.Node) {
		if !r.countObject(key) {
			return
		}
		name, ok := r.text(key, "name in "+what)
		switch id, isID := strings.CutPrefix(name, byID); {
		case !ok:
			return
		case name == "":
			r.refuse(key, "%s: a name is empty; an object without one is called %sID", what, byID)
			return
		case isID:
			r.checkID(key, id)
			out = append(out, read(Object{Key: name, ID: id, Project: project, Line: key.Line}, value))
		default:
			out = append(out, read(Object{Key: name, Name: name, Project: project, Line: key.Line}, value))
		}
	})
	return out
}

// countObject refuses the first object that is one too many, and reads no further.
func (r *reader) countObject(at *yaml.Node) bool {
	r.objects++
	if r.objects == maxObjects+1 {
		r.refuse(at, "the file has more than %d objects", maxObjects)
	}
	return r.objects <= maxObjects
}

func (r *reader) checkID(at *yaml.Node, id string) {
	if !recordID.MatchString(id) || strings.HasSuffix(id, model.BorderSuffix) {
		r.refuse(at, "id: %q is not a valid id", clip(id))
	}
}

// object adds the keys that all named objects have.
func (r *reader) object(o *Object, of keys) keys {
	of["project"] = func(v *yaml.Node) { o.Project = r.word(v, "project") }
	if strings.HasPrefix(o.Key, byID) {
		of["name"] = func(v *yaml.Node) { o.Name, _ = r.text(v, "name") }
		return of
	}
	of["id"] = func(v *yaml.Node) {
		o.ID = r.word(v, "id")
		r.checkID(v, o.ID)
	}
	of["renamed_from"] = func(v *yaml.Node) { o.RenamedFrom = r.word(v, "renamed_from") }
	return of
}

func (r *reader) readNetwork(o Object, n *yaml.Node) *Network {
	out := &Network{Object: o, AdminStateUp: true}
	r.mapping(n, "network "+clip(o.Key), r.object(&out.Object, keys{
		"vni":            func(v *yaml.Node) { out.VNI = r.vni(v) },
		"description":    func(v *yaml.Node) { out.Description, _ = r.text(v, "description") },
		"shared":         func(v *yaml.Node) { out.Shared = r.boolean(v, "shared") },
		"admin_state_up": func(v *yaml.Node) { out.AdminStateUp = r.boolean(v, "admin_state_up") },
		"far_ends":       func(v *yaml.Node) { out.FarEnds = r.farEnds(v) },
	}))
	out.sort()
	return out
}

func (r *reader) vni(v *yaml.Node) model.VNI {
	n, _ := r.number(v, "vni", 1, uint64(model.MaxVNI))
	return model.VNI(n)
}

func (r *reader) readSwitch(o Object, n *yaml.Node) *Switch {
	out := &Switch{Object: o, Type: model.HWVTEP, Profile: model.DefaultProfile, BorderMode: model.BorderDirect, Drift: model.DriftRepair}
	found := r.mapping(n, "switch "+clip(o.Key), r.object(&out.Object, keys{
		"type":        func(v *yaml.Node) { out.Type = oneOf(r, v, "type", model.HWVTEP, model.RouterVTEP, model.NetworkVLAN) },
		"resource_id": func(v *yaml.Node) { out.ResourceID = r.word(v, "resource_id") },
		"address":     func(v *yaml.Node) { out.Address = r.address(v) },
		"listen":      func(v *yaml.Node) { out.Listen = r.boolean(v, "listen") },
		"tls":         func(v *yaml.Node) { out.TLS, out.Secure = r.text(v, "tls") },
		"location":    func(v *yaml.Node) { out.Location, _ = r.text(v, "location") },
		"profile":     func(v *yaml.Node) { out.Profile = r.profile(v) },
		"border_mode": func(v *yaml.Node) {
			out.BorderMode = oneOf(r, v, "border_mode", model.BorderDirect, model.BorderStitch, model.BorderRelay)
		},
		"stitch_ports": func(v *yaml.Node) { out.StitchPorts = r.stitchPorts(v) },
		"tunnel_ips":   func(v *yaml.Node) { out.TunnelIPs = r.tunnelIPs(v) },
		"drift":        func(v *yaml.Node) { out.Drift = oneOf(r, v, "drift", model.DriftRepair, model.DriftReport) },
		"remote_macs":  func(v *yaml.Node) { out.RemoteMACs = r.remoteMACs(v) },
	}))
	r.checkSwitch(out, n, found)
	out.sort()
	return out
}

// checkSwitch refuses what does not go together.
func (r *reader) checkSwitch(s *Switch, at *yaml.Node, found map[string]*yaml.Node) {
	if s.Type != model.HWVTEP {
		for _, key := range []string{"address", "listen", "tls"} {
			if found[key] != nil {
				r.refuse(found[key], "switch %s: %s is for type %s only", clip(s.Key), key, model.HWVTEP)
			}
		}
		return
	}
	if found["resource_id"] != nil {
		r.refuse(found["resource_id"], "switch %s: resource_id is for the types %s and %s only", clip(s.Key), model.RouterVTEP, model.NetworkVLAN)
	}
	if found["address"] == nil && !s.Listen {
		r.refuse(at, "switch %s: it needs address: IP:PORT, or listen: true if the switch dials", clip(s.Key))
	}
	if s.Listen && s.TLS == "" {
		s.Secure = false // as if it were not there
	}
}

func (r *reader) address(n *yaml.Node) string {
	s := r.word(n, "address")
	if s == "" {
		return ""
	}
	a, err := netip.ParseAddrPort(s)
	if err != nil || a.Addr().Zone() != "" {
		r.refuse(n, "address: %q is not IP:PORT, such as 192.0.2.1:6640 or [2001:db8::1]:6640", clip(s))
		return ""
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String()
}

func (r *reader) profile(n *yaml.Node) string {
	s := r.word(n, "profile")
	if _, err := model.ParseProfile(s); err != nil {
		r.refuse(n, "profile: %s", err)
	}
	return s
}

func (r *reader) stitchPorts(n *yaml.Node) (out []string) {
	for _, v := range r.list(n, "stitch_ports") {
		out = append(out, r.word(v, "stitch_ports"))
	}
	if len(out) != 0 && len(out) != 2 {
		r.refuse(n, "stitch_ports: a cable has two ends")
	}
	return out
}

func (r *reader) tunnelIPs(n *yaml.Node) (out []model.VTEPAddress) {
	for _, v := range r.list(n, "tunnel_ips") {
		out = append(out, r.vtep(v, "tunnel_ips"))
	}
	if len(out) > 1 {
		r.refuse(n, "tunnel_ips: at most one address is supported")
	}
	return out
}

func (r *reader) farEnds(n *yaml.Node) (out []model.VTEPAddress) {
	list := r.list(n, "far_ends")
	if len(list) > model.MaxFarEnds {
		r.refuse(n, "far_ends: %d far ends are more than %d", len(list), model.MaxFarEnds)
		return nil
	}
	for _, v := range list {
		out = append(out, r.vtep(v, "far_ends"))
	}
	return out
}

func (r *reader) vtep(n *yaml.Node, what string) model.VTEPAddress {
	s := r.word(n, what)
	a, err := model.ParseVTEPAddress(s)
	if s != "" && err != nil {
		r.refuse(n, "%s: %s", what, err)
	}
	return a
}

func (r *reader) remoteMACs(n *yaml.Node) (out []RemoteMAC) {
	type key struct {
		model.MAC
		model.VNI
	}
	lines := map[key]int{}
	for _, v := range r.list(n, "remote_macs") {
		if !r.countObject(v) {
			break
		}
		m := r.remoteMAC(v)
		if line, twice := lines[key{m.MAC, m.VNI}]; twice && m.VNI != 0 {
			r.refuse(v, "remote_macs: MAC %s of VNI %d is given twice, first in line %d", m.MAC, m.VNI, line)
		}
		lines[key{m.MAC, m.VNI}] = v.Line
		out = append(out, m)
	}
	return out
}

func (r *reader) remoteMAC(n *yaml.Node) (m RemoteMAC) {
	found := r.mapping(n, "remote MAC", keys{
		"mac":  func(v *yaml.Node) { m.MAC = r.unicastMAC(v) },
		"vtep": func(v *yaml.Node) { m.VTEP = r.vtep(v, "vtep") },
		"vni":  func(v *yaml.Node) { m.VNI = r.vni(v) },
	})
	r.required(n, "remote MAC", found, "mac", "vtep", "vni")
	return m
}

func (r *reader) unicastMAC(n *yaml.Node) model.MAC {
	s := r.word(n, "mac")
	m, err := model.ParseMAC(s)
	switch {
	case s == "":
	case err != nil:
		r.refuse(n, "mac: %q is not a MAC address", clip(s))
	case !m.IsUnicast():
		r.refuse(n, "mac: %s is not a unicast MAC address", m)
	}
	return m
}

// required refuses a mapping that lacks a key.
func (r *reader) required(n *yaml.Node, what string, found map[string]*yaml.Node, names ...string) {
	for _, name := range names {
		if found[name] == nil && (n.Kind == yaml.MappingNode || isNull(n)) {
			r.refuse(n, "%s: the key %s is missing", what, name)
		}
	}
}

package site

import (
	"cmp"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bordergw/model"
)

// Manager is the manager (managed_by) of what a site's file defines.
func Manager(site string) string { return "site:" + site }

// siteOf is the site that a manager stands for, "" for another program or none.
func siteOf(manager string) string {
	name, _ := strings.CutPrefix(manager, Manager(""))
	if Manager(name) != manager {
		return ""
	}
	return name
}

// Choice says which definitions a file is made of.
type Choice struct {
	// Site is the file's owner. Only what it manages is in the file, unless Everything is set.
	Site       string
	Everything bool
	// IDs writes the id of each object. Without it those are written that the file would not give again to an empty
	// store: a lost store is rebuilt from any file.
	IDs bool
	// also are the ids of further objects.
	also map[string]bool
}

// Of makes the file of definitions.
func Of(d *model.Definitions, c Choice) *File {
	f, _ := fileOf(d, c)
	return f
}

// fileOf is Of, with the keys that objects have in the file.
func fileOf(d *model.Definitions, c Choice) (*File, fileKeys) {
	f := &File{Site: cmp.Or(c.Site, All)}
	w := &writer{choice: c, names: newNames(d), origin: &origin{d, f.Site}}
	gws, nets, devs := w.chosen(gatewayRecords(d)), w.chosen(networkRecords(d)), w.chosen(deviceRecords(d))
	f.Project = commonProject(gws, nets, devs)
	w.keys = newFileKeys(w.names, devs, nets, gws)
	for id := range devs {
		gd, _ := d.Devices.Get(id)
		f.Switches = append(f.Switches, w.device(gd, d.RemoteMACs.Of(id)))
	}
	for id := range nets {
		n, _ := d.Networks.Get(id)
		f.Networks = append(f.Networks, w.network(n))
	}
	for id := range gws {
		g, _ := d.Gateways.Get(id)
		f.Gateways = append(f.Gateways, w.gateway(g))
	}
	for conn := range d.Connections.All() {
		if w.has(&conn.Record) {
			f.Connections = append(f.Connections, w.connection(conn))
		}
	}
	f.sort()
	return f, w.keys
}

// record is a record with the name that it has.
type record struct {
	*model.Record
	name string
}

func networkRecords(d *model.Definitions) iter.Seq[record] {
	return records(d.Networks.All(), func(n *model.Network) record { return record{&n.Record, n.Name} })
}

func deviceRecords(d *model.Definitions) iter.Seq[record] {
	return records(d.Devices.All(), func(gd *model.GatewayDevice) record { return record{&gd.Record, gd.Name} })
}

func gatewayRecords(d *model.Definitions) iter.Seq[record] {
	return records(d.Gateways.All(), func(g *model.L2Gateway) record { return record{&g.Record, g.Name} })
}

func records[T any](all iter.Seq[T], of func(T) record) iter.Seq[record] {
	return func(yield func(record) bool) {
		for v := range all {
			if !yield(of(v)) {
				return
			}
		}
	}
}

// identity is what names an object for people.
type identity struct{ project, name string }

// index finds the records of one kind by what people call them, in the order of creation.
type index map[identity][]string

func newIndex(all iter.Seq[record]) index {
	out := index{}
	for r := range all {
		who := identity{r.ProjectID, r.name}
		out[who] = append(out[who], r.ID)
	}
	return out
}

// names finds the records of all kinds that have names.
type names struct{ switches, networks, gateways index }

func newNames(d *model.Definitions) names {
	return names{newIndex(deviceRecords(d)), newIndex(networkRecords(d)), newIndex(gatewayRecords(d))}
}

// writer makes the objects of a file from records.
type writer struct {
	choice Choice
	names  names
	keys   fileKeys
	// origin is nil if ids are written only where they are keys: objects that are compared.
	origin *origin
}

// origin is what the ids of new objects are derived from, besides their names.
type origin struct {
	d    *model.Definitions
	site string
}

// gives reports whether an empty store that the file is applied to gives an object this id.
func (o *origin) gives(id, kind, project string, name ...string) bool {
	unused := func(string) bool { return false }
	return o == nil || id == derivedID(unused, kind, project, o.site, name...)
}

// connects reports the same of a connection, whose project will be its gateway's.
func (o *origin) connects(c *model.L2GatewayConnection, gateway, network string) bool {
	project := c.ProjectID
	if o != nil {
		if g, ok := o.d.Gateways.Get(c.L2GatewayID); ok {
			project = g.ProjectID
		}
	}
	return o.gives(c.ID, kindConnection, project, gateway, network)
}

func (w *writer) has(r *model.Record) bool {
	return w.choice.Everything || r.ManagedBy == Manager(w.choice.Site) || w.choice.also[r.ID]
}

func (w *writer) chosen(all iter.Seq[record]) map[string]record {
	out := map[string]record{}
	for r := range all {
		if w.has(r.Record) {
			out[r.ID] = r
		}
	}
	return out
}

// commonProject is the one that most objects have.
func commonProject(kinds ...map[string]record) string {
	count := map[string]int{}
	for _, objects := range kinds {
		for _, r := range objects {
			count[r.ProjectID]++
		}
	}
	most := defaultProject
	for _, project := range slices.Sorted(maps.Keys(count)) {
		if count[project] > count[most] {
			most = project
		}
	}
	return most
}

// fileKeys are the keys of records in a file, by id.
type fileKeys struct{ switches, networks, gateways map[string]string }

func newFileKeys(all names, devs, nets, gws map[string]record) fileKeys {
	return fileKeys{keysIn(all.switches, devs), keysIn(all.networks, nets), keysIn(all.gateways, gws)}
}

// keysIn gives each object its name for a key, or its id where the name is not there or
// means several.
func keysIn(all index, objects map[string]record) map[string]string {
	inFile := map[string]int{}
	for _, r := range objects {
		inFile[r.name]++
	}
	out := make(map[string]string, len(objects))
	for id, r := range objects {
		out[id] = r.name
		if r.name == "" || strings.HasPrefix(r.name, byID) || inFile[r.name] > 1 || len(all[identity{r.ProjectID, r.name}]) > 1 {
			out[id] = byID + id
		}
	}
	return out
}

// keyOf is how a file refers to a record that it may not have.
func keyOf(keys map[string]string, id string) string { return cmp.Or(keys[id], byID+id) }

func (w *writer) object(kind string, keys map[string]string, r *model.Record, name string) Object {
	o := Object{Key: keyOf(keys, r.ID), Name: name, Project: r.ProjectID}
	if w.choice.IDs || strings.HasPrefix(o.Key, byID) || !w.origin.gives(r.ID, kind, r.ProjectID, name) {
		o.ID = r.ID
	}
	return o
}

func (w *writer) network(n *model.Network) *Network {
	return &Network{w.object(kindNetwork, w.keys.networks, &n.Record, n.Name), n.VNI, n.Description, n.Shared, n.AdminStateUp, slices.Clone(n.FarEnds)}
}

func (w *writer) device(gd *model.GatewayDevice, macs model.DeviceMACs) *Switch {
	s := &Switch{
		Object: w.object(kindSwitch, w.keys.switches, &gd.Record, gd.Name), Type: cmp.Or(gd.Type, model.HWVTEP), ResourceID: gd.ResourceID,
		Location: gd.Site, Profile: cmp.Or(gd.Profile, model.DefaultProfile), BorderMode: cmp.Or(gd.BorderMode, model.BorderDirect),
		StitchPorts: slices.Clone(gd.StitchPorts), TunnelIPs: slices.Clone(gd.TunnelIPs), Drift: cmp.Or(gd.DriftPolicy, model.DriftRepair),
	}
	if gd.Driven() {
		s.Listen = gd.ManagementProtocol == model.ProtocolOVSDBListen
		s.Secure = gd.ManagementProtocol == model.ProtocolOVSDBTLS || s.Listen && gd.TLS != ""
		s.Address = addressOf(gd)
		if s.Secure {
			s.TLS = gd.TLS
		}
	}
	for m := range macs.All() {
		s.RemoteMACs = append(s.RemoteMACs, RemoteMAC{m.MAC, m.VTEPAddress, m.SegmentationID})
	}
	s.sort()
	return s
}

// addressOf is where a device is dialled, "" if only it dials.
func addressOf(gd *model.GatewayDevice) string {
	a, err := netip.ParseAddr(gd.ManagementIP)
	if err != nil {
		return ""
	}
	return netip.AddrPortFrom(a, gd.ManagementPort).String()
}

func (w *writer) gateway(g *model.L2Gateway) *Gateway {
	out := &Gateway{Object: w.object(kindGateway, w.keys.gateways, &g.Record, g.Name), HA: cmp.Or(g.HAMode, model.ActiveActive), Preempt: g.Preempt}
	for i := range g.Devices {
		out.Devices = append(out.Devices, w.part(&g.Devices[i]))
	}
	return out
}

func (w *writer) part(dev *model.Device) Device {
	d := Device{Switch: dev.DeviceName, VNI: dev.SegmentationID}
	if dev.DeviceID != "" {
		d.Switch, d.Border = "", keyOf(w.keys.switches, dev.DeviceID)
	}
	for _, i := range dev.Interfaces {
		d.Ports = append(d.Ports, Port{i.Name, slices.Clone(i.VLANs), i.ProvisionAhead})
	}
	d.sort()
	return d
}

func (w *writer) connection(c *model.L2GatewayConnection) *Connection {
	out := &Connection{Gateway: keyOf(w.keys.gateways, c.L2GatewayID), Network: keyOf(w.keys.networks, c.NetworkID), Segmentation: c.SegmentationID}
	if w.choice.IDs || !w.origin.connects(c, out.Gateway, out.Network) {
		out.ID = c.ID
	}
	return out
}

// endpoint splits an address as the parser accepts it.
func endpoint(address string) (ip string, port uint16) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return "", 0
	}
	return a.Addr().String(), a.Port()
}

// protocol is how the switch's database is reached.
func (s *Switch) protocol() string {
	switch {
	case s.Type != model.HWVTEP:
		return ""
	case s.Listen:
		return model.ProtocolOVSDBListen
	case s.Secure:
		return model.ProtocolOVSDBTLS
	}
	return model.ProtocolOVSDB
}

// countOf is a number of things in words.
func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

package site

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"bordergw/model"
)

// The codes of notes.
const (
	// NoteName: a logical switch whose name can not be the id of a network.
	NoteName = "N01"
	// NoteUnlearned: MACs at a registered switch that has not learned them now.
	NoteUnlearned = "N02"
	// NoteRows: rows that definitions can not ask for.
	NoteRows = "N03"
	// NoteSwitch: a logical switch that can not become a network as it is.
	NoteSwitch = "N04"
	// NoteUnbound: a logical switch that no port is bound to.
	NoteUnbound = "N05"
	// NoteWrites: something else than marks and descriptions would be written.
	NoteWrites = "N06"
	// NoteRefused: apply, or the switch, would refuse the file as it is.
	NoteRefused = "N07"
	// NoteOwner: an object that the file would have to change belongs to another manager.
	NoteOwner = "N08"
	// NoteBeside: what refers to a logical switch and is no part of any definition.
	NoteBeside = "N09"
)

// Note is something that people should know before they apply what was adopted.
type Note struct {
	Code    string `json:"code"`
	Object  string `json:"object"`
	Message string `json:"message"`
}

// maxNotes bounds the notes of one adoption.
const maxNotes = 1000

// AdoptOptions say how the objects are called.
type AdoptOptions struct {
	// Site is the owner of the file; "" is the one that manages all of the switches, else adopted.
	Site string
	// Gateway begins the names of gateways; "" is adopted.
	Gateway string
}

const adopted = "adopted"

// Adoption is the file that defines what stands on switches.
type Adoption struct {
	File *File
	// Networks are the ids of those that stand, in order.
	Networks []string
	notes    []Note
	more     int // notes beyond maxNotes

	d         *model.Definitions
	options   AdoptOptions
	places    *model.Places
	addresses map[model.VTEPAddress]*model.GatewayDevice
	standing  []model.Standing
	// found are the networks by id, vnis the ids of networks by VNI.
	found map[string]*adoptedNetwork
	vnis  map[model.VNI]string
}

// adoptedNetwork is a network with its logical switch on each of the switches.
type adoptedNetwork struct {
	id string
	// name is that in the file.
	name  string
	vni   model.VNI
	parts []adoptedPart
}

type adoptedPart struct {
	device *model.GatewayDevice
	row    *model.StandingSwitch
	ports  []Device
}

// NewAdoption makes the site file of what stands unmanaged on switches, each of another database: its
// logical switches that have bindings become networks, with all that their rows say. With it are the
// objects that the site manages already. Nothing of it is defined by that.
func NewAdoption(d *model.Definitions, standing []model.Standing, o AdoptOptions) *Adoption {
	a := &Adoption{
		d: d, options: o, standing: standing, places: model.NewPlaces(d), addresses: tunnelAddresses(d),
		found: map[string]*adoptedNetwork{}, vnis: map[model.VNI]string{},
	}
	a.options.Site, a.options.Gateway = cmp.Or(o.Site, a.commonSite()), cmp.Or(o.Gateway, adopted)
	for n := range d.Networks.All() {
		a.vnis[n.VNI] = n.ID
	}
	for i := range standing {
		for n := range standing[i].Switches {
			a.find(standing[i].Device, &standing[i].Switches[n])
		}
	}
	a.write()
	return a
}

// commonSite is the site that manages all of the switches, else adopted.
func (a *Adoption) commonSite() string {
	common := ""
	for i := range a.standing {
		site := siteOf(a.standing[i].Device.ManagedBy)
		if site == "" || i > 0 && site != common {
			return adopted
		}
		common = site
	}
	return cmp.Or(common, adopted)
}

// tunnelAddresses are those of all registered switches.
func tunnelAddresses(d *model.Definitions) map[model.VTEPAddress]*model.GatewayDevice {
	out, all := map[model.VTEPAddress]*model.GatewayDevice{}, d.Registrations()
	for gd := range d.Devices.All() {
		addresses := slices.Clone(gd.TunnelIPs)
		for _, sw := range all.Switches(gd) {
			addresses = append(addresses, sw.TunnelIPs...)
		}
		for _, ip := range addresses {
			if out[ip] == nil {
				out[ip] = all.First(gd)
			}
		}
	}
	return out
}

// note adds a note about an object.
func (a *Adoption) note(code, object, format string, args ...any) {
	if len(a.notes) == maxNotes {
		a.more++
		return
	}
	a.notes = append(a.notes, Note{code, object, fmt.Sprintf(format, args...)})
}

// Notes are what should be known, in the order of switches and networks. Of very many the first are given, and how
// many there are besides.
func (a *Adoption) Notes() []Note {
	out := append([]Note{}, a.notes...)
	if a.more > 0 {
		out = append(out, Note{out[len(out)-1].Code, "site " + a.File.Site, fmt.Sprintf("and %d notes more", a.more)})
	}
	return out
}

// onSwitch is how notes call a logical switch.
func onSwitch(gd *model.GatewayDevice, name string) string {
	return "logical switch " + model.Shown(name) + " on " + gd.DisplayName()
}

// find takes one logical switch for a network, or notes why not.
func (a *Adoption) find(gd *model.GatewayDevice, row *model.StandingSwitch) {
	object := onSwitch(gd, row.Name)
	n, known := a.found[row.Name]
	if !known {
		n = &adoptedNetwork{id: row.Name, vni: row.Key}
	}
	if len(row.Bindings) == 0 {
		a.note(NoteUnbound, object, "no port is bound to it: it is left as it is")
		return
	}
	if why, code := a.unfit(n, row); why != "" {
		a.note(code, object, "%s: it is left as it is", why)
		return
	}
	part := adoptedPart{device: gd, row: row}
	ports, why := a.portsOf(gd, row)
	if why != "" {
		a.note(NoteSwitch, object, "%s: it is left as it is", why)
		return
	}
	part.ports = ports
	for _, u := range row.Unusable {
		a.note(NoteRows, object, "it has %s (%d): they would be deleted", u.What, u.Count)
	}
	if row.ACLs > 0 {
		a.note(NoteBeside, object, "bindings with an ACL (%d): the ACLs are not in the file and stay as they are", row.ACLs)
	}
	for _, router := range row.Routers {
		a.note(NoteBeside, object, "logical router %s is joined to it: it is not in the file and stays as it is", model.Shown(router))
	}
	n.parts = append(n.parts, part)
	a.found[n.id], a.vnis[n.vni] = n, n.id
}

// unfit says why a logical switch can not be a network, with the code of the note; "" if it can.
func (a *Adoption) unfit(n *adoptedNetwork, row *model.StandingSwitch) (why, code string) {
	if !recordID.MatchString(row.Name) || strings.HasSuffix(row.Name, model.BorderSuffix) {
		return "its name can not be the id of a network", NoteName
	}
	defined, exists := a.d.Networks.Get(row.Name)
	switch {
	case row.Marked:
		return "another bordergw has marked it as its own", NoteSwitch
	case row.Wanted:
		return "the network of that id is defined here with another VNI", NoteSwitch
	case row.Key == 0:
		return "it has no VNI (tunnel_key from 1 to 16777215)", NoteSwitch
	case n.vni != row.Key:
		return fmt.Sprintf("its VNI is %s, and %s on %s", row.Key, n.vni, n.parts[0].device.DisplayName()), NoteSwitch
	case exists && defined.VNI != 0 && defined.VNI != row.Key:
		return fmt.Sprintf("its VNI is %s, and network %s is defined with %s", row.Key, defined.Called(), defined.VNI), NoteSwitch
	}
	if owner := a.vnis[row.Key]; owner != "" && owner != row.Name {
		return fmt.Sprintf("its VNI %s is that of network %s", row.Key, a.called(owner)), NoteSwitch
	}
	return "", ""
}

// called is how a network is called, with its id where it has a name.
func (a *Adoption) called(id string) string {
	if n, defined := a.d.Networks.Get(id); defined && n.Name != "" && n.Name != id {
		return fmt.Sprintf("%s (%s)", model.Shown(n.Name), id)
	}
	return id
}

// portsOf are the bindings as a gateway has them. One that can not be defined would be unbound: why
// says so then.
func (a *Adoption) portsOf(gd *model.GatewayDevice, row *model.StandingSwitch) (out []Device, why string) {
	for _, b := range row.Bindings {
		at := fmt.Sprintf("VLAN %s of port %s of switch %s", b.VLAN, model.Shown(b.Port), model.Shown(b.Switch))
		name := a.nameOf(gd, b.Switch)
		switch {
		case name == "":
			return nil, at + " is bound, and no name of a device leads to that switch only"
		case b.VLAN > model.MaxVLAN:
			return nil, at + " is bound, and no gateway can have that VLAN"
		case !isName(b.Port):
			return nil, at + " is bound, and no gateway can have a port of that name"
		}
		if len(out) == 0 || out[len(out)-1].Switch != name {
			out = append(out, Device{Switch: name})
		}
		d := &out[len(out)-1]
		if len(d.Ports) == 0 || d.Ports[len(d.Ports)-1].Name != b.Port {
			d.Ports = append(d.Ports, Port{Name: b.Port})
		}
		p := &d.Ports[len(d.Ports)-1]
		p.VLANs = append(p.VLANs, b.VLAN)
	}
	return out, ""
}

// nameOf is how a gateway names a Physical_Switch of a device's database, "" if no name leads there.
func (a *Adoption) nameOf(gd *model.GatewayDevice, sw string) string {
	for _, name := range []string{sw, gd.Name} {
		if !isName(name) {
			continue
		}
		if at, found := a.places.Find(&model.Device{DeviceName: name}); found && at.Device.ID == gd.ID && at.Switch == sw {
			return name
		}
	}
	return ""
}

// isName reports whether a text can be the name of an object in a site file.
func isName(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxText && !strings.ContainsFunc(s, unicode.IsControl)
}

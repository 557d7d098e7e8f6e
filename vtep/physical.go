package vtep

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// portPlace is where a port is found: its name is unique within a switch only.
type portPlace struct{ sw, port string }

// slot is a VLAN of the port.
func (p portPlace) slot(vlan int) Slot { return Slot{p.sw, p.port, model.VLAN(vlan)} }

// portVLAN is a VLAN of a port.
type portVLAN struct {
	port ovsdb.UUID
	vlan int
}

// physicalTables hold the switches and ports of a database. What is derived from them,
// inventory, places and at, is forgotten when they change, and made again when it is asked for.
type physicalTables struct {
	switches table[hwvtep.PhysicalSwitch]
	ports    portTable

	// inventory is what was last made of switches and ports; nil since they changed.
	// inventoryCut says what it leaves out.
	inventory    []model.SwitchInventory
	inventoryCut string
	// places finds the ports, at tells where each is; nil since one came, went or was renamed.
	places map[portPlace][]ovsdb.UUID
	at     map[ovsdb.UUID][]portPlace
	// bound are the VLANs of ports that are bound to a logical switch. It always says the same
	// as ports: only updatePort writes it.
	bound map[ovsdb.UUID]map[portVLAN]struct{}
}

func newPhysicalTables() physicalTables {
	return physicalTables{switches: table[hwvtep.PhysicalSwitch]{}, ports: newPortTable(), bound: map[ovsdb.UUID]map[portVLAN]struct{}{}}
}

func (t *physicalTables) updateSwitch(u ovsdb.RowUpdate, sum *int) error {
	t.inventory, t.places, t.at = nil, nil, nil
	_, err := t.switches.apply(u, sum)
	return err
}

// updatePort takes over what changed of a port. It reports whether it came, went or was renamed, and
// the VLANs whose bindings changed. Most often only these do, and then all that is known of the
// ports besides stays; or its faults, which no plan looks at.
func (t *physicalTables) updatePort(u ovsdb.RowUpdate, sum *int) (moved bool, vlans []int, err error) {
	before, after, changes, err := t.ports.update(u, sum)
	vlans = t.rebind(u.UUID, changes)
	if before == nil || after == nil || before.Name != after.Name {
		t.inventory, t.places, t.at = nil, nil, nil
		return true, vlans, err
	}
	if !slices.Equal(before.PortFaultStatus, after.PortFaultStatus) {
		t.inventory = nil
	}
	return false, vlans, err
}

// rebind notes which bindings a port lost and got, and returns their VLANs.
func (t *physicalTables) rebind(id ovsdb.UUID, changes map[int]model.Change[string]) (vlans []int) {
	for vlan, c := range changes {
		vlans = append(vlans, vlan)
		t.unbind(portVLAN{id, vlan}, c.Was)
		t.bind(portVLAN{id, vlan}, c.Now)
	}
	return vlans
}

func (t *physicalTables) bind(at portVLAN, ref string) {
	ls, err := ovsdb.ParseUUID(ref)
	if err != nil {
		return
	}
	if t.bound[ls] == nil {
		t.bound[ls] = map[portVLAN]struct{}{}
	}
	t.bound[ls][at] = struct{}{}
}

func (t *physicalTables) unbind(at portVLAN, ref string) {
	ls, err := ovsdb.ParseUUID(ref)
	if err != nil {
		return
	}
	if delete(t.bound[ls], at); len(t.bound[ls]) == 0 {
		delete(t.bound, ls)
	}
}

// portOf finds a port by the names of its switch and its own. Of two of one name the one that the
// switch lists first counts, of two switches of one name that with the lower UUID.
func (t *physicalTables) portOf(sw, port string) (ovsdb.UUID, *hwvtep.PhysicalPort) {
	ids := t.portsAt(portPlace{sw, port})
	if len(ids) == 0 {
		return ovsdb.UUID{}, nil
	}
	return ids[0], t.ports.rows[ids[0]]
}

// portsAt are the ports of one place: most often one.
func (t *physicalTables) portsAt(p portPlace) []ovsdb.UUID {
	t.indexPorts()
	return t.places[p]
}

// placesOf tells where a port is: most often in one place.
func (t *physicalTables) placesOf(id ovsdb.UUID) []portPlace {
	t.indexPorts()
	return t.at[id]
}

// indexPorts notes where each port is.
func (t *physicalTables) indexPorts() {
	if t.places != nil {
		return
	}
	t.places, t.at = map[portPlace][]ovsdb.UUID{}, map[ovsdb.UUID][]portPlace{}
	for _, sw := range sortedUUIDs(t.switches) {
		for _, ref := range t.switches[sw].Ports {
			id, err := ovsdb.ParseUUID(ref)
			if err != nil || t.ports.rows[id] == nil {
				continue
			}
			at := portPlace{t.switches[sw].Name, t.ports.rows[id].Name}
			t.places[at] = append(t.places[at], id)
			t.at[id] = append(t.at[id], at)
		}
	}
}

// boundTo yields the slots that are bound to a logical switch.
func (t *physicalTables) boundTo(ls ovsdb.UUID) iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		for p := range t.bound[ls] {
			for _, at := range t.placesOf(p.port) {
				if !yield(at.slot(p.vlan)) {
					return
				}
			}
		}
	}
}

// bindings yields all slots that are bound to anything.
func (t *physicalTables) bindings() iter.Seq[Slot] {
	t.indexPorts()
	return func(yield func(Slot) bool) {
		for at, ids := range t.places {
			for _, id := range ids {
				for vlan := range t.ports.vlans[id] {
					if !yield(at.slot(vlan)) {
						return
					}
				}
			}
		}
	}
}

// binds reports whether a port has the VLAN bound to the logical switch.
func (t *physicalTables) binds(v model.VLAN, ls ovsdb.UUID) bool {
	for p := range t.bound[ls] {
		if p.vlan == int(v) {
			return true
		}
	}
	return false
}

// ownAddresses are the tunnel addresses of all switches of the database.
func (t *physicalTables) ownAddresses() map[model.VTEPAddress]bool {
	own := map[model.VTEPAddress]bool{}
	for _, ps := range t.switches {
		for _, ip := range usableAddresses(ps.TunnelIPs) {
			own[ip] = true
		}
	}
	return own
}

// usableAddresses parses tunnel_ips, in order of address, and leaves out what
// is no usable IPv4 address.
func usableAddresses(ips []string) []model.VTEPAddress {
	var out []model.VTEPAddress
	for _, s := range ips {
		if a, err := model.ParseVTEPAddress(s); err == nil {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, model.VTEPAddress.Compare)
	return out
}

// takeInventory is what the switches are, and what that leaves out. It is shared until
// they change.
func (t *physicalTables) takeInventory() ([]model.SwitchInventory, string) {
	if t.inventory == nil {
		t.inventory, t.inventoryCut = model.BoundInventory(t.allSwitches())
	}
	return t.inventory, t.inventoryCut
}

func (t *physicalTables) allSwitches() (out []model.SwitchInventory) {
	for _, id := range sortedUUIDs(t.switches) {
		out = append(out, t.inventoryOf(id))
	}
	slices.SortStableFunc(out, func(a, b model.SwitchInventory) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (t *physicalTables) inventoryOf(id ovsdb.UUID) model.SwitchInventory {
	ps := t.switches[id]
	out := model.SwitchInventory{
		Name: ps.Name, Fingerprint: fingerprint(id), TunnelIPs: usableAddresses(ps.TunnelIPs), Faults: slices.Clone(ps.SwitchFaultStatus),
	}
	for _, ref := range ps.Ports {
		pid, err := ovsdb.ParseUUID(ref)
		if p := t.ports.rows[pid]; err == nil && p != nil {
			out.Ports = append(out.Ports, model.PortInventory{Name: p.Name, Faults: slices.Clone(p.PortFaultStatus)})
		}
	}
	slices.SortStableFunc(out.Ports, func(a, b model.PortInventory) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// fingerprint lets a row be known again without its UUID, which is of no use outside.
func fingerprint(id ovsdb.UUID) string {
	sum := sha256.Sum256([]byte(id.String()))
	return hex.EncodeToString(sum[:8])
}

package vtep

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// portPlace is where a port is found: its name is unique within a switch only.
type portPlace struct{ sw, port string }

// physicalTables hold the switches and ports of a database. What is derived from them,
// inventory and places, is forgotten when they change, and made again when it is asked for.
type physicalTables struct {
	switches table[hwvtep.PhysicalSwitch]
	ports    table[hwvtep.PhysicalPort]

	// inventory is what was last made of switches and ports; nil since they changed.
	// inventoryCut says what it leaves out.
	inventory    []model.SwitchInventory
	inventoryCut string
	// places finds the ports; nil since one came, went or was renamed.
	places map[portPlace]ovsdb.UUID
}

func newPhysicalTables() physicalTables {
	return physicalTables{switches: table[hwvtep.PhysicalSwitch]{}, ports: table[hwvtep.PhysicalPort]{}}
}

func (t *physicalTables) updateSwitch(u ovsdb.RowUpdate, sum *int) error {
	t.inventory, t.places = nil, nil
	_, err := t.switches.apply(u, sum)
	return err
}

// updatePort takes over what changed of a port, and reports whether that concerns
// bindings. Most often only bindings change, and then all that is known of the ports
// besides stays; or its faults, which no plan looks at.
func (t *physicalTables) updatePort(u ovsdb.RowUpdate, sum *int) (bindings bool, err error) {
	before, err := t.ports.apply(u, sum)
	after := t.ports[u.UUID]
	if before == nil || after == nil || before.Name != after.Name {
		t.inventory, t.places = nil, nil
		return true, err
	}
	if !slices.Equal(before.PortFaultStatus, after.PortFaultStatus) {
		t.inventory = nil
	}
	return !maps.Equal(before.VLANBindings, after.VLANBindings), err
}

// portOf finds a port by the names of its switch and its own.
func (t *physicalTables) portOf(sw, port string) (ovsdb.UUID, *hwvtep.PhysicalPort) {
	if t.places == nil {
		t.indexPorts()
	}
	id, ok := t.places[portPlace{sw, port}]
	if !ok {
		return ovsdb.UUID{}, nil
	}
	return id, t.ports[id]
}

// indexPorts notes where each port is. Of two of one name the one that the switch
// lists first counts, of two switches of one name that with the lower UUID.
func (t *physicalTables) indexPorts() {
	t.places = map[portPlace]ovsdb.UUID{}
	for _, sw := range sortedUUIDs(t.switches) {
		for _, ref := range t.switches[sw].Ports {
			id, err := ovsdb.ParseUUID(ref)
			if err != nil || t.ports[id] == nil {
				continue
			}
			if at := (portPlace{t.switches[sw].Name, t.ports[id].Name}); t.places[at] == (ovsdb.UUID{}) {
				t.places[at] = id
			}
		}
	}
}

// binds reports whether a port has the VLAN bound to the logical switch.
func (t *physicalTables) binds(v model.VLAN, ls ovsdb.UUID) bool {
	for _, p := range t.ports {
		if to, err := ovsdb.ParseUUID(p.VLANBindings[int(v)]); err == nil && to == ls {
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
		if p := t.ports[pid]; err == nil && p != nil {
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

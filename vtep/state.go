package vtep

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// State is a switch database as it stands. It is filled by update and, for managed
// rows, from replies. It is not safe for concurrent use; Session guards it.
type State struct {
	caps Caps

	switches    table[hwvtep.PhysicalSwitch]
	ports       table[hwvtep.PhysicalPort]
	logical     table[hwvtep.LogicalSwitch]
	locatorRows table[hwvtep.PhysicalLocator]
	sets        table[hwvtep.PhysicalLocatorSet]
	tunnels     table[hwvtep.Tunnel]
	mcastRemote table[hwvtep.McastMacsRemote]
	mcastLocal  table[hwvtep.McastMacsLocal]
	ucastRemote macTable
	ucastLocal  macTable

	// Derived from the rows above, kept in step by update.
	lsByName  map[string]ovsdb.UUID
	locators  map[ovsdb.UUID]Locator // only those that vxlan_over_ipv4 can use
	byLocator map[Locator]ovsdb.UUID

	// inventory is what was last made of switches and ports; nil since they changed.
	// inventoryCut says what it leaves out.
	inventory    []model.SwitchInventory
	inventoryCut string
	// weight is that of the rows of all tables but those of unicast MACs.
	weight int
	// share counts what all sessions keep; shared is what this State has added to it.
	share  *ovsdb.Share
	shared int
	// limit is maxWeight but in tests.
	limit int
	// places finds the ports; nil since one came, went or was renamed.
	places map[portPlace]ovsdb.UUID

	// remembered are own addresses that are not shown now (Session.Remember).
	remembered []model.VTEPAddress

	// learned records what changed in Ucast_Macs_Local since it was last asked
	// for.
	learned localChanges
	// keys records which logical switches' VNIs changed since they were last asked for.
	keys keyChanges
	// dirty records what changed since a plan last found nothing to do.
	dirty dirtySet
}

// table holds the rows of one small table.
type table[T any] map[ovsdb.UUID]*T

// NewState is an empty State for a server with these capabilities.
func NewState(c Caps) *State {
	return &State{
		caps:        c,
		limit:       maxWeight,
		switches:    table[hwvtep.PhysicalSwitch]{},
		ports:       table[hwvtep.PhysicalPort]{},
		logical:     table[hwvtep.LogicalSwitch]{},
		locatorRows: table[hwvtep.PhysicalLocator]{},
		sets:        table[hwvtep.PhysicalLocatorSet]{},
		tunnels:     table[hwvtep.Tunnel]{},
		mcastRemote: table[hwvtep.McastMacsRemote]{},
		mcastLocal:  table[hwvtep.McastMacsLocal]{},
		ucastRemote: newMACTable(),
		ucastLocal:  newMACTable(),
		lsByName:    map[string]ovsdb.UUID{},
		locators:    map[ovsdb.UUID]Locator{},
		byLocator:   map[Locator]ovsdb.UUID{},
		dirty:       dirtySet{all: true}, // nothing has been looked at
		keys:        keyChanges{all: true},
	}
}

// apply takes over one monitor update and returns the row before it, or nil. It keeps
// sum, the weight of all rows.
// A row is replaced, never changed in place, so that a pointer to it stays
// valid for whoever holds one.
func (t table[T]) apply(u ovsdb.RowUpdate, sum *int) (*T, error) {
	old := t[u.UUID]
	if u.Kind == ovsdb.KindDelete {
		*sum -= weight(old)
		delete(t, u.UUID)
		return old, nil
	}
	// Columns at their default are left out of a new row.
	row := new(T)
	if old != nil && u.Kind == ovsdb.KindModify {
		*row = *old
	}
	if err := decodeColumns(u.Row, row, u.Diff); err != nil {
		return old, fmt.Errorf("%s: %w", u.Table, err)
	}
	*sum += weight(row) - weight(old)
	t[u.UUID] = row
	return old, nil
}

// update applies one monitor update. An error means that the row can not be
// understood; the State is then no longer to be trusted.
func (s *State) update(u ovsdb.RowUpdate) (err error) {
	switch u.Table {
	case "Physical_Switch":
		_, err = s.switches.apply(u, &s.weight)
		s.inventory, s.places = nil, nil
		s.learned.all = true // what counts as its own address may have changed
		s.dirty.addAll()
	case "Physical_Port":
		err = s.updatePort(u)
	case "Logical_Switch":
		err = s.updateLogical(u)
	case "Physical_Locator":
		err = s.updateLocator(u)
	case "Physical_Locator_Set":
		_, err = s.sets.apply(u, &s.weight)
	case "Tunnel":
		_, err = s.tunnels.apply(u, &s.weight)
		s.dirty.addPorts()
	case "Mcast_Macs_Remote":
		err = s.updateFlood(u)
	case "Mcast_Macs_Local":
		_, err = s.mcastLocal.apply(u, &s.weight)
		s.learned.all = true
	case "Ucast_Macs_Remote":
		err = s.updateRemote(u)
	case "Ucast_Macs_Local":
		err = s.updateLocal(u)
	default:
		err = fmt.Errorf("update of table %.64q, which is not monitored", u.Table)
	}
	if err == nil {
		err = s.tooLarge()
	}
	return err
}

func (s *State) updateLogical(u ovsdb.RowUpdate) error {
	s.dirty.addAll() // a VNI may have come free
	old, err := s.logical.apply(u, &s.weight)
	if err != nil {
		return err
	}
	row := s.logical[u.UUID]
	s.keys.note(old, row)
	if old != nil && (row == nil || row.Name != old.Name) {
		if s.lsByName[old.Name] == u.UUID {
			delete(s.lsByName, old.Name)
		}
		s.learned.all = true // its MACs were those of another network
	}
	if row != nil {
		s.lsByName[row.Name] = u.UUID
	}
	return nil
}

func (s *State) updateLocator(u ovsdb.RowUpdate) error {
	if u.Kind == ovsdb.KindModify {
		s.dirty.addAll() // tunnel_key is mutable
	}
	if _, err := s.locatorRows.apply(u, &s.weight); err != nil {
		return err
	}
	if old, ok := s.locators[u.UUID]; ok {
		delete(s.locators, u.UUID)
		if s.byLocator[old] == u.UUID {
			delete(s.byLocator, old)
		}
	}
	row := s.locatorRows[u.UUID]
	if row == nil {
		return nil
	}
	if l, ok := locatorOf(row); ok {
		s.locators[u.UUID] = l
		s.byLocator[l] = u.UUID
	}
	return nil
}

// locatorOf canonicalises a row. "010.0.0.9" and other rubbish that the
// database accepts is no locator of ours.
func locatorOf(row *hwvtep.PhysicalLocator) (Locator, bool) {
	addr, err := model.ParseVTEPAddress(row.DstIP)
	if err != nil || row.EncapsulationType != hwvtep.PhysicalLocatorEncapsulationTypeVxlanOverIpv4 {
		return Locator{}, false
	}
	l := Locator{Addr: addr}
	if row.TunnelKey != nil {
		vni, err := model.NewVNI(int64(*row.TunnelKey))
		if err != nil {
			return Locator{}, false
		}
		l.Key = vni
	}
	return l, true
}

// ownAddresses are the tunnel addresses of all switches of the database.
func (s *State) ownAddresses() map[model.VTEPAddress]bool {
	own := map[model.VTEPAddress]bool{}
	for _, ps := range s.switches {
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

// members lists the addresses of a locator set, sorted. A locator that is no
// usable one is left out and reported by ok.
func (s *State) members(set string) (out []Locator, ok bool) {
	id, err := ovsdb.ParseUUID(set)
	row := s.sets[id]
	if err != nil || row == nil {
		return nil, false
	}
	ok = true
	for _, ref := range row.Locators {
		lid, err := ovsdb.ParseUUID(ref)
		l, found := s.locators[lid]
		if err != nil || !found {
			ok = false
			continue
		}
		out = append(out, l)
	}
	slices.SortFunc(out, Locator.Compare)
	return out, ok
}

// sortedUUIDs gives a table's rows an order.
func sortedUUIDs[T any](m map[ovsdb.UUID]T) []ovsdb.UUID {
	return slices.SortedFunc(maps.Keys(m), compareUUID)
}

func compareUUID(a, b ovsdb.UUID) int { return strings.Compare(string(a[:]), string(b[:])) }

package vtep

import (
	"cmp"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// Locator is a tunnel end point: a Physical_Locator with encapsulation
// vxlan_over_ipv4. Key is its own VNI, 0 where the Logical_Switch's is used
// (vtep(5), Physical_Locator.tunnel_key, schema 1.5.0).
type Locator struct {
	Addr model.VTEPAddress
	Key  model.VNI
}

func (l Locator) String() string {
	if l.Key == 0 {
		return l.Addr.String()
	}
	return l.Addr.String() + "#" + l.Key.String()
}

// Compare orders by address, then key.
func (l Locator) Compare(o Locator) int {
	return cmp.Or(l.Addr.Compare(o.Addr), cmp.Compare(l.Key, o.Key))
}

// locatorTable holds the Physical_Locators of a database and the sets of them. usable and
// byValue always say the same as rows: only update writes them.
type locatorTable struct {
	rows table[hwvtep.PhysicalLocator]
	sets table[hwvtep.PhysicalLocatorSet]
	// usable are those that vxlan_over_ipv4 can use.
	usable  map[ovsdb.UUID]Locator
	byValue map[Locator]ovsdb.UUID
}

func newLocatorTable() locatorTable {
	return locatorTable{
		rows:    table[hwvtep.PhysicalLocator]{},
		sets:    table[hwvtep.PhysicalLocatorSet]{},
		usable:  map[ovsdb.UUID]Locator{},
		byValue: map[Locator]ovsdb.UUID{},
	}
}

func (t *locatorTable) update(u ovsdb.RowUpdate, sum *int) error {
	if _, err := t.rows.apply(u, sum); err != nil {
		return err
	}
	if old, ok := t.usable[u.UUID]; ok {
		delete(t.usable, u.UUID)
		if t.byValue[old] == u.UUID {
			delete(t.byValue, old)
		}
	}
	row := t.rows[u.UUID]
	if row == nil {
		return nil
	}
	if l, ok := locatorOf(row); ok {
		t.usable[u.UUID] = l
		t.byValue[l] = u.UUID
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

// members lists the addresses of a locator set, sorted. A locator that is no
// usable one is left out and reported by ok.
func (t *locatorTable) members(set string) (out []Locator, ok bool) {
	id, err := ovsdb.ParseUUID(set)
	row := t.sets[id]
	if err != nil || row == nil {
		return nil, false
	}
	ok = true
	for _, ref := range row.Locators {
		lid, err := ovsdb.ParseUUID(ref)
		l, found := t.usable[lid]
		if err != nil || !found {
			ok = false
			continue
		}
		out = append(out, l)
	}
	slices.SortFunc(out, Locator.Compare)
	return out, ok
}

// between are the locators whose addresses are in before and not in now, nil for none.
func (t *locatorTable) between(before, now map[model.VTEPAddress]bool) map[ovsdb.UUID]bool {
	var out map[ovsdb.UUID]bool
	for id, l := range t.usable {
		if before[l.Addr] && !now[l.Addr] {
			if out == nil {
				out = map[ovsdb.UUID]bool{}
			}
			out[id] = true
		}
	}
	return out
}

// addresses are those of locators, as far as they are known.
func (t *locatorTable) addresses(refs ...string) string {
	var out []string
	for _, ref := range refs {
		id, err := ovsdb.ParseUUID(ref)
		if row := t.rows[id]; err == nil && row != nil && len(out) < maxSuspects {
			out = append(out, row.DstIP)
		}
	}
	return strings.Join(out, " ")
}

package vtep

import (
	"bytes"
	"encoding/json"
	"fmt"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// macTable is a Ucast_Macs table in compact form: about a hundred bytes a row.
// The tables have no index, so that two rows may hold one MAC; the row with the
// smallest UUID counts and the others are duplicates.
type macTable struct {
	rows map[ovsdb.UUID]macKey
	byLS map[ovsdb.UUID]map[model.MAC]macRow
	// extra holds what byLS has no room for: further rows of a MAC, and rows
	// whose MAC is no address.
	extra map[ovsdb.UUID]macExtra
}

type macKey struct {
	ls  ovsdb.UUID
	mac model.MAC
}

type macRow struct{ uuid, locator ovsdb.UUID }

type macExtra struct {
	ls, locator ovsdb.UUID
	mac         model.MAC
	bad         bool // the column holds no MAC address
}

func newMACTable() macTable {
	return macTable{
		rows:  map[ovsdb.UUID]macKey{},
		byLS:  map[ovsdb.UUID]map[model.MAC]macRow{},
		extra: map[ovsdb.UUID]macExtra{},
	}
}

// len counts all rows.
func (t *macTable) len() int { return len(t.rows) + len(t.extra) }

// update applies one monitor update. All columns are scalars, so that a
// difference and a new value look alike.
func (t *macTable) update(u ovsdb.RowUpdate) error {
	if u.Kind == ovsdb.KindDelete {
		t.remove(u.UUID)
		return nil
	}
	row, had := t.get(u.UUID)
	if u.Kind != ovsdb.KindModify {
		row = macExtra{}
	}
	if err := row.decode(u.Row); err != nil {
		return fmt.Errorf("%s: %w", u.Table, err)
	}
	if had {
		t.remove(u.UUID)
	}
	t.insert(u.UUID, row)
	return nil
}

func (t *macTable) get(id ovsdb.UUID) (macExtra, bool) {
	if e, ok := t.extra[id]; ok {
		return e, true
	}
	k, ok := t.rows[id]
	if !ok {
		return macExtra{}, false
	}
	return macExtra{ls: k.ls, mac: k.mac, locator: t.byLS[k.ls][k.mac].locator}, true
}

func (t *macTable) insert(id ovsdb.UUID, e macExtra) {
	if e.bad {
		t.extra[id] = e
		return
	}
	macs := t.byLS[e.ls]
	if macs == nil {
		macs = map[model.MAC]macRow{}
		t.byLS[e.ls] = macs
	}
	if first, ok := macs[e.mac]; ok {
		if bytes.Compare(first.uuid[:], id[:]) < 0 {
			t.extra[id] = e
			return
		}
		delete(t.rows, first.uuid)
		t.extra[first.uuid] = macExtra{ls: e.ls, mac: e.mac, locator: first.locator}
	}
	macs[e.mac] = macRow{uuid: id, locator: e.locator}
	t.rows[id] = macKey{ls: e.ls, mac: e.mac}
}

func (t *macTable) remove(id ovsdb.UUID) {
	if _, ok := t.extra[id]; ok {
		delete(t.extra, id)
		return
	}
	k, ok := t.rows[id]
	if !ok {
		return
	}
	delete(t.rows, id)
	delete(t.byLS[k.ls], k.mac)
	if len(t.byLS[k.ls]) == 0 {
		delete(t.byLS, k.ls)
	}
	t.promote(k)
}

// promote makes the next duplicate of a MAC its row.
func (t *macTable) promote(k macKey) {
	var next ovsdb.UUID
	found := false
	for id, e := range t.extra {
		if !e.bad && e.ls == k.ls && e.mac == k.mac && (!found || bytes.Compare(id[:], next[:]) < 0) {
			next, found = id, true
		}
	}
	if found {
		e := t.extra[next]
		delete(t.extra, next)
		t.insert(next, e)
	}
}

// uses reports whether any row belongs to the logical switch.
func (t *macTable) uses(ls ovsdb.UUID) bool {
	if len(t.byLS[ls]) > 0 {
		return true
	}
	for _, e := range t.extra {
		if e.ls == ls {
			return true
		}
	}
	return false
}

// macColumns is the wire form of a row. The reflective decoder would cost ten
// times as much for a table of 100,000 rows.
type macColumns struct {
	MAC           *string    `json:"MAC"`
	LogicalSwitch *[2]string `json:"logical_switch"`
	Locator       *[2]string `json:"locator"`
}

func (e *macExtra) decode(raw json.RawMessage) error {
	var c macColumns
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.MAC != nil {
		mac, err := model.ParseMAC(*c.MAC)
		e.mac, e.bad = mac, err != nil
	}
	if err := decodeRef(c.LogicalSwitch, &e.ls); err != nil {
		return err
	}
	return decodeRef(c.Locator, &e.locator)
}

func decodeRef(v *[2]string, id *ovsdb.UUID) (err error) {
	if v == nil {
		return nil
	}
	if v[0] != "uuid" {
		return errWire
	}
	*id, err = ovsdb.ParseUUID(v[1])
	return err
}

package vtep

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"

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
	// extraOf are the rows in extra by logical switch.
	extraOf map[ovsdb.UUID]map[ovsdb.UUID]struct{}
	// further are the rows in extra that hold a MAC, by what they say.
	further map[macKey][]ovsdb.UUID
	// partial are rows whose content the server has not reported. It has only reported
	// that they are there, have changed or have gone.
	partial map[ovsdb.UUID]rowContent
	// insertsMuted: the server does not report inserted rows at all.
	insertsMuted bool
}

// rowContent says where the content of a partial row comes from.
type rowContent uint8

const (
	// awaited: the reply to the transaction under way brings it, if we inserted the
	// row. Otherwise it must be read.
	awaited rowContent = iota
	// changed: it must be read, as a reply is older than what stands.
	changed
	// gone: it was deleted before the reply.
	gone
)

type macKey struct {
	ls  ovsdb.UUID
	mac model.MAC
}

type macRow struct {
	uuid, locator ovsdb.UUID
	ip            model.IPv4
}

type macExtra struct {
	ls, locator ovsdb.UUID
	mac         model.MAC
	ip          model.IPv4 // none also for what ipaddr holds that is no IPv4 address
	bad         bool       // the column holds no MAC address
}

func newMACTable() macTable {
	return macTable{
		rows:    map[ovsdb.UUID]macKey{},
		byLS:    map[ovsdb.UUID]map[model.MAC]macRow{},
		extra:   map[ovsdb.UUID]macExtra{},
		extraOf: map[ovsdb.UUID]map[ovsdb.UUID]struct{}{},
		further: map[macKey][]ovsdb.UUID{},
		partial: map[ovsdb.UUID]rowContent{},
	}
}

// len counts all rows.
func (t *macTable) len() int { return len(t.rows) + len(t.extra) }

// update applies one monitor update. All columns are scalars, so that a
// difference and a new value look alike.
func (t *macTable) update(u ovsdb.RowUpdate) error {
	row, had := t.get(u.UUID)
	_, pending := t.partial[u.UUID]
	switch {
	case u.Kind == ovsdb.KindDelete && (pending || !had && t.insertsMuted):
		t.partial[u.UUID] = gone
		return nil
	case u.Kind == ovsdb.KindDelete:
		t.remove(u.UUID)
		return nil
	case u.Kind == ovsdb.KindModify && !had:
		t.partial[u.UUID] = changed
		return nil
	case u.Kind != ovsdb.KindModify:
		row = macExtra{}
	}
	was := row
	reported, err := row.decode(u.Row)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", u.Table, err)
	case !reported && had && row == was:
		return nil
	case u.Kind == ovsdb.KindModify:
		t.remove(u.UUID)
	case !reported:
		t.inserted(u.UUID)
		return nil
	case had:
		t.remove(u.UUID)
	}
	delete(t.partial, u.UUID)
	t.insert(u.UUID, row)
	return nil
}

// inserted records a row of which the server has reported only the UUID.
func (t *macTable) inserted(id ovsdb.UUID) {
	if _, known := t.get(id); known {
		return
	}
	if _, pending := t.partial[id]; !pending {
		t.partial[id] = awaited
	}
}

// added takes the content of a row from the reply to the transaction that
// inserted it, and reports whether it is news.
func (t *macTable) added(id ovsdb.UUID, row macExtra) bool {
	state, pending := t.partial[id]
	if _, known := t.get(id); known || pending && state != awaited || !pending && !t.insertsMuted {
		return false // the server has not reported the insert yet, or has reported a later change
	}
	delete(t.partial, id)
	t.insert(id, row)
	return true
}

// read takes a row that was read by its UUID; nothing is read of one that has
// gone.
func (t *macTable) read(id ovsdb.UUID, rows []json.RawMessage) error {
	if t.partial[id] == gone {
		return nil
	}
	delete(t.partial, id)
	if len(rows) == 0 {
		return nil
	}
	t.remove(id)
	var row macExtra
	if _, err := row.decode(rows[0]); err != nil {
		return err
	}
	t.insert(id, row)
	return nil
}

// settle forgets the rows that were kept for a reply, when the reply has come.
func (t *macTable) settle() {
	maps.DeleteFunc(t.partial, func(_ ovsdb.UUID, state rowContent) bool { return state == gone })
}

// pendingRows are the rows to be read while no transaction is under way.
func (t *macTable) pendingRows() []ovsdb.UUID {
	t.settle()
	return slices.Collect(maps.Keys(t.partial))
}

func (t *macTable) get(id ovsdb.UUID) (macExtra, bool) {
	if e, ok := t.extra[id]; ok {
		return e, true
	}
	k, ok := t.rows[id]
	if !ok {
		return macExtra{}, false
	}
	row := t.byLS[k.ls][k.mac]
	return macExtra{ls: k.ls, mac: k.mac, locator: row.locator, ip: row.ip}, true
}

func (t *macTable) insert(id ovsdb.UUID, e macExtra) {
	if e.bad {
		t.addExtra(id, e)
		return
	}
	macs := t.byLS[e.ls]
	if macs == nil {
		macs = map[model.MAC]macRow{}
		t.byLS[e.ls] = macs
	}
	if first, ok := macs[e.mac]; ok {
		if compareUUID(first.uuid, id) < 0 {
			t.addExtra(id, e)
			return
		}
		delete(t.rows, first.uuid)
		t.addExtra(first.uuid, macExtra{ls: e.ls, mac: e.mac, locator: first.locator, ip: first.ip})
	}
	macs[e.mac] = macRow{uuid: id, locator: e.locator, ip: e.ip}
	t.rows[id] = macKey{ls: e.ls, mac: e.mac}
}

func (t *macTable) addExtra(id ovsdb.UUID, e macExtra) {
	t.extra[id] = e
	if t.extraOf[e.ls] == nil {
		t.extraOf[e.ls] = map[ovsdb.UUID]struct{}{}
	}
	t.extraOf[e.ls][id] = struct{}{}
	if k := (macKey{ls: e.ls, mac: e.mac}); !e.bad {
		t.further[k] = append(t.further[k], id)
	}
}

func (t *macTable) dropExtra(id ovsdb.UUID) {
	e := t.extra[id]
	delete(t.extra, id)
	if delete(t.extraOf[e.ls], id); len(t.extraOf[e.ls]) == 0 {
		delete(t.extraOf, e.ls)
	}
	if e.bad {
		return
	}
	k := macKey{ls: e.ls, mac: e.mac}
	if t.further[k] = slices.DeleteFunc(t.further[k], func(o ovsdb.UUID) bool { return o == id }); len(t.further[k]) == 0 {
		delete(t.further, k)
	}
}

func (t *macTable) remove(id ovsdb.UUID) {
	if _, ok := t.extra[id]; ok {
		t.dropExtra(id)
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
	if len(t.further[k]) == 0 {
		return
	}
	next := slices.MinFunc(t.further[k], compareUUID)
	e := t.extra[next]
	t.dropExtra(next)
	t.insert(next, e)
}

// keys are those of all rows, but for duplicates and rows whose MAC is none, by
// logical switch.
func (t *macTable) keys() iter.Seq[macKey] {
	return func(yield func(macKey) bool) {
		for ls, macs := range t.byLS {
			for mac := range macs {
				if !yield(macKey{ls: ls, mac: mac}) {
					return
				}
			}
		}
	}
}

// keysOf are those of some logical switches.
func (t *macTable) keysOf(some map[ovsdb.UUID]bool) iter.Seq[macKey] {
	return func(yield func(macKey) bool) {
		for ls := range some {
			for mac := range t.byLS[ls] {
				if !yield(macKey{ls: ls, mac: mac}) {
					return
				}
			}
		}
	}
}

// badRows counts the rows whose MAC is no address.
func (t *macTable) badRows() (n int) {
	for _, e := range t.extra {
		if e.bad {
			n++
		}
	}
	return n
}

// uses reports whether any row belongs to the logical switch.
func (t *macTable) uses(ls ovsdb.UUID) bool { return len(t.byLS[ls]) > 0 || len(t.extraOf[ls]) > 0 }

// count counts the rows of a logical switch.
func (t *macTable) count(ls ovsdb.UUID) int { return len(t.byLS[ls]) + len(t.extraOf[ls]) }

// behind lists the MACs of a logical switch that are at one of some locators.
func (t *macTable) behind(ls ovsdb.UUID, at map[ovsdb.UUID]bool) (macs []model.MAC) {
	if len(at) == 0 {
		return nil
	}
	for mac, row := range t.byLS[ls] {
		if at[row.locator] {
			macs = append(macs, mac)
		}
	}
	return macs
}

// macColumns are those of Ucast_Macs_Remote. An ipaddr is written for the MACs that a source
// answers for (model.EndpointSet).
var macColumns = []string{"MAC", "logical_switch", "locator", "ipaddr"}

// decode takes the columns that are there, and reports whether there are any but ipaddr:
// that one alone is all that is said of an inserted row (insertsOnly). The table may have
// 100,000 rows: the reflective decoder of the small tables would take ten times as long.
func (e *macExtra) decode(raw json.RawMessage) (reported bool, err error) {
	err = ovsdb.EachColumn(raw, func(column, value []byte) error {
		ok := true
		switch string(column) {
		case "MAC":
			var text []byte
			if text, ok = ovsdb.ReadString(value); ok {
				mac, err := model.ParseMAC(string(text))
				e.mac, e.bad = mac, err != nil
			}
		case "logical_switch":
			e.ls, ok = ovsdb.ReadRef(value)
		case "locator":
			e.locator, ok = ovsdb.ReadRef(value)
		case "ipaddr":
			e.ip, ok = readIPv4(value)
			if ok {
				return nil
			}
		default:
			return nil
		}
		reported = true
		if !ok {
			return errWire
		}
		return nil
	})
	return reported, err
}

// readIPv4 reads a string column that should hold an IPv4 address: none for anything else.
func readIPv4(value []byte) (ip model.IPv4, ok bool) {
	text, ok := ovsdb.ReadString(value)
	if !ok || len(text) == 0 {
		return ip, ok
	}
	if a, err := netip.ParseAddr(string(text)); err == nil && a.Is4() {
		ip = a.As4()
	}
	return ip, true
}

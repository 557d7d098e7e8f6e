package ovsdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// Kind says what happened to a row.
type Kind uint8

// The kinds of RowUpdate. KindInitial is a row that was there when the monitor
// began.
const (
	KindInitial Kind = iota
	KindInsert
	KindModify
	KindDelete
)

func (k Kind) String() string {
	return [...]string{"initial", "insert", "modify", "delete"}[k]
}

// RowUpdate is one change of one row.
type RowUpdate struct {
	Table string
	UUID  UUID
	Kind  Kind
	// Row is a JSON object from column to value, nil for KindDelete. It lies in
	// the receive buffer and is valid only while the Handler is called. The
	// syntax has been checked, the columns and their types have not. A column
	// with its default value may be absent from KindInitial and KindInsert, as
	// update2 leaves it out.
	Row json.RawMessage
	// Diff is set on a KindModify whose Row holds the changed columns only, in
	// the form of update2 (ovsdb-server(7), section 4.1.14): a set holds the
	// elements to toggle; a map the pairs to add, to replace and, equal in key
	// and value, to remove; any other column its new value. Without Diff the Row
	// of a KindModify holds the new values of all monitored columns.
	Diff bool
}

// Handler receives the rows of a monitor. It is called from the reader only.
type Handler interface {
	// Row takes one change. An error ends the session with that reason.
	Row(RowUpdate) error
	// Commit follows the last row of the initial state and of every update, also
	// when the session ends because of one of them.
	Commit()
}

// MonitorTable asks for columns of a table and for the kinds of change that
// matter (RFC 7047, section 4.1.5, "select"). A table may be asked for again
// with other columns: a change then shows the columns that asked for its kind.
type MonitorTable struct {
	Table                           string
	Columns                         []string
	Initial, Insert, Delete, Modify bool
}

// monitor is only used by the reader once it is registered.
type monitor struct {
	update  string // method of its notifications
	tables  map[string]string
	h       Handler
	ignored *atomic.Uint64
}

// monitorTable holds the monitors that stand, by name. Only the reader uses it.
type monitorTable map[string]*monitor

// monitorMethods are tried in this order: the newest is the cheapest for the
// server, the last is all that RFC 7047 has.
var monitorMethods = []struct{ method, update string }{
	{"monitor_cond_since", "update3"},
	{"monitor_cond", "update2"},
	{"monitor", "update"},
}

// Monitoring is a monitor in the making.
type Monitoring struct {
	conn   *Conn
	db     string
	tables []MonitorTable
	h      Handler
	method int // index of the one that is being tried
	id     string
	trip   *trip
	err    error // it was not sent
}

// Wait is the second half of Monitor.
func (m *Monitoring) Wait(ctx context.Context) (id string, err error) {
	for {
		if m.err != nil {
			return "", m.err
		}
		err := m.conn.await(ctx, m.trip)
		if _, refused := errors.AsType[*RPCError](err); !refused || m.method+1 == len(monitorMethods) {
			return m.id, err
		}
		m.method++
		m.conn.BeginMonitors(ctx, m)
	}
}

func (m *Monitoring) question() question {
	c, way := m.conn, monitorMethods[m.method]
	mon := &monitor{update: way.update, tables: make(map[string]string, len(m.tables)), h: m.h, ignored: &c.stats.ignored}
	for _, t := range m.tables {
		mon.tables[t.Table] = t.Table
	}
	name := fmt.Sprintf("m%d", c.monitorID.Add(1))
	params := appendString([]byte("["), m.db)
	params = appendString(append(params, ','), name)
	params = appendMonitorTables(append(params, ','), m.tables)
	since := way.method == "monitor_cond_since"
	if since {
		params = append(params, `,"00000000-0000-0000-0000-000000000000"`...)
	}
	m.id = name
	return newCall(way.method, func(result []byte) error {
		if since {
			reply, err := elements(result, 3)
			if err != nil {
				return err
			}
			result = reply[2]
		}
		c.monitors[name] = mon
		return mon.apply(result, true)
	}).with(append(params, ']'))
}

func appendMonitorTables(b []byte, tables []MonitorTable) []byte {
	tables = slices.SortedStableFunc(slices.Values(tables), func(x, y MonitorTable) int { return strings.Compare(x.Table, y.Table) })
	b = append(b, '{')
	for i, t := range tables {
		if i == 0 || tables[i-1].Table != t.Table {
			b = append(appendString(comma(b, i), t.Table), ":["...)
		} else {
			b = append(b, ',')
		}
		b = appendStrings(append(b, `{"columns":`...), t.Columns)
		b = fmt.Appendf(b, `,"select":{"initial":%t,"insert":%t,"delete":%t,"modify":%t}}`, t.Initial, t.Insert, t.Delete, t.Modify)
		if i+1 == len(tables) || tables[i+1].Table != t.Table {
			b = append(b, ']')
		}
	}
	return append(b, '}')
}

// update handles an update with n params: the monitor first, the rows last. A
// monitor that does not exist (yet) is an error, for rows may have been lost.
func (t monitorTable) update(method string, params []byte, n int) error {
	args, err := elements(params, n)
	if err != nil {
		return err
	}
	s := scanner{data: args[0]}
	name := s.text()
	if err := s.finish(); err != nil {
		return err
	}
	m := t[string(name)]
	if m == nil {
		return protocolf("no monitor %s", excerpt(name))
	}
	if m.update != method {
		return protocolf("monitor %s is sent %s", name, m.update)
	}
	return m.apply(args[n-1], false)
}

// apply hands over a <table-updates> or <table-updates2> object in one pass.
func (m *monitor) apply(raw []byte, initial bool) error {
	defer m.h.Commit() // a handler may hold a lock from the first row on
	s := scanner{data: raw}
	s.open('{')
	for n := 0; s.more('}', n); n++ {
		table, ok := m.tables[string(s.key())]
		if !ok {
			s.value()
			m.ignored.Add(1)
			continue
		}
		m.applyTable(&s, table, initial)
	}
	return s.finish()
}

func (m *monitor) applyTable(s *scanner, table string, initial bool) {
	s.open('{')
	for n := 0; s.more('}', n); n++ {
		id, ok := parseUUID(s.key())
		if !ok {
			s.fail("value of a row's UUID")
			return
		}
		update := RowUpdate{Table: table, UUID: id}
		if m.update == "update" {
			s.rowUpdate(&update, initial)
		} else {
			s.rowUpdate2(&update)
		}
		if s.err != nil {
			return
		}
		if err := m.h.Row(update); err != nil {
			s.err = fmt.Errorf("%s row %s: %w", table, id, err)
			return
		}
	}
}

// rowUpdate reads a <row-update> (RFC 7047, section 4.1.6).
func (s *scanner) rowUpdate(u *RowUpdate, initial bool) {
	var before, after []byte
	s.open('{')
	for n := 0; s.more('}', n); n++ {
		switch string(s.key()) {
		case "old":
			before = s.row()
		case "new":
			after = s.row()
		default:
			s.fail("colon after \"old\" or \"new\"")
		}
	}
	u.Row = after
	switch {
	case after == nil && (initial || before == nil):
		s.fail("\"new\" in the row update before this")
	case after == nil:
		u.Kind = KindDelete
	case before != nil:
		u.Kind = KindModify
	case initial:
		u.Kind = KindInitial
	default:
		u.Kind = KindInsert
	}
}

// rowUpdate2 reads a <row-update2> (ovsdb-server(7), section 4.1.14).
func (s *scanner) rowUpdate2(u *RowUpdate) {
	members := 0
	s.open('{')
	for ; s.more('}', members); members++ {
		switch string(s.key()) {
		case "initial":
			u.Kind, u.Row = KindInitial, s.row()
		case "insert":
			u.Kind, u.Row = KindInsert, s.row()
		case "modify":
			u.Kind, u.Row, u.Diff = KindModify, s.row(), true
		case "delete":
			u.Kind, u.Row = KindDelete, nil
			s.value()
		default:
			s.fail("colon after a kind of row update")
		}
	}
	if members != 1 {
		s.fail("one kind in the row update before this")
	}
}

// row consumes a row object.
func (s *scanner) row() []byte {
	if s.peek() != '{' {
		s.fail("row object")
		return nil
	}
	return s.value()
}

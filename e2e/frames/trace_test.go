package frames_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/vtep/ovsdb"
)

// place is where one switch's database has a MAC.
type place struct {
	local  bool   // the switch has learned it
	remote string // tunnel IP in the remote row, "" for none
}

// moment is where the databases of all switches have a MAC from a time on.
type moment struct {
	at     time.Time
	places map[string]place // by switch
}

// trace follows one MAC through the databases of all switches, which report every change when it is made. All
// times are of this process's clock, as are those of pings.
type trace struct {
	mac string

	mu      sync.Mutex
	history []moment
}

// trace follows a host until the test ends.
func (s *scene) trace(host string) *trace {
	s.Helper()
	t := &trace{mac: s.lab.Host(host).MAC, history: []moment{{time.Now(), map[string]place{}}}}
	s.Cleanup(func() {
		if s.Failed() {
			s.Logf("what the databases said of %s:\n%s", host, t)
		}
	})
	for _, sw := range s.switches {
		conn, err := ovsdb.Dial(soon(s.T), "tcp:"+s.lab.Switch(sw.Name).Endpoint().String(), nil)
		require.NoError(s, err)
		c := ovsdb.NewConn(conn, ovsdb.Config{})
		s.Cleanup(func() {
			c.Close()
			<-c.Done()
		})
		view := &databaseView{trace: t, name: sw.Name, rows: map[string]map[ovsdb.UUID]macRow{}}
		_, err = c.Monitor(soon(s.T), "hardware_vtep", macTables(), view)
		require.NoError(s, err)
	}
	return t
}

// String is the whole history, a line for each moment.
func (t *trace) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all strings.Builder
	for _, m := range t.history {
		fmt.Fprintln(&all, m.at.Format("05.000"), m.places)
	}
	return all.String()
}

func macTables() (tables []ovsdb.MonitorTable) {
	for table, columns := range map[string][]string{
		"Ucast_Macs_Local": {"MAC"}, "Ucast_Macs_Remote": {"MAC", "locator"}, "Physical_Locator": {"dst_ip"},
	} {
		tables = append(tables, ovsdb.MonitorTable{Table: table, Columns: columns, Initial: true, Insert: true, Delete: true, Modify: true})
	}
	return tables
}

func (t *trace) note(name string, p place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := t.history[len(t.history)-1].places
	if last[name] == p {
		return
	}
	places := maps.Clone(last)
	places[name] = p
	t.history = append(t.history, moment{time.Now(), places})
}

// since is when a condition first held, not before a time.
func (t *trace) since(after time.Time, holds func(map[string]place) error) (time.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var err error
	for i, m := range t.history {
		if i+1 < len(t.history) && t.history[i+1].at.Before(after) {
			continue // over by then
		}
		if err = holds(m.places); err == nil {
			if m.at.Before(after) {
				return after, nil
			}
			return m.at, nil
		}
	}
	return time.Time{}, err
}

// await waits for a condition and returns since when it has held.
func (t *trace) await(s *scene, after time.Time, holds func(map[string]place) error) (at time.Time) {
	s.Helper()
	eventually(s.T, patience, func() (err error) {
		at, err = t.since(after, holds)
		return err
	})
	return at
}

// databaseView keeps the rows of one switch; it is a Handler.
type databaseView struct {
	trace *trace
	name  string
	rows  map[string]map[ovsdb.UUID]macRow // by table
}

// macRow has the columns of all of macTables.
type macRow struct {
	MAC     string
	Locator [2]string // "uuid" and the UUID
	Address string    `json:"dst_ip"`
}

// Row takes a change. No monitored column is a set or a map, so that a modified row has new values in any case.
func (v *databaseView) Row(u ovsdb.RowUpdate) error {
	table := v.rows[u.Table]
	if table == nil {
		table = map[ovsdb.UUID]macRow{}
		v.rows[u.Table] = table
	}
	if u.Kind == ovsdb.KindDelete {
		delete(table, u.UUID)
		return nil
	}
	row := table[u.UUID]
	if err := json.Unmarshal(u.Row, &row); err != nil {
		return fmt.Errorf("row of %s: %w", u.Table, err)
	}
	table[u.UUID] = row
	return nil
}

// Commit passes on what the rows have come to say.
func (v *databaseView) Commit() {
	var p place
	for _, row := range v.rows["Ucast_Macs_Local"] {
		p.local = p.local || strings.EqualFold(row.MAC, v.trace.mac)
	}
	for _, row := range v.rows["Ucast_Macs_Remote"] {
		if strings.EqualFold(row.MAC, v.trace.mac) {
			p.remote = v.address(row.Locator[1])
		}
	}
	v.trace.note(v.name, p)
}

// address is the tunnel IP of a locator.
func (v *databaseView) address(locator string) string {
	u, err := ovsdb.ParseUUID(locator)
	if err != nil {
		return err.Error()
	}
	return v.rows["Physical_Locator"][u].Address
}

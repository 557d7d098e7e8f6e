package vtep_test

import (
	"encoding/json"
	"strings"
	"testing"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

var tables = []string{
	"Physical_Switch", "Physical_Port", "Logical_Switch", "Physical_Locator", "Physical_Locator_Set", "Tunnel",
	"Ucast_Macs_Remote", "Ucast_Macs_Local", "Mcast_Macs_Remote", "Mcast_Macs_Local", "Manager",
}

const someUUID = `["uuid","00000000-0000-0000-0000-000000000001"]`

// FuzzUpdate: whatever a server says of its rows, neither a State nor a plan
// made from it panics, and a row that is deleted is gone.
func FuzzUpdate(f *testing.F) {
	for _, row := range []string{
		`{"name":"sw1","tunnel_ips":["set",["10.0.0.1"]],"ports":` + someUUID + `}`,
		`{"name":"eth1","vlan_bindings":["map",[[10,` + someUUID + `]]]}`,
		`{"name":"net-a","tunnel_key":100,"other_config":["map",[["bordergw","us"]]]}`,
		`{"name":"net-a","tunnel_key":["set",[]]}`,
		`{"encapsulation_type":"vxlan_over_ipv4","dst_ip":"10.0.0.2","tunnel_key":-5}`,
		`{"locators":["set",[` + someUUID + `]]}`,
		`{"MAC":"zz","logical_switch":` + someUUID + `,"locator":` + someUUID + `}`,
		`{"MAC":"unknown-dst","logical_switch":` + someUUID + `,"locator_set":` + someUUID + `}`,
		`{"MAC":["uuid"]}`, `{"tunnel_key":1e99}`, `{"ports":["set",3]}`, `[]`, `null`, ``, `{"MAC":null}`,
	} {
		for table := range tables {
			f.Add(uint8(table), uint8(ovsdb.KindInsert), []byte(row), row)
			f.Add(uint8(table), uint8(ovsdb.KindModify), []byte(row), row)
		}
	}
	f.Fuzz(func(t *testing.T, table, kind uint8, row []byte, second string) {
		s := parseDatabase(t, capsOf(t, "1.7.0"), nil, everyKindHave).state(t)
		before := s.Dump()
		want := parseWant(t, everyKindWant)
		u := ovsdb.RowUpdate{Table: tables[int(table)%len(tables)], UUID: ovsdb.UUID{15: 200}, Kind: ovsdb.Kind(kind % 4), Row: row}
		for _, r := range [][]byte{row, []byte(second)} {
			u.Row, u.Diff = r, u.Kind == ovsdb.KindModify
			if s.Update(u) != nil {
				return // the session ends with that
			}
			_ = vtep.Diff(want, s).String()
		}
		require.NoError(t, s.Update(ovsdb.RowUpdate{Table: u.Table, UUID: u.UUID, Kind: ovsdb.KindDelete}))
		require.Equal(t, before, s.Dump())
	})
}

// feed applies one update to a State.
func feed(s *vtep.State, kind ovsdb.Kind, diff bool, table string, id byte, row string) error {
	return s.Update(ovsdb.RowUpdate{Table: table, UUID: ovsdb.UUID{15: id}, Kind: kind, Diff: diff, Row: json.RawMessage(row)})
}

// TestUpdateForms: the difference that update2 sends and the new value that
// update sends lead to the same State.
func TestUpdateForms(t *testing.T) {
	for name, c := range map[string]struct{ before, diff, after string }{
		"set grows":       {`["set",["10.0.0.1"]]`, `"10.0.0.2"`, `["set",["10.0.0.1","10.0.0.2"]]`},
		"set shrinks":     {`["set",["10.0.0.1","10.0.0.2"]]`, `["set",["10.0.0.1"]]`, `"10.0.0.2"`},
		"set toggles":     {`"10.0.0.1"`, `["set",["10.0.0.1","10.0.0.3"]]`, `"10.0.0.3"`},
		"set empties":     {`"10.0.0.1"`, `"10.0.0.1"`, `["set",[]]`},
		"nothing changes": {`"10.0.0.1"`, `["set",[]]`, `"10.0.0.1"`},
	} {
		a, b := vtep.NewState(capsOf(t, "1.7.0")), vtep.NewState(capsOf(t, "1.7.0"))
		for _, s := range []*vtep.State{a, b} {
			require.NoError(t, feed(s, ovsdb.KindInitial, false, "Physical_Switch", 1, `{"name":"sw1","tunnel_ips":`+c.before+`}`), name)
		}
		require.NoError(t, feed(a, ovsdb.KindModify, true, "Physical_Switch", 1, `{"tunnel_ips":`+c.diff+`}`), name)
		require.NoError(t, feed(b, ovsdb.KindModify, false, "Physical_Switch", 1, `{"name":"sw1","tunnel_ips":`+c.after+`}`), name)
		require.Equal(t, b.Dump(), a.Dump(), name)
	}
}

// TestMapDifference: of a map, update2 sends pairs that come, pairs that
// replace the value of a key, and pairs that stand and go.
func TestMapDifference(t *testing.T) {
	s := vtep.NewState(capsOf(t, "1.7.0"))
	require.NoError(t, feed(s, ovsdb.KindInitial, false, "Logical_Switch", 1, `{"name":"a","tunnel_key":7,"other_config":["map",[["k","1"],["l","2"],["m","3"]]]}`))
	require.NoError(t, feed(s, ovsdb.KindModify, true, "Logical_Switch", 1, `{"tunnel_key":["set",[]],"other_config":["map",[["k","1"],["l","9"],["n","4"]]]}`))
	require.Equal(t, "ls a config l=9 config m=3 config n=4\n", s.Dump())
}

// TestForeignValues: what the database accepts, a State accepts (F-35, F-57).
func TestForeignValues(t *testing.T) {
	s := vtep.NewState(capsOf(t, "1.7.0"))
	for i, row := range []string{
		`{"name":"","tunnel_key":-5}`, `{"name":"big","tunnel_key":9007199254740993}`, `{"name":"bigger","tunnel_key":99999999999999999999}`,
	} {
		require.NoError(t, feed(s, ovsdb.KindInitial, false, "Logical_Switch", byte(i), row))
	}
	for i, ip := range []string{"bogus", "010.0.0.9", "", "fd00::1", "224.0.0.1"} {
		require.NoError(t, feed(s, ovsdb.KindInitial, false, "Physical_Locator", byte(i), `{"encapsulation_type":"vxlan_over_ipv4","dst_ip":"`+ip+`"}`))
	}
	for i, bad := range []string{"zz", "", "unknown-dst", strings.Repeat("a", 10000)} {
		require.NoError(t, feed(s, ovsdb.KindInitial, false, "Ucast_Macs_Local", byte(i), `{"MAC":"`+bad+`","logical_switch":`+someUUID+`,"locator":`+someUUID+`}`))
	}
	require.Contains(t, s.Dump(), "ls big key 9007199254740993\n")
	require.Contains(t, s.Dump(), "ls bigger key 9223372036854775807\n")
}

// TestUpdateRefusesOtherTypes: a value of another type is an error, not a guess.
func TestUpdateRefusesOtherTypes(t *testing.T) {
	for _, c := range [][2]string{
		{"Logical_Switch", `{"name":7}`}, {"Logical_Switch", `{"tunnel_key":"7"}`}, {"Logical_Switch", `{"tunnel_key":1.5}`},
		{"Logical_Switch", `{"tunnel_key":["set",[1,2]]}`}, {"Logical_Switch", `{"other_config":["map",[["k"]]]}`},
		{"Logical_Switch", `{"other_config":"x"}`}, {"Physical_Port", `{"vlan_bindings":["map",[["x",` + someUUID + `]]]}`},
		{"Physical_Port", `{"vlan_bindings":["map",7]}`}, {"Physical_Switch", `{"ports":["set",7]}`}, {"Physical_Switch", `{"ports":["named-uuid","a"]}`},
		{"Ucast_Macs_Local", `{"locator":["named-uuid","a"]}`}, {"Ucast_Macs_Local", `{"locator":["uuid","a"]}`}, {"Ucast_Macs_Local", `{"MAC":7}`},
		{"Manager", `{}`}, {"Tunnel", `[]`},
	} {
		s := vtep.NewState(capsOf(t, "1.7.0"))
		require.Error(t, feed(s, ovsdb.KindInsert, false, c[0], 1, c[1]), "%s %s", c[0], c[1])
	}
}

// TestNamesFollowRows: rows that swap names, or come and go within one message
// in either order, leave each name with the row that has it (F-56).
func TestNamesFollowRows(t *testing.T) {
	s := vtep.NewState(capsOf(t, "1.7.0"))
	require.NoError(t, feed(s, ovsdb.KindInsert, false, "Logical_Switch", 1, `{"name":"net-a","tunnel_key":100}`))
	require.NoError(t, feed(s, ovsdb.KindInsert, false, "Logical_Switch", 2, `{"name":"net-b","tunnel_key":101}`))
	require.NoError(t, feed(s, ovsdb.KindModify, true, "Logical_Switch", 1, `{"name":"net-b"}`))
	require.NoError(t, feed(s, ovsdb.KindModify, true, "Logical_Switch", 2, `{"name":"net-a"}`))
	require.NoError(t, feed(s, ovsdb.KindInsert, false, "Physical_Locator", 3, `{"encapsulation_type":"vxlan_over_ipv4","dst_ip":"10.0.0.2"}`))
	require.NoError(t, feed(s, ovsdb.KindInsert, false, "Physical_Locator", 4, `{"encapsulation_type":"vxlan_over_ipv4","dst_ip":"10.0.0.2"}`))
	require.NoError(t, feed(s, ovsdb.KindDelete, false, "Physical_Locator", 3, ""))
	ref := func(id byte) string { return `["uuid","` + ovsdb.UUID{15: id}.String() + `"]` }
	require.NoError(t, feed(s, ovsdb.KindInsert, false, "Ucast_Macs_Remote", 5, `{"MAC":"02:00:00:00:00:01","logical_switch":`+ref(2)+`,"locator":`+ref(4)+`}`))
	want := parseWant(t, "segment net-a 101\nmac net-a 02:00:00:00:00:01 10.0.0.2\nsegment net-b 100")
	require.Equal(t, "set logical-switch net-a mark us\nset logical-switch net-b mark us\n", vtep.Diff(want, s).String())
}

// TestDuplicatesTakeOver: when the row of a MAC goes, its next duplicate is the
// row.
func TestDuplicatesTakeOver(t *testing.T) {
	d := parseDatabase(t, capsOf(t, "1.7.0"), nil, "ls net-a key 100 config bordergw=us\n"+
		strings.Repeat("remote net-a 02:00:00:00:00:01 10.0.0.2\n", 3)+"remote net-a 02:00:00:00:00:01 10.0.0.3")
	s := d.state(t)
	want := parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:01 10.0.0.3")
	for _, m := range d.remote[:3] {
		require.Contains(t, vtep.Diff(want, s).String(), "move mac")
		require.NoError(t, s.Update(ovsdb.RowUpdate{Table: "Ucast_Macs_Remote", UUID: m.id, Kind: ovsdb.KindDelete}))
	}
	require.True(t, vtep.Diff(want, s).Empty())
}

// TestPlanSharesNoMemory: a plan stays what it was when the State moves on.
func TestPlanSharesNoMemory(t *testing.T) {
	want := parseWant(t, everyKindWant)
	d := parseDatabase(t, capsOf(t, "1.7.0"), nil, everyKindHave)
	s := d.state(t)
	plan := vtep.Diff(want, s)
	before := plan.String()
	for _, p := range d.switches[0].ports {
		require.NoError(t, s.Update(ovsdb.RowUpdate{Table: "Physical_Port", UUID: p.id, Kind: ovsdb.KindDelete}))
	}
	want.Segment("net-a").Flood[0].Locator = vtep.Locator{Addr: model.VTEPAddress{10, 9, 9, 9}}
	require.Equal(t, before, plan.String())
}

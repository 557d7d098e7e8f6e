package e2e_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"bordergw/internal/ovsdbtest"
)

// picture lists what controllers write into a database, with names in the place
// of UUIDs, sorted:
//
//	ls NAME key VNI
//	bind SWITCH PORT VLAN NAME
//	mac NAME MAC IP
//	flood NAME IP IP ...
//
// A row that stands twice is listed twice. A locator with a key is IP@KEY.
func picture(s *ovsdbtest.Server) []string { return drawn(s.Rows) }

// tryPicture is picture of a server that may have been stopped.
func tryPicture(s *ovsdbtest.Server) ([]string, error) {
	var failed error
	lines := drawn(func(table string, columns ...string) []map[string]any {
		rows, err := s.TryRows(table, columns...)
		failed = errors.Join(failed, err)
		return rows
	})
	return lines, failed
}

// reader reads the rows of a table.
type reader func(table string, columns ...string) []map[string]any

func drawn(rows reader) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	names, locators, sets := map[any]any{}, map[any]string{}, map[any][]any{}
	for _, r := range rows("Logical_Switch", "_uuid", "name", "tunnel_key") {
		names[r["_uuid"]] = r["name"]
		add("ls %v key %v", r["name"], r["tunnel_key"])
	}
	for _, r := range rows("Physical_Locator", "_uuid", "dst_ip", "tunnel_key") {
		locators[r["_uuid"]] = fmt.Sprint(r["dst_ip"])
		if _, none := r["tunnel_key"].([]any); !none {
			locators[r["_uuid"]] += fmt.Sprintf("@%v", r["tunnel_key"])
		}
	}
	for _, r := range rows("Physical_Locator_Set", "_uuid", "locators") {
		sets[r["_uuid"]] = r["locators"].([]any)
	}
	for _, r := range rows("Ucast_Macs_Remote", "MAC", "logical_switch", "locator") {
		add("mac %v %v %v", names[r["logical_switch"]], r["MAC"], locators[r["locator"]])
	}
	for _, r := range rows("Mcast_Macs_Remote", "MAC", "logical_switch", "locator_set") {
		var to []string
		for _, l := range sets[r["locator_set"]] {
			to = append(to, locators[l])
		}
		slices.Sort(to)
		add("flood %v %s", names[r["logical_switch"]], strings.Join(to, " "))
	}
	lines = append(lines, boundVLANs(rows, names)...)
	slices.Sort(lines)
	return lines
}

func boundVLANs(rows reader, names map[any]any) (lines []string) {
	ports := map[any]object{}
	for _, r := range rows("Physical_Port", "_uuid", "name", "vlan_bindings") {
		ports[r["_uuid"]] = r
	}
	for _, sw := range rows("Physical_Switch", "name", "ports") {
		for _, id := range sw["ports"].([]any) {
			bindings, _ := ports[id]["vlan_bindings"].(object)
			for vlan, ls := range bindings {
				lines = append(lines, fmt.Sprintf("bind %v %v %s %v", sw["name"], ports[id]["name"], vlan, names[ls]))
			}
		}
	}
	return lines
}

// differences is nil when the database looks as wanted.
func differences(s *ovsdbtest.Server, want []string) error {
	have, err := tryPicture(s)
	if err != nil {
		return fmt.Errorf("database %d can not be read: %w", s.Port(), err)
	}
	want = slices.Sorted(slices.Values(want))
	if slices.Equal(want, have) {
		return nil
	}
	var b strings.Builder
	for len(want)+len(have) > 0 {
		switch {
		case len(have) == 0 || len(want) > 0 && want[0] < have[0]:
			fmt.Fprintf(&b, "\nmissing: %s", want[0])
			want = want[1:]
		case len(want) == 0 || have[0] < want[0]:
			fmt.Fprintf(&b, "\nsurplus: %s", have[0])
			have = have[1:]
		default:
			want, have = want[1:], have[1:]
		}
	}
	return fmt.Errorf("the database differs:%s", b.String())
}

// holds waits until the database looks as wanted.
func holds(t testing.TB, s *ovsdbtest.Server, want ...string) {
	t.Helper()
	eventually(t, patience, func() error { return differences(s, want) })
}

// inventory prints the tables that are the switch's own, row UUIDs included.
func inventory(s *ovsdbtest.Server) string {
	return s.Dump("Global", "Physical_Switch", "Manager", "Ucast_Macs_Local", "Mcast_Macs_Local", "Tunnel")
}

package rig

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bordergw/internal/ovsdbtest"
)

// view resolves the references of one database.
type view struct {
	rows           func(table string, columns ...string) []map[string]any
	names, members map[any]string // of logical switches; of locators and sets
	lines          []string
}

// Picture lists what controllers write into a database, a line a row, with names
// for UUIDs, sorted; a row that stands twice is there twice:
//
//	ls NAME VNI
//	bind SWITCH PORT VLAN NAME
//	mac NAME MAC IP
//	flood NAME IP IP ...
func Picture(server *ovsdbtest.Server) []string { return drawn(server.Rows) }

// TryPicture is Picture of a server that may have been stopped.
func TryPicture(server *ovsdbtest.Server) ([]string, error) {
	var failed error
	lines := drawn(func(table string, columns ...string) []map[string]any {
		rows, err := server.TryRows(table, columns...)
		failed = errors.Join(failed, err)
		return rows
	})
	return lines, failed
}

func drawn(rows func(string, ...string) []map[string]any) []string {
	v := &view{rows: rows, names: map[any]string{}, members: map[any]string{}}
	v.switches()
	v.macs()
	v.bindings()
	slices.Sort(v.lines)
	return v.lines
}

func (v *view) add(words ...any) {
	v.lines = append(v.lines, strings.TrimSpace(fmt.Sprintln(words...)))
}

func (v *view) switches() {
	for _, r := range v.rows("Logical_Switch", "_uuid", "name", "tunnel_key") {
		v.names[r["_uuid"]] = fmt.Sprint(r["name"])
		v.add("ls", r["name"], r["tunnel_key"])
	}
}

func (v *view) macs() {
	for _, r := range v.rows("Physical_Locator", "_uuid", "dst_ip") {
		v.members[r["_uuid"]] = fmt.Sprint(r["dst_ip"])
	}
	for _, r := range v.rows("Physical_Locator_Set", "_uuid", "locators") {
		var ips []string
		for _, l := range r["locators"].([]any) {
			ips = append(ips, v.members[l])
		}
		slices.Sort(ips)
		v.members[r["_uuid"]] = strings.Join(ips, " ")
	}
	for _, r := range v.rows("Ucast_Macs_Remote", "MAC", "logical_switch", "locator") {
		v.add("mac", v.names[r["logical_switch"]], r["MAC"], v.members[r["locator"]])
	}
	for _, r := range v.rows("Mcast_Macs_Remote", "logical_switch", "locator_set") {
		v.add("flood", v.names[r["logical_switch"]], v.members[r["locator_set"]])
	}
}

func (v *view) bindings() {
	type port struct{ name, bound any }
	ports := map[any]port{}
	for _, r := range v.rows("Physical_Port", "_uuid", "name", "vlan_bindings") {
		ports[r["_uuid"]] = port{r["name"], r["vlan_bindings"]}
	}
	for _, sw := range v.rows("Physical_Switch", "name", "ports") {
		for _, id := range sw["ports"].([]any) {
			bound, _ := ports[id].bound.(map[string]any)
			for vlan, ls := range bound {
				v.add("bind", sw["name"], ports[id].name, vlan, v.names[ls])
			}
		}
	}
}

// Differs is nil when the Picture is as wanted. A server that is stopped has none.
func Differs(server *ovsdbtest.Server, want []string) error {
	have, err := TryPicture(server)
	if err != nil {
		return fmt.Errorf("database %d can not be read: %w", server.Port(), err)
	}
	want = slices.Sorted(slices.Values(want))
	if slices.Equal(have, want) {
		return nil
	}
	return fmt.Errorf("database %d\nholds %s\nand not %s", server.Port(), strings.Join(have, " | "), strings.Join(want, " | "))
}

package vtep

import (
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// Database is the name of the database that a hardware VTEP serves.
const Database = "hardware_vtep"

// Caps is what a server's schema offers. Columns came with schema versions
// 1.3.0 to 1.7.0; what is absent is left out of reads and writes.
type Caps struct {
	Version string
	// Tunnel: table Tunnel and Physical_Switch.tunnels (1.3.0).
	Tunnel bool
	// LocatorKey: Physical_Locator.tunnel_key (1.5.0).
	LocatorKey bool
	// OtherConfig: Logical_Switch.other_config, which holds our mark (1.5.1).
	OtherConfig bool
	// ReplicationMode: Logical_Switch.replication_mode (1.6.0).
	ReplicationMode bool

	columns map[string][]string // monitored columns that the server has
}

// monitored lists the columns that are read, by table. Never Manager.status,
// is_connected or counters: servers update them every few seconds.
var monitored = map[string][]string{
	"Physical_Switch":      {"name", "tunnel_ips", "ports", "tunnels", "switch_fault_status"},
	"Physical_Port":        {"name", "vlan_bindings", "port_fault_status", "acl_bindings"},
	"Logical_Switch":       {"name", "description", "tunnel_key", "replication_mode", "other_config"},
	"Physical_Locator":     {"encapsulation_type", "dst_ip", "tunnel_key"},
	"Physical_Locator_Set": {"locators"},
	"Ucast_Macs_Remote":    macColumns,
	"Ucast_Macs_Local":     macColumns,
	"Mcast_Macs_Remote":    {"MAC", "logical_switch", "locator_set"},
	"Mcast_Macs_Local":     {"MAC", "logical_switch", "locator_set"},
	"Tunnel":               {"local", "remote", "bfd_params", "bfd_config_remote", "bfd_status"},
	"Logical_Router":       {"name", "switch_binding"},
}

// newTables need not exist.
var newTables = []string{"Tunnel", "Logical_Router"}

// newColumns came after schema 1.3.0; all other monitored columns must exist.
var newColumns = map[string][]string{
	"Physical_Switch":  {"tunnels", "switch_fault_status"},
	"Physical_Port":    {"port_fault_status", "acl_bindings"},
	"Logical_Switch":   {"replication_mode", "other_config"},
	"Physical_Locator": {"tunnel_key"},
	"Ucast_Macs_Local": {"ipaddr"},                 // nothing but a search needs it
	"Logical_Router":   {"name", "switch_binding"}, // only adopt tells of it
}

// NewCaps reads the capabilities off a schema. It fails when a table or column
// that all versions have is missing: then the server is no hardware VTEP.
func NewCaps(s *ovsdb.Schema) (Caps, error) {
	c := Caps{Version: model.Shown(s.Version), columns: map[string][]string{}}
	for table, columns := range monitored {
		have, ok := s.Tables[table]
		if !ok {
			if slices.Contains(newTables, table) {
				continue
			}
			return Caps{}, fmt.Errorf("schema %s %s has no table %s", model.Shown(s.Name), c.Version, table)
		}
		for _, col := range columns {
			_, ok := have.Columns[col]
			switch {
			case ok:
				c.columns[table] = append(c.columns[table], col)
			case !slices.Contains(newColumns[table], col):
				return Caps{}, fmt.Errorf("schema %s %s has no column %s.%s", model.Shown(s.Name), c.Version, table, col)
			}
		}
	}
	c.Tunnel = c.has("Tunnel", "bfd_params") && c.has("Physical_Switch", "tunnels")
	c.LocatorKey = c.has("Physical_Locator", "tunnel_key")
	c.OtherConfig = c.has("Logical_Switch", "other_config")
	c.ReplicationMode = c.has("Logical_Switch", "replication_mode")
	return c, nil
}

func (c Caps) has(table, column string) bool {
	return slices.Contains(c.columns[table], column)
}

// monitorTables is the monitor request for everything that is read, but for
// inserts of remote MACs if these have a monitor of their own.
func (c Caps) monitorTables(apart bool) []ovsdb.MonitorTable {
	var out []ovsdb.MonitorTable
	for table, columns := range c.columns {
		out = append(out, ovsdb.MonitorTable{
			Table: table, Columns: columns, Initial: true, Insert: !apart || table != remoteTable, Delete: true, Modify: true,
		})
	}
	return out
}

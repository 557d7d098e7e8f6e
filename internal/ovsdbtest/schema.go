package ovsdbtest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
)

const (
	// Installed is the version of the schema that Open vSwitch ships.
	Installed  = "1.7.0"
	schemaFile = "/usr/share/openvswitch/vtep.ovsschema"
)

// Versions lists the schema versions WithSchema takes, oldest first. Those
// before Installed leave out what was added later; 1.8.0 does not exist and
// stands for a future one, with a table, columns and enum values of its own.
var Versions = []string{"1.3.0", "1.4.0", "1.4.1", "1.5.0", "1.5.1", "1.6.0", Installed, "1.8.0"}

// schema is the part of an ovsdb schema file that tests change or look at.
// Column types stay as they are in the file.
type schema struct {
	Name    string            `json:"name"`
	Version string            `json:"version"`
	Tables  map[string]*table `json:"tables"`
}

type table struct {
	Columns map[string]column `json:"columns"`
	MaxRows int               `json:"maxRows,omitempty"`
	IsRoot  bool              `json:"isRoot,omitempty"`
	Indexes [][]string        `json:"indexes,omitempty"`
}

type column struct {
	Type      json.RawMessage `json:"type"`
	Ephemeral bool            `json:"ephemeral,omitempty"`
	Mutable   *bool           `json:"mutable,omitempty"`
}

// additions holds, per version, how to take away what that version added.
var additions = map[string]func(schema){
	"1.4.0": func(s schema) {
		delete(s.Tables, "ACL")
		delete(s.Tables, "ACL_entry")
		s.drop("Physical_Port", "acl_bindings")
		s.drop("Logical_Router", "acl_binding", "LR_fault_status")
	},
	"1.4.1": func(s schema) {
		s.persist("Physical_Port", "vlan_stats")
		s.persist("Tunnel", "bfd_status")
		s.persist("Logical_Binding_Stats", "bytes_from_local", "packets_from_local", "bytes_to_local", "packets_to_local")
	},
	"1.5.0": func(s schema) {
		s.drop("Physical_Locator", "tunnel_key")
		s.Tables["Physical_Locator"].Indexes = [][]string{{"encapsulation_type", "dst_ip"}}
	},
	"1.5.1": func(s schema) {
		for _, t := range []string{"Physical_Switch", "Physical_Port", "Logical_Switch", "Logical_Router"} {
			s.drop(t, "other_config")
		}
	},
	"1.6.0": func(s schema) { s.drop("Logical_Switch", "replication_mode") },
	"1.7.0": func(s schema) { s.drop("Global", "other_config") },
}

func (s schema) drop(table string, columns ...string) {
	for _, c := range columns {
		delete(s.Tables[table].Columns, c)
	}
}

func (s schema) persist(table string, columns ...string) {
	for _, name := range columns {
		c := s.Tables[table].Columns[name]
		c.Ephemeral = false
		s.Tables[table].Columns[name] = c
	}
}

func (s schema) extend() {
	text := column{Type: json.RawMessage(`"string"`)}
	s.Tables["Future_Table"] = &table{Columns: map[string]column{"name": text}, IsRoot: true}
	for _, t := range []string{"Global", "Physical_Switch", "Physical_Port", "Logical_Switch", "Ucast_Macs_Local", "Ucast_Macs_Remote"} {
		s.Tables[t].Columns["future_column"] = text
	}
	no := false
	s.Tables["Physical_Locator"].Columns["encapsulation_type"] = column{
		Type:    json.RawMessage(`{"key":{"type":"string","enum":["set",["vxlan_over_ipv4","vxlan_over_ipv6"]]}}`),
		Mutable: &no,
	}
}

func loadSchema(version string) (schema, error) {
	var s schema
	if !slices.Contains(Versions, version) {
		return s, fmt.Errorf("ovsdbtest: no schema version %q, only %v", version, Versions)
	}
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return s, fmt.Errorf("%w (apt-get install -y openvswitch-vtep openvswitch-common)", err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s: %w", schemaFile, err)
	}
	if s.Version != Installed {
		return s, fmt.Errorf("%s has version %s, not %s", schemaFile, s.Version, Installed)
	}
	for i := len(Versions) - 1; Versions[i] != version; i-- {
		if takeAway, ok := additions[Versions[i]]; ok {
			takeAway(s)
		}
	}
	if version > Installed {
		s.extend()
	}
	s.Version = version
	return s, nil
}

// template is an empty database file of one schema version.
type template struct {
	schema schema
	db     []byte
}

var templates = func() map[string]func() (template, error) {
	m := map[string]func() (template, error){}
	for _, v := range Versions {
		m[v] = sync.OnceValues(func() (template, error) { return makeTemplate(v) })
	}
	return m
}()

func templateFor(version string) (template, error) {
	if create, ok := templates[version]; ok {
		return create()
	}
	return makeTemplate(version) // reports the unknown version
}

func makeTemplate(version string) (template, error) {
	for _, tool := range []string{"ovsdb-server", "ovsdb-tool", "vtep-ctl"} {
		if _, err := exec.LookPath(tool); err != nil {
			return template{}, fmt.Errorf("%w (apt-get install -y openvswitch-vtep openvswitch-common)", err)
		}
	}
	s, err := loadSchema(version)
	if err != nil {
		return template{}, err
	}
	dir, err := os.MkdirTemp("", "ov")
	if err != nil {
		return template{}, err
	}
	defer os.RemoveAll(dir)
	text, err := json.Marshal(s)
	if err != nil {
		return template{}, err
	}
	in, out := filepath.Join(dir, "schema"), filepath.Join(dir, "db")
	if err := os.WriteFile(in, text, 0o600); err != nil {
		return template{}, err
	}
	if msg, err := exec.Command("ovsdb-tool", "create", out, in).CombinedOutput(); err != nil {
		return template{}, fmt.Errorf("ovsdb-tool create, schema %s: %w: %s", version, err, msg)
	}
	db, err := os.ReadFile(out)
	return template{schema: s, db: db}, err
}

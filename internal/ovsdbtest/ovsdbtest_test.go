package ovsdbtest_test

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"

	"github.com/stretchr/testify/require"
)

func TestStartAndPlaySwitch(t *testing.T) {
	s := ovsdbtest.Start(t)
	s.AddSwitch("br0", "192.0.2.1", "eth1", "eth2")
	require.Equal(t, "eth1\neth2", s.VtepCtl("list-ports", "br0"))
	require.Equal(t, []map[string]any{{"name": "br0", "tunnel_ips": []any{"192.0.2.1"}}},
		s.Rows("Physical_Switch", "name", "tunnel_ips"))

	s.VtepCtl("add-ls", "ls0", "--", "bind-ls", "br0", "eth1", "10", "ls0", "--", "set", "Logical_Switch", "ls0", "tunnel_key=5000")
	ls := s.Rows("Logical_Switch", "_uuid", "name", "tunnel_key")
	require.Equal(t, json.Number("5000"), ls[0]["tunnel_key"])
	require.Equal(t, []map[string]any{
		{"name": "eth1", "vlan_bindings": map[string]any{"10": ls[0]["_uuid"]}},
		{"name": "eth2", "vlan_bindings": map[string]any{}},
	}, s.Rows("Physical_Port", "name", "vlan_bindings"))
	_, err := s.TryVtepCtl("del-ps", "nosuch")
	require.ErrorContains(t, err, "nosuch")
}

func TestContentSurvivesRestartAndIsGoneAfterWipe(t *testing.T) {
	s := ovsdbtest.Start(t)
	s.AddSwitch("br0", "192.0.2.1", "eth1")
	before, endpoint, count := s.Dump(), s.TCP(), s.Transactions()
	require.Contains(t, before, "eth1")
	s.Stop()
	_, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp:"))
	require.Error(t, err)
	s.Run()
	require.Equal(t, before, s.Dump())
	require.Equal(t, endpoint, s.TCP())
	require.Equal(t, count, s.Transactions())
	s.Wipe()
	require.Empty(t, s.Dump())
	s.Transact(`[{"op":"insert","table":"Logical_Switch","row":{"name":"a"}}]`)
	require.Len(t, s.Rows("Logical_Switch"), 1)
	s.Stop()
	s.Wipe()
	s.Run()
	require.Empty(t, s.Rows("Logical_Switch"))
}

func TestTransactionsCountsWritesOnly(t *testing.T) {
	s := ovsdbtest.Start(t)
	before := s.Transactions()
	s.Rows("Logical_Switch")
	require.Equal(t, before, s.Transactions())
	s.Transact(`[{"op":"insert","table":"Logical_Switch","row":{"name":"a"}}]`)
	require.Equal(t, before+1, s.Transactions())
}

func TestPauseKeepsConnectionsSilent(t *testing.T) {
	s := ovsdbtest.Start(t)
	s.Pause()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.TCP(), "tcp:"))
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Write([]byte(`{"id":1,"method":"list_dbs","params":[]}`))
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = c.Read(make([]byte, 1))
	require.Error(t, err)
	s.Resume()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = c.Read(make([]byte, 1))
	require.NoError(t, err)
}

func TestSchemaVersions(t *testing.T) {
	added := map[string]string{ // column or table that came with a version
		"1.4.0": "ACL", "1.5.0": "Physical_Locator.tunnel_key", "1.5.1": "Logical_Switch.other_config",
		"1.6.0": "Logical_Switch.replication_mode", "1.7.0": "Global.other_config", "1.8.0": "Physical_Port.future_column",
	}
	for _, version := range ovsdbtest.Versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := ovsdbtest.Start(t, ovsdbtest.WithSchema(version))
			s.AddSwitch("br0", "192.0.2.1", "eth1")
			got := s.Schema()
			require.Contains(t, got, `"version":"`+version+`"`)
			for since, what := range added {
				require.Equal(t, version >= since, has(t, got, what), "%s in %s", what, version)
			}
		})
	}
}

func has(t *testing.T, schema, what string) bool {
	var s struct {
		Tables map[string]struct{ Columns map[string]any }
	}
	require.NoError(t, json.Unmarshal([]byte(schema), &s))
	table, column, _ := strings.Cut(what, ".")
	if column == "" {
		return s.Tables[table].Columns != nil
	}
	return s.Tables[table].Columns[column] != nil
}

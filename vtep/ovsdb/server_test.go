package ovsdb_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

func insertLS(name string) ovsdb.Op {
	return ovsdb.Insert("Logical_Switch", "", ovsdb.Column{Name: "name", Value: ovsdb.String(name)})
}

func TestSchemaAndDatabases(t *testing.T) {
	for _, version := range []string{"1.3.0", "1.7.0", "1.8.0"} {
		c := session(t, ovsdbtest.Start(t, ovsdbtest.WithSchema(version)), ovsdb.Config{})
		names, err := c.ListDBs(t.Context())
		require.NoError(t, err)
		require.Contains(t, names, db)
		offer, err := c.Ask(t.Context(), db, "")
		require.NoError(t, err)
		require.Equal(t, names, offer.Databases)
		require.True(t, offer.Standalone)
		require.False(t, offer.InLine)
		schema := offer.Schema
		require.Equal(t, version, schema.Version)
		_, hasKey := schema.Tables["Physical_Locator"].Columns["tunnel_key"]
		require.Equal(t, version >= "1.5.0", hasKey)
		require.Equal(t, ovsdb.ColumnType{
			Key: ovsdb.BaseType{Type: "integer"}, Value: ovsdb.BaseType{Type: "uuid", RefTable: "Logical_Switch"}, Max: ovsdb.Unlimited,
		}, schema.Tables["Physical_Port"].Columns["vlan_bindings"].Type)
		require.True(t, schema.Tables["Physical_Switch"].Columns["switch_fault_status"].Ephemeral)
		require.True(t, schema.Tables["Logical_Switch"].IsRoot)
		require.False(t, schema.Tables["Tunnel"].IsRoot)
		again, err := c.Ask(t.Context(), db, "")
		require.NoError(t, err)
		require.Same(t, schema, again.Schema, "it is parsed once")
		offer, err = c.Ask(t.Context(), "nosuch", "")
		var refused *ovsdb.RPCError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, names, offer.Databases)
		require.NoError(t, c.Err())
	}
}

func TestUpdateIsHandedOverBeforeTransactReturns(t *testing.T) {
	s := ovsdbtest.Start(t)
	s.VtepCtl("add-ls", "old")
	c := session(t, s, ovsdb.Config{})
	var r recorder
	_, err := c.Monitor(t.Context(), db, macTable, &r)
	require.NoError(t, err)
	require.Equal(t, []string{`initial Logical_Switch {"name":"old"}`, "commit"}, r.take())

	results, err := c.Transact(t.Context(), db, insertLS("new"))
	require.NoError(t, err)
	require.Equal(t, []string{`insert Logical_Switch {"name":"new"}`, "commit"}, r.take())
	require.Equal(t, results[0].UUID.String(), uuidOf(t, s, "new"))

	row := ovsdb.ByUUID(results[0].UUID)
	_, err = c.Transact(t.Context(), db, ovsdb.Update("Logical_Switch", row, ovsdb.Column{Name: "tunnel_key", Value: ovsdb.Int(7)}))
	require.NoError(t, err)
	require.Equal(t, []string{`modify Logical_Switch {"tunnel_key":7} diff`, "commit"}, r.take())

	results, err = c.Transact(t.Context(), db, ovsdb.Delete("Logical_Switch", row))
	require.NoError(t, err)
	require.Equal(t, 1, results[0].Count)
	require.Equal(t, []string{"delete Logical_Switch", "commit"}, r.take())
}

func uuidOf(t *testing.T, s *ovsdbtest.Server, name string) any {
	t.Helper()
	for _, row := range s.Rows("Logical_Switch", "_uuid", "name") {
		if row["name"] == name {
			return row["_uuid"]
		}
	}
	require.Fail(t, "no logical switch "+name)
	return nil
}

func TestEveryOperationAndValue(t *testing.T) {
	s := ovsdbtest.Start(t)
	s.AddSwitch("br0", "192.0.2.1", "eth1")
	c := session(t, s, ovsdb.Config{})
	name := "q\"b\\s\n\x01\x7fü\u2028\xff/"
	port := []ovsdb.Cond{ovsdb.Where("name", "==", ovsdb.String("eth1"))}
	pair := func(vlan int64, v ovsdb.Value) ovsdb.Pair { return ovsdb.Pair{Key: ovsdb.Int(vlan), Value: v} }
	results, err := c.Transact(t.Context(), db,
		ovsdb.Comment("all of them"),
		ovsdb.Wait("Logical_Switch", nil, "==", []string{"name"}),
		ovsdb.Wait("Physical_Port", port, "==", []string{"name"}, []ovsdb.Column{{Name: "name", Value: ovsdb.String("eth1")}}),
		ovsdb.Insert("Logical_Switch", "ls_1", ovsdb.Column{Name: "name", Value: ovsdb.String(name)},
			ovsdb.Column{Name: "tunnel_key", Value: ovsdb.SetOf(ovsdb.Int(-5))}, ovsdb.Column{Name: "replication_mode", Value: ovsdb.EmptySet()}),
		ovsdb.Mutate("Physical_Port", port,
			ovsdb.Mutation{Column: "vlan_bindings", Mutator: "delete", Value: ovsdb.SetOf(ovsdb.Int(1), ovsdb.Int(2))},
			ovsdb.Mutation{Column: "vlan_bindings", Mutator: "insert", Value: ovsdb.MapOf(pair(1, ovsdb.Named("ls_1")), pair(2, ovsdb.Named("ls_1")))}).MustMatch(),
		ovsdb.Select("Logical_Switch", nil, "name", "tunnel_key"),
		ovsdb.Select("Physical_Port", port),
	)
	require.NoError(t, err)
	require.Equal(t, 1, results[4].Count)
	var got []struct {
		Name string
		Key  int `json:"tunnel_key"`
	}
	require.NoError(t, json.Unmarshal(results[5].Rows, &got))
	require.Equal(t, "q\"b\\s\n\x01\x7fü\u2028\ufffd/", got[0].Name)
	require.Equal(t, -5, got[0].Key)
	ls := results[3].UUID
	require.Equal(t, map[string]any{"1": ls.String(), "2": ls.String()}, s.Rows("Physical_Port")[0]["vlan_bindings"])
	_, err = c.Transact(t.Context(), db, ovsdb.Insert("Manager", "m", ovsdb.Column{Name: "is_connected", Value: ovsdb.Bool(true)},
		ovsdb.Column{Name: "target", Value: ovsdb.String("x")}), ovsdb.Update("Physical_Port", port, ovsdb.Column{
		Name: "vlan_bindings", Value: ovsdb.MapOf(pair(3, ovsdb.Ref(ls)))}))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"3": ls.String()}, s.Rows("Physical_Port")[0]["vlan_bindings"])
}

func TestRefusedTransactions(t *testing.T) {
	s := ovsdbtest.Start(t, ovsdbtest.WithSchema("1.3.0"))
	s.VtepCtl("add-ls", "taken")
	c := session(t, s, ovsdb.Config{})
	none := ovsdb.ByUUID(ovsdb.UUID{1})
	unknown := ovsdb.Insert("Logical_Switch", "", ovsdb.Column{Name: "replication_mode", Value: ovsdb.String("x")})
	tests := map[string]struct {
		ops  []ovsdb.Op
		at   int
		kind string
	}{
		"operation in the middle": {[]ovsdb.Op{insertLS("a"), unknown, insertLS("b")}, 1, "unknown column"},
		"bad uuid-name":           {[]ovsdb.Op{ovsdb.Insert("Logical_Switch", "a-b")}, 0, "syntax error"},
		"commit":                  {[]ovsdb.Op{insertLS("a"), insertLS("taken")}, 2, "constraint violation"},
		"dangling reference": {[]ovsdb.Op{insertLS("a"), ovsdb.Insert("Ucast_Macs_Remote", "",
			ovsdb.Column{Name: "logical_switch", Value: ovsdb.Ref(ovsdb.UUID{1})}, ovsdb.Column{Name: "locator", Value: ovsdb.Ref(ovsdb.UUID{2})})},
			2, "referential integrity violation"},
		"guard": {[]ovsdb.Op{ovsdb.Wait("Logical_Switch", nil, "==", []string{"name"}), insertLS("a")}, 0, "timed out"},
		"lock":  {[]ovsdb.Op{ovsdb.Assert("nobody"), insertLS("a")}, 0, "not owner"},
		"table": {[]ovsdb.Op{ovsdb.Delete("ACL", nil)}, 0, "syntax error"},
		"match": {[]ovsdb.Op{insertLS("committed"), ovsdb.Delete("Logical_Switch", none), ovsdb.Delete("Logical_Switch", none).MustMatch()}, 2, ovsdb.NoMatch},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := s.Transactions()
			results, err := c.Transact(t.Context(), db, test.ops...)
			var refused *ovsdb.TransactError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.at, refused.Op)
			require.Equal(t, test.kind, refused.Kind)
			committed := test.kind == ovsdb.NoMatch
			require.Equal(t, committed, results != nil)
			require.Equal(t, committed, s.Transactions() > before)
			require.NoError(t, c.Err())
		})
	}
	_, err := c.Transact(t.Context(), "nosuch", insertLS("a"))
	var refused *ovsdb.RPCError
	require.ErrorAs(t, err, &refused)
	require.NotErrorIs(t, err, ovsdb.ErrUnknownOutcome)
}

func TestLockStealUnlock(t *testing.T) {
	s := ovsdbtest.Start(t)
	changes := make(chan bool, 4)
	first := session(t, s, ovsdb.Config{LockChanged: func(id string, held bool) {
		require.Equal(t, "L", id)
		changes <- held
	}})
	second := session(t, s, ovsdb.Config{})
	got, err := first.Lock(t.Context(), "L")
	require.NoError(t, err)
	require.True(t, got)
	require.True(t, first.Locked("L"))
	_, err = first.Transact(t.Context(), db, ovsdb.Assert("L"), insertLS("a"))
	require.NoError(t, err)

	offer, err := second.Ask(t.Context(), db, "L")
	require.NoError(t, err)
	require.True(t, offer.InLine)
	require.False(t, second.Locked("L"))
	require.NoError(t, second.Unlock(t.Context(), "L"))
	got, err = second.Lock(t.Context(), "L")
	require.NoError(t, err)
	require.False(t, got)
	require.NoError(t, second.Unlock(t.Context(), "L"))
	require.NoError(t, second.Steal(t.Context(), "L"))
	require.True(t, second.Locked("L"))
	require.False(t, <-changes)
	require.False(t, first.Locked("L"))
	_, err = first.Transact(t.Context(), db, ovsdb.Assert("L"), insertLS("b"))
	require.ErrorContains(t, err, "not owner")

	require.NoError(t, second.Unlock(t.Context(), "L"))
	require.False(t, second.Locked("L"))
	require.True(t, <-changes)
	require.True(t, first.Locked("L"))
	first.Close()
	require.False(t, first.Locked("L"))
}

func TestRestartEndsTheSession(t *testing.T) {
	s := ovsdbtest.Start(t)
	c := session(t, s, ovsdb.Config{})
	_, err := c.ListDBs(t.Context())
	require.NoError(t, err)
	s.Stop()
	require.ErrorContains(t, ended(t, c), "closed the connection")
	_, err = c.Transact(t.Context(), db, insertLS("a"))
	require.ErrorIs(t, err, ovsdb.ErrNotSent)
	_, err = ovsdb.Dial(t.Context(), s.TCP(), nil)
	require.Error(t, err)
	s.Run()
	again := session(t, s, ovsdb.Config{})
	_, err = again.Transact(t.Context(), db, insertLS("a"))
	require.NoError(t, err)
}

func TestPausedServerIsFoundOut(t *testing.T) {
	s := ovsdbtest.Start(t)
	c := session(t, s, ovsdb.Config{EchoAfter: 20 * time.Millisecond, EchoTries: 3})
	_, err := c.ListDBs(t.Context())
	require.NoError(t, err)
	s.Pause()
	_, err = c.Transact(t.Context(), db, insertLS("a"))
	require.ErrorIs(t, err, ovsdb.ErrUnknownOutcome)
	require.ErrorIs(t, ended(t, c), ovsdb.ErrSilent)
}

func TestExpiredTransactionEndsTheSession(t *testing.T) {
	s := ovsdbtest.Start(t)
	c := session(t, s, ovsdb.Config{})
	s.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.Transact(ctx, db, insertLS("a"))
	require.ErrorIs(t, err, ovsdb.ErrUnknownOutcome)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, ended(t, c), context.DeadlineExceeded)
	_, err = c.Transact(t.Context(), db, insertLS("a"))
	require.ErrorIs(t, err, ovsdb.ErrNotSent)
}

func TestServerProbesUs(t *testing.T) {
	s := ovsdbtest.Start(t)
	c := session(t, s, ovsdb.Config{EchoAfter: 10 * time.Millisecond, EchoTries: 1000})
	poll.True(t, patience, "three frames came", func() bool { return c.Stats().FramesIn >= 3 })
	require.NoError(t, c.Err())
	require.Zero(t, c.Stats().Ignored)
}

func TestSchemaConversionEndsTheSession(t *testing.T) {
	s := ovsdbtest.Start(t, ovsdbtest.WithSchema("1.6.0"))
	newer := ovsdbtest.Start(t).Schema()
	c := session(t, s, ovsdb.Config{})
	var r recorder
	_, err := c.Monitor(t.Context(), db, macTable, &r)
	require.NoError(t, err)
	s.Convert(newer)
	require.Error(t, ended(t, c))
}

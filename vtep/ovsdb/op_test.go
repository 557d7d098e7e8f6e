package ovsdb_test

import (
	"testing"

	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

func TestOpText(t *testing.T) {
	u, err := ovsdb.ParseUUID(rowID)
	require.NoError(t, err)
	name := ovsdb.Column{Name: "name", Value: ovsdb.String("a")}
	key := ovsdb.Column{Name: "tunnel_key", Value: ovsdb.EmptySet()}
	one := ovsdb.Pair{Key: ovsdb.Int(1), Value: ovsdb.Named("ls")}
	for want, op := range map[string]ovsdb.Op{
		`{"op":"insert","table":"T","row":{}}`:                                                                  ovsdb.Insert("T", ""),
		`{"op":"insert","table":"T","uuid-name":"n","row":{"name":"a","tunnel_key":["set",[]]}}`:                ovsdb.Insert("T", "n", name, key),
		`{"op":"update","table":"T","where":[["_uuid","==",["uuid","` + rowID + `"]]],"row":{"name":"a"}}`:      ovsdb.Update("T", ovsdb.ByUUID(u), name),
		`{"op":"delete","table":"T","where":[]}`:                                                                ovsdb.Delete("T", nil),
		`{"op":"wait","table":"T","where":[],"timeout":0,"columns":["name"],"until":"==","rows":[]}`:            ovsdb.Wait("T", nil, "==", []string{"name"}),
		`{"op":"wait","table":"T","where":[],"timeout":0,"columns":[],"until":"!=","rows":[{"name":"a"},{}]}`:   ovsdb.Wait("T", nil, "!=", nil, []ovsdb.Column{name}, nil),
		`{"op":"select","table":"T","where":[["a","<",-1]]}`:                                                    ovsdb.Select("T", []ovsdb.Cond{ovsdb.Where("a", "<", ovsdb.Int(-1))}),
		`{"op":"select","table":"T","where":[],"columns":["a","b"]}`:                                            ovsdb.Select("T", nil, "a", "b"),
		`{"op":"mutate","table":"T","where":[],"mutations":[["m","insert",["map",[[1,["named-uuid","ls"]]]]]]}`: ovsdb.Mutate("T", nil, ovsdb.Mutation{Column: "m", Mutator: "insert", Value: ovsdb.MapOf(one)}),
		`{"op":"assert","lock":"L"}`:                                                                            ovsdb.Assert("L"),
		`{"op":"comment","comment":"\u000a\"\\"}`:                                                               ovsdb.Comment("\n\"\\"),
	} {
		require.Equal(t, want, op.String())
	}
	require.Equal(t, ovsdb.Delete("T", nil), ovsdb.Delete("T", nil))
	require.NotEqual(t, ovsdb.Delete("T", nil), ovsdb.Delete("T", nil).MustMatch())
}

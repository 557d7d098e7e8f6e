package model

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct{ name, before, after, was, is string }{
		{"member", `{"a":1,"b":2}`, `{"a":1,"b":3}`, `{"b":2}`, `{"b":3}`},
		{"comes and goes", `{"a":1}`, `{"b":1}`, `{"a":1}`, `{"b":1}`},
		{"large numbers", `{"a":9007199254740993}`, `{"a":9007199254740992}`, `{"a":9007199254740993}`, `{"a":9007199254740992}`},
		{"below", `{"o":{"x":1,"y":1}}`, `{"o":{"x":1,"y":2}}`, `{"o":{"y":1}}`, `{"o":{"y":2}}`},
		{"list", `{"l":[1,2,3]}`, `{"l":[2,3,4]}`, `{"l":[1]}`, `{"l":[4]}`},
		{"doubled", `{"l":[1,1]}`, `{"l":[1]}`, `{"l":[1]}`, `{"l":[]}`},
		{"order", `{"l":[1,2]}`, `{"l":[2,1]}`, `{"l":[]}`, `{"l":[]}`},
		{"by id", `{"l":[{"id":"x","n":1,"m":1},{"id":"y"}]}`, `{"l":[{"id":"y"},{"id":"x","n":2,"m":1}]}`,
			`{"l":[{"id":"x","n":1}]}`, `{"l":[{"id":"x","n":2}]}`},
		{"by name, below", `{"l":[{"id":"d","i":[{"name":"p","v":[5,6]},{"name":"q","v":[7]}]}]}`, `{"l":[{"id":"d","i":[{"name":"p","v":[6]}]}]}`,
			`{"l":[{"id":"d","i":[{"name":"p","v":[5]},{"name":"q","v":[7]}]}]}`, `{"l":[{"id":"d","i":[{"name":"p","v":[]}]}]}`},
		{"kind", `{"a":[1]}`, `{"a":null}`, `{"a":[1]}`, `{"a":null}`},
		{"created", `null`, `{"a":1}`, `null`, `{"a":1}`},
		{"deleted", `{"a":1}`, `null`, `{"a":1}`, `null`},
		{"equal", `{"a":[1]}`, `{"a":[1]}`, `{}`, `{}`},
	} {
		got, err := Compare([]byte(c.before), []byte(c.after))
		require.NoError(t, err)
		require.JSONEq(t, c.was, string(got.Before), c.name)
		require.JSONEq(t, c.is, string(got.After), c.name)
		requireUndone(t, []byte(c.before), []byte(c.after))
	}
	_, err := Compare([]byte(`{`), []byte(`{}`))
	require.Error(t, err)
}

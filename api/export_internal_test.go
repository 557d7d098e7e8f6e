package api

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAsDecoded: a value that is taken as it is has the form that encoding and decoding give it.
func TestAsDecoded(t *testing.T) {
	for _, v := range []any{nil, true, false, 0, -7, 1 << 40, "", "a<b>&c", "\u2028\u00e9", "a\xffb", []string{"x"}, []int{1}, map[string]int{"n": 3}} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		want, err := decode(text)
		require.NoError(t, err)
		got, err := asDecoded(v)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

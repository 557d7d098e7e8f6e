package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// FuzzAppendValue: what is encoded here is what encoding/json makes of it.
func FuzzAppendValue(f *testing.F) {
	for _, s := range []string{"", "plain", `quo"ted`, `back\slash`, "<b>&", "é\u2028", "\x00\x1b[31m", "\x7f", "\xff"} {
		f.Add(s, int64(1790000000), int64(0), true)
	}
	f.Add("far", int64(math.MaxInt64), int64(1), false)
	f.Add("year 10000", int64(253402300800), int64(0), false)
	f.Fuzz(func(t *testing.T, s string, sec, nsec int64, yes bool) {
		at := time.Unix(sec, nsec)
		conditions := []model.Condition{{Type: "Bound", True: yes, Reason: s, Message: s, Since: at.UTC()}, {Type: s, Since: at.In(time.FixedZone("", int(nsec%50_000)))}}
		for _, v := range []any{s, yes, int(sec), uint64(nsec), nil, []model.Condition(nil), conditions[:0], conditions, conditions[:1]} {
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetEscapeHTML(false)
			failed := enc.Encode(v)
			if got, ok := appendValue(nil, v); ok {
				require.NoError(t, failed)
				require.Equal(t, string(bytes.TrimSuffix(want.Bytes(), []byte("\n"))), string(got))
				require.Equal(t, got, printableJSON(got))
			}
			var written bytes.Buffer
			b := bufio.NewWriter(&written)
			require.Equal(t, failed == nil, writeValue(b, v) == nil)
		}
		_, plain := appendValue(nil, s)
		require.Equal(t, plain, string(printableJSON([]byte(s))) == s && !bytes.ContainsAny([]byte(s), "\"\\\n"))
	})
}

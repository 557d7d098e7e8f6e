package model_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"Zürich ☎ 東京":            "Zürich ☎ 東京",
		"\x1b[31m\u0085":         `\u001b[31m\u0085`,
		"a\r\nb\tc\x7f":          `a\u000d\u000ab\u0009c\u007f`,
		"user\u202egpj.exe":      `user\u202egpj.exe`,
		"\u2066iso\u2069\ufeff.": `\u2066iso\u2069\ufeff.`,
		"tag \U000e0041":         `tag \udb40\udc41`,
		"bytes \xff\xfe":         `bytes \ufffd\ufffd`,
		"line\u2028end":          `line\u2028end`,
	} {
		require.Equal(t, want, model.Printable(in))
	}
	require.Equal(t, "a\tb\n\\u001b[2J", model.PrintableLines("a\tb\n\x1b[2J"))
}

// FuzzPrintable: nothing that a terminal acts on is left, what was harmless is as it
// was, and a JSON document says the same.
func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"", "sw1", "\x1b]0;t\a", "\u202e\u0090", "\xff\xc0", "\U000e0041", "a\r\nlevel=info"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		once := model.Printable(in)
		require.NotContains(t, once, "\n")
		for _, r := range model.PrintableLines(in) {
			require.True(t, unicode.IsPrint(r) || r == '\n' || r == '\t', "%q", r)
		}
		require.Equal(t, once, model.Printable(once))
		document, err := json.MarshalIndent(map[string]string{in: in}, "", "\t")
		require.NoError(t, err)
		var back map[string]string
		require.NoError(t, json.Unmarshal([]byte(model.PrintableLines(string(document))), &back))
		valid := strings.ToValidUTF8(in, "\ufffd")
		if valid == in {
			require.Equal(t, map[string]string{in: in}, back)
		}
	})
}

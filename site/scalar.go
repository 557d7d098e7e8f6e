package site

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// maxSimpleKey is how long a key may be to stand before ": "; YAML readers give up at 1024
// characters.
const maxSimpleKey = 1000

// otherwise matches plain scalars that a reader of YAML 1.1 or 1.2 takes for something
// else than a text: null, truth values, numbers (also sexagesimal, as some MAC addresses
// look), times and merge keys.
var otherwise = regexp.MustCompile(`^(?i:~|null|true|false|yes|no|on|off|y|n|<<|=` +
	`|[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-f_]+|[0-9][0-9_]*)` +
	`|[-+]?(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)(e[-+]?[0-9]+)?` +
	`|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?` +
	`|[-+]?\.inf|\.nan|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*)$`)

// scalar prints a text, in quotes if a reader would take it for something else without.
func scalar(s string) string {
	if isPlain(s) {
		return s
	}
	return quoted(s)
}

// isPlain reports whether a text can stand without quotes, in flow style too.
func isPlain(s string) bool {
	switch {
	case s == "" || strings.TrimSpace(s) != s:
		return false
	case strings.ContainsRune("-?:,[]{}#&*!|>'\"%@`", rune(s[0])):
		return false
	case strings.ContainsAny(s, ",[]{}\"\\") || strings.Contains(s, ": ") || strings.Contains(s, " #") || strings.HasSuffix(s, ":"):
		return false
	case strings.HasPrefix(s, "...") || otherwise.MatchString(s):
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}

// quoted prints a text in double quotes. What would not be seen is escaped.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// keyed prints a key and a value in flow style.
func keyed(key, value string) string {
	if k := scalar(key); len(k) <= maxSimpleKey {
		return k + ": " + value
	}
	return "? " + scalar(key) + " : " + value
}

// flow prints a list or a mapping in one line.
func flow(open string, parts []string, end string) string {
	return open + strings.Join(parts, ", ") + end
}

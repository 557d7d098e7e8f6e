package model

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Printable escapes every character of s that a terminal would act on or that a
// reader would not see: control characters, line ends, and marks that turn the
// direction of writing. The escape is that of JSON, \uXXXX. It keeps text from
// switches and clients from moving the cursor or forging a line.
func Printable(s string) string { return escape(s, "") }

// PrintableLines is Printable for a text that has lines and columns of its own:
// line feeds and tabs stay. Of a JSON document it gives an equal document.
func PrintableLines(s string) string { return escape(s, "\n\t") }

// escape escapes all that is not shown, but for the characters of keep.
func escape(s, keep string) string {
	shown := func(r rune, size int) bool {
		if r == utf8.RuneError && size == 1 { // no UTF-8
			return false
		}
		return unicode.IsPrint(r) || strings.ContainsRune(keep, r)
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !shown(r, size) {
			b.WriteString(s[done:i])
			b.WriteString(escaped(r))
			done = i + size
		}
		i += size
	}
	if done == 0 {
		return s
	}
	return b.String() + s[done:]
}

// escaped is a character as JSON escapes it: beyond 16 bits as two surrogates.
func escaped(r rune) string {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

package ovsdb

import (
	"strconv"
	"unicode/utf8"
)

// Value is a column value or a part of one in the notation of RFC 7047,
// section 5.1. Values are immutable and comparable. The zero Value is invalid.
type Value struct{ json string }

// Pair is one entry of a map.
type Pair struct{ Key, Value Value }

// String is a string. Bytes that are not UTF-8 become U+FFFD.
func String(s string) Value {
	var buf [64]byte
	return Value{string(appendString(buf[:0], s))}
}

// Int is an integer.
func Int(i int64) Value { return Value{strconv.FormatInt(i, 10)} }

// Bool is a boolean.
func Bool(b bool) Value { return Value{strconv.FormatBool(b)} }

// Ref is a reference to an existing row.
func Ref(u UUID) Value {
	var buf [64]byte
	b := append(buf[:0], `["uuid","`...)
	return Value{string(append(u.append(b), `"]`...))}
}

// Named is a reference to a row that the same transaction inserts under a name.
func Named(name string) Value {
	var buf [64]byte
	b := append(buf[:0], `["named-uuid",`...)
	return Value{string(append(appendString(b, name), ']'))}
}

// EmptySet is a set, or an optional value, that holds nothing.
func EmptySet() Value { return SetOf() }

// SetOf is a set of distinct values.
func SetOf(values ...Value) Value {
	b := append(make([]byte, 0, 16+64*len(values)), `["set",[`...)
	for i, v := range values {
		b = append(comma(b, i), v.json...)
	}
	return Value{string(append(b, "]]"...))}
}

// MapOf is a map with distinct keys.
func MapOf(pairs ...Pair) Value {
	b := append(make([]byte, 0, 16+64*len(pairs)), `["map",[`...)
	for i, p := range pairs {
		b = append(comma(b, i), '[')
		b = append(append(b, p.Key.json...), ',')
		b = append(append(b, p.Value.json...), ']')
	}
	return Value{string(append(b, "]]"...))}
}

// comma separates element i from those before it.
func comma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[from:i]...), `\ufffd`...)
				from = i + 1
			}
			i += size
			continue
		}
		if c < ' ' || c == '"' || c == '\\' {
			b = append(b, s[from:i]...)
			if c < ' ' {
				b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			} else {
				b = append(b, '\\', c)
			}
			from = i + 1
		}
		i++
	}
	return append(append(b, s[from:]...), '"')
}

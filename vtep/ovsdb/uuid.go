package ovsdb

import (
	"encoding/hex"
	"fmt"
	"unicode"
)

// UUID is a row's identity. Its size is fixed so that big tables stay compact.
type UUID [16]byte

const uuidLen = 36

// ParseUUID reads the form of RFC 4122, for example
// "550e8400-e29b-41d4-a716-446655440000", in either case.
func ParseUUID(s string) (UUID, error) {
	if u, ok := parseUUID([]byte(s)); ok {
		return u, nil
	}
	return UUID{}, fmt.Errorf("%s is not a UUID", excerpt([]byte(s)))
}

func parseUUID(text []byte) (u UUID, ok bool) {
	if len(text) != uuidLen || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return UUID{}, false
	}
	bad := byte(0)
	for i, at := range uuidDigits {
		high, low := nibbles[text[at]], nibbles[text[at+1]]
		bad |= high | low
		u[i] = high<<4 | low
	}
	if bad > 15 {
		return UUID{}, false
	}
	return u, true
}

// uuidDigits are where the bytes of a UUID are in its text.
var uuidDigits = [16]byte{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// nibbles are the values of the hexadecimal digits, 0xff for any other character.
var nibbles = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range "0123456789abcdef" {
		t[c], t[unicode.ToUpper(c)] = byte(i), byte(i)
	}
	return t
}()

func nibble(c byte) byte { return nibbles[c] }

func (u UUID) String() string { return string(u.append(nil)) }

func (u UUID) append(b []byte) []byte {
	b = append(hex.AppendEncode(b, u[:4]), '-')
	b = append(hex.AppendEncode(b, u[4:6]), '-')
	b = append(hex.AppendEncode(b, u[6:8]), '-')
	b = append(hex.AppendEncode(b, u[8:10]), '-')
	return hex.AppendEncode(b, u[10:])
}

package ovsdb

import (
	"encoding/hex"
	"fmt"
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
	from := 0
	for i := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			from++ // the dash checked above
		}
		high, low := nibble(text[from]), nibble(text[from+1])
		if high > 15 || low > 15 {
			return UUID{}, false
		}
		u[i] = high<<4 | low
		from += 2
	}
	return u, true
}

func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

func (u UUID) String() string { return string(u.append(nil)) }

func (u UUID) append(b []byte) []byte {
	b = append(hex.AppendEncode(b, u[:4]), '-')
	b = append(hex.AppendEncode(b, u[4:6]), '-')
	b = append(hex.AppendEncode(b, u[6:8]), '-')
	b = append(hex.AppendEncode(b, u[8:10]), '-')
	return hex.AppendEncode(b, u[10:])
}

package model

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"strings"
)

// MAC is an IEEE 802 MAC-48 address. Its text form is lower case with colons,
// the only form that is ever written to a switch.
type MAC [6]byte

// ParseMAC reads the spellings that clients use: six groups of one or two
// hexadecimal digits joined by ':' or '-', three groups of four digits joined
// by '.', or twelve digits. Upper case is accepted.
func ParseMAC(s string) (MAC, error) {
	m, ok := parseCanonicalMAC(s)
	if ok {
		return m, nil
	}
	digits, err := macDigits(s)
	if err != nil {
		return MAC{}, err
	}
	for i := range m {
		hi, ok1 := hexDigit(digits[2*i])
		lo, ok2 := hexDigit(digits[2*i+1])
		if !ok1 || !ok2 {
			return MAC{}, fmt.Errorf("%q is not a MAC address", s)
		}
		m[i] = hi<<4 | lo
	}
	return m, nil
}

// parseCanonicalMAC reads the form of String, of which databases are full,
// without allocating.
func parseCanonicalMAC(s string) (m MAC, ok bool) {
	if len(s) != 17 {
		return m, false
	}
	for i := range m {
		hi, ok1 := hexDigit(s[3*i])
		lo, ok2 := hexDigit(s[3*i+1])
		if !ok1 || !ok2 || i > 0 && s[3*i-1] != ':' {
			return MAC{}, false
		}
		m[i] = hi<<4 | lo
	}
	return m, true
}

// macDigits returns the twelve characters that should be hexadecimal digits.
func macDigits(s string) (string, error) {
	var groups []string
	switch {
	case len(s) > 17:
	case strings.Count(s, ":") == 5:
		groups = strings.Split(s, ":")
	case strings.Count(s, "-") == 5:
		groups = strings.Split(s, "-")
	case len(s) == 14 && s[4] == '.' && s[9] == '.':
		return s[:4] + s[5:9] + s[10:], nil
	case len(s) == 12:
		return s, nil
	}
	var b strings.Builder
	for _, g := range groups {
		switch len(g) {
		case 1:
			b.WriteByte('0')
		case 2:
		default:
			return "", fmt.Errorf("%q is not a MAC address", s)
		}
		b.WriteString(g)
	}
	if b.Len() != 12 {
		return "", fmt.Errorf("%q is not a MAC address", s)
	}
	return b.String(), nil
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// String is the canonical form, for example "52:54:00:12:34:56".
func (m MAC) String() string {
	return string(m.Append(make([]byte, 0, 17)))
}

// Append appends the canonical form.
func (m MAC) Append(b []byte) []byte {
	const hex = "0123456789abcdef"
	for i, c := range m {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, hex[c>>4], hex[c&15])
	}
	return b
}

// IsUnicast reports whether the address can belong to one host: neither
// zero nor a group address (the I/G bit of the first octet).
func (m MAC) IsUnicast() bool { return m != MAC{} && m[0]&1 == 0 }

// Compare orders addresses numerically.
func (m MAC) Compare(o MAC) int { return cmp.Compare(m.number(), o.number()) }

// number is for comparisons, of which there are many.
func (m MAC) number() uint64 {
	return uint64(binary.BigEndian.Uint32(m[:4]))<<16 | uint64(binary.BigEndian.Uint16(m[4:]))
}

// MarshalText implements encoding.TextMarshaler.
func (m MAC) MarshalText() ([]byte, error) { return m.Append(nil), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *MAC) UnmarshalText(b []byte) (err error) {
	*m, err = ParseMAC(string(b))
	return err
}

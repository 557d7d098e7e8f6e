package ovsdb

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Reading values (RFC 7047, section 5.1) off their text, which has been received
// and is not changed.

// EachColumn calls f with the columns of a row as they came, and ends with its
// first error.
func EachColumn(row json.RawMessage, f func(column, value []byte) error) error {
	s := scanner{data: row}
	s.open('{')
	for n := 0; s.more('}', n); n++ {
		column := s.key()
		value := s.value()
		if s.err != nil {
			break
		}
		if err := f(column, value); err != nil {
			return fmt.Errorf("column %s: %w", column, err)
		}
	}
	return s.finish()
}

// EachRow calls f with the rows that a select has read, as they came, and ends with its
// first error.
func EachRow(rows json.RawMessage, f func(row json.RawMessage) error) error {
	s := scanner{data: rows}
	s.open('[')
	for n := 0; s.more(']', n); n++ {
		row := s.value()
		if s.err != nil {
			break
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return s.finish()
}

// ReadString reads a string; false if the value is none. The text may lie in
// the value.
func ReadString(value []byte) (text []byte, ok bool) {
	s := scanner{data: value}
	text = s.text()
	return text, s.finish() == nil && text != nil
}

// ReadRef reads a reference to an existing row; false if the value is none.
func ReadRef(value []byte) (u UUID, ok bool) {
	const before, after = `["uuid","`, `"]`
	if len(value) == len(before)+uuidLen+len(after) && string(value[:len(before)]) == before && string(value[len(before)+uuidLen:]) == after {
		return parseUUID(value[len(before) : len(before)+uuidLen]) // as servers write it
	}
	s := scanner{data: value}
	s.open('[')
	if !s.more(']', 0) || string(s.text()) != "uuid" || !s.more(']', 1) {
		return UUID{}, false
	}
	u, ok = parseUUID(s.text())
	return u, ok && !s.more(']', 2) && s.finish() == nil
}

// ReadInt reads an integer; false if the value is none. One that does not fit
// saturates, as a foreign row may hold anything.
func ReadInt(value []byte) (n int64, ok bool) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err == nil {
		return n, true
	}
	s := scanner{data: value}
	if c := s.peek(); c != '-' && !isDigit(c) {
		return 0, false
	}
	s.number()
	return n, s.finish() == nil && !strings.ContainsAny(string(value), ".eE")
}

// EachMember calls f with the members of a set, or with the value itself, which
// is a set of one, and ends with its first error.
func EachMember(value []byte, f func(member []byte) error) error {
	s := scanner{data: value}
	if !s.tagged("set") {
		return f(value)
	}
	s.open('[')
	for n := 0; s.more(']', n); n++ {
		member := s.value()
		if s.err != nil {
			break
		}
		if err := f(member); err != nil {
			return err
		}
	}
	s.end()
	return s.finish()
}

// EachPair calls f with the pairs of a map, and ends with its first error.
func EachPair(value []byte, f func(key, value []byte) error) error {
	s := scanner{data: value}
	if !s.tagged("map") {
		return protocolf("map expected, got %s", excerpt(value))
	}
	s.open('[')
	for n := 0; s.more(']', n); n++ {
		var pair [2][]byte
		s.open('[')
		for i := range pair {
			if s.more(']', i) {
				pair[i] = s.value()
			}
		}
		s.end()
		if pair[1] == nil {
			s.fail("key and value before this")
		}
		if s.err != nil {
			break
		}
		if err := f(pair[0], pair[1]); err != nil {
			return err
		}
	}
	s.end()
	return s.finish()
}

// tagged consumes the beginning of ["tag", ...], or nothing.
func (s *scanner) tagged(tag string) bool {
	if s.peek() != '[' {
		return false
	}
	ahead := *s
	ahead.pos++
	if ahead.peek() != '"' || string(ahead.text()) != tag || !ahead.more(']', 1) || ahead.err != nil {
		return false
	}
	*s = ahead
	return true
}

// end consumes the bracket that closes an array.
func (s *scanner) end() {
	if s.peek() != ']' {
		s.fail("']'")
		return
	}
	s.pos++
}

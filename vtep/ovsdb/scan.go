package ovsdb

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
)

// scanner walks over JSON text and slices values out of it without copying.
// The first error sticks and makes every later step a no-op.
//
//	s.open('{')
//	for n := 0; s.more('}', n); n++ {
//		key, value := s.key(), s.value()
//	}
//	err := s.finish()
//
// It recurses as deep as the text nests, which the framer has limited.
type scanner struct {
	data []byte
	pos  int
	err  error
}

func (s *scanner) fail(want string) {
	if s.err == nil {
		s.err = protocolf("%s expected at byte %d, got %s", want, s.pos, excerpt(s.data[s.pos:]))
		s.pos = len(s.data)
	}
}

// peek skips white space and returns the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.data); s.pos++ {
		if c := s.data[s.pos]; c > ' ' || !isSpace(c) {
			return c
		}
	}
	return 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// open consumes an opening bracket.
func (s *scanner) open(bracket byte) {
	if s.peek() != bracket {
		s.fail("'" + string(bracket) + "'")
		return
	}
	s.pos++
}

// more reports whether element n follows, and consumes what is before it or the
// closing bracket.
func (s *scanner) more(bracket byte, n int) bool {
	switch c := s.peek(); {
	case s.err != nil:
		return false
	case c == bracket:
		s.pos++
		return false
	case n == 0:
		return true
	case c == ',':
		s.pos++
		return true
	}
	s.fail("',' or '" + string(bracket) + "'")
	return false
}

// finish checks that nothing follows.
func (s *scanner) finish() error {
	if s.peek(); s.err == nil && s.pos < len(s.data) {
		s.fail("end")
	}
	return s.err
}

// key consumes the name of a member and the colon.
func (s *scanner) key() []byte {
	name := s.text()
	s.colon()
	return name
}

// text consumes a string and returns its content.
func (s *scanner) text() []byte { return unquote(s.quoted()) }

// quoted consumes a string and returns it with its quotes.
func (s *scanner) quoted() (raw []byte, escaped bool) {
	if s.peek() != '"' {
		s.fail("string")
		return nil, false
	}
	start := s.pos
	escaped = s.string()
	return s.data[start:s.pos], escaped
}

func (s *scanner) colon() {
	if s.peek() != ':' {
		s.fail("':'")
		return
	}
	s.pos++
}

// unquote takes a string that was scanned, unless scanning failed.
func unquote(raw []byte, escaped bool) []byte {
	if len(raw) < 2 || raw[len(raw)-1] != '"' {
		return nil
	}
	if !escaped {
		return raw[1 : len(raw)-1]
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil
	}
	return []byte(text)
}

// value consumes any value, checks it and returns its text.
func (s *scanner) value() []byte {
	c := s.peek()
	start := s.pos
	switch {
	case c == '"':
		s.string()
	case c == '{':
		s.open('{')
		for n := 0; s.more('}', n); n++ {
			s.quoted()
			s.colon()
			s.value()
		}
	case c == '[':
		s.open('[')
		for n := 0; s.more(']', n); n++ {
			s.value()
		}
	case c == '-' || isDigit(c):
		s.number()
	default:
		s.literal()
	}
	if s.err != nil {
		return nil
	}
	return s.data[start:s.pos]
}

// string consumes a string, quotes included, and reports whether it has escapes.
func (s *scanner) string() (escaped bool) {
	for i := s.pos + 1; ; i++ {
		i += plain(s.data[i:])
		if i >= len(s.data) {
			s.fail("end of the string")
			return escaped
		}
		switch s.data[i] {
		case '"':
			s.pos = i + 1
			return escaped
		case '\\':
			escaped = true
			n := escapeLen(s.data[i+1:])
			if n == 0 {
				s.pos = i
				s.fail("escape")
				return escaped
			}
			i += n
		default:
			s.pos = i
			s.fail("character of a string")
			return escaped
		}
	}
}

// plain is how many bytes of a string come before a quote, a backslash, a control
// character or the end. Text is mostly strings of 17 and 36 bytes, so that eight
// at a time are looked at: a byte of x that is 0 borrows in x-ones, and leaves its
// top bit there; below 0x20, so does a byte of which 0x20 is taken away. A borrow
// may also mark a byte after the first one that is meant.
func plain(b []byte) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		quote, backslash := x^('"'*ones), x^('\\'*ones)
		found := ((quote-ones)&^quote | (backslash-ones)&^backslash | (x-' '*ones)&^x) & tops
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' '; i++ {
	}
	return i
}

// escapeLen is the length of a valid escape after its backslash, else 0.
func escapeLen(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		if len(b) >= 5 && nibble(b[1])|nibble(b[2])|nibble(b[3])|nibble(b[4]) < 16 {
			return 5
		}
	}
	return 0
}

func (s *scanner) number() {
	if s.data[s.pos] == '-' {
		s.pos++
	}
	if s.at('0') {
		s.pos++
	} else {
		s.digits()
	}
	if s.at('.') {
		s.pos++
		s.digits()
	}
	if s.at('e') || s.at('E') {
		s.pos++
		if s.at('+') || s.at('-') {
			s.pos++
		}
		s.digits()
	}
}

func (s *scanner) at(c byte) bool { return s.pos < len(s.data) && s.data[s.pos] == c }

func (s *scanner) digits() {
	start := s.pos
	for s.pos < len(s.data) && isDigit(s.data[s.pos]) {
		s.pos++
	}
	if s.pos == start {
		s.fail("digit")
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (s *scanner) literal() {
	for _, word := range [...]string{"null", "true", "false"} {
		if rest := s.data[s.pos:]; len(rest) >= len(word) && string(rest[:len(word)]) == word {
			s.pos += len(word)
			return
		}
	}
	s.fail("value")
}

func isNull(raw []byte) bool { return len(raw) == 0 || string(raw) == "null" }

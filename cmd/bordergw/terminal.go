package main

import (
	"io"
	"sync"
	"unicode/utf8"

	"bordergw/model"
)

// terminal is the way out to a person or a log. Text of switches and clients
// passes here, so whatever a terminal would act on leaves escaped
// (model.PrintableLines). JSON, and YAML as we write it, keep their meaning.
type terminal struct {
	mu   sync.Mutex
	w    io.Writer
	rest []byte // the beginning of a character whose end has not been written yet
}

// Write implements io.Writer. It reports len(p) although it may write more.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := append(t.rest, p...)
	whole := wholeRunes(text)
	t.rest = append([]byte(nil), text[whole:]...)
	if whole == 0 {
		return len(p), nil
	}
	if _, err := io.WriteString(t.w, model.PrintableLines(string(text[:whole]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes what will not become a character any more.
func (t *terminal) Flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rest) > 0 {
		_, _ = io.WriteString(t.w, model.PrintableLines(string(t.rest)))
	}
	t.rest = nil
}

// wholeRunes is the length of p without a character that may go on.
func wholeRunes(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if start := len(p) - n; utf8.RuneStart(p[start]) {
			if utf8.FullRune(p[start:]) {
				return len(p)
			}
			return start
		}
	}
	return len(p)
}

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
	// failed is why something could not be written, nil if all was.
	failed error
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
	if err := t.print(string(text[:whole])); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (t *terminal) print(text string) error {
	_, err := io.WriteString(t.w, model.PrintableLines(text))
	if err != nil && t.failed == nil {
		t.failed = err
	}
	return err
}

// Flush writes what will not become a character any more. It returns why anything of all that was to be written was
// not: whoever wrote may not have looked.
func (t *terminal) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rest) > 0 {
		_ = t.print(string(t.rest)) // it is failed
	}
	t.rest = nil
	return t.failed
}

// shown has what was printed shown now, and reports whether it was. Who prints without an end looks: a full disk
// may take nothing for days.
func shown(out io.Writer) bool {
	t, buffered := out.(interface{ Flush() error })
	return !buffered || t.Flush() == nil
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

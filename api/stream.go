package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"runtime"
	"time"
)

// stream is a JSON object that is encoded while it is sent: an answer takes
// memory for one item of a list at a time, however long the list is and however
// slowly the client reads. A value of type items is sent as a list. It has one
// member at least.
type stream members

// streamed is an answer that is made while it is sent.
type streamed interface {
	writeTo(io.Writer) error
	contentType() string
}

func (s stream) contentType() string { return "application/json" }

// items are the items of a list. An error ends the answer in its middle.
type items iter.Seq2[any, error]

// sourceError is one of ours, in what an answer is made of.
type sourceError struct{ error }

// each lists what show gives for every element.
func each[T any](list []T, show func(T) any) items {
	return func(yield func(any, error) bool) {
		for _, v := range list {
			if !yield(show(v), nil) {
				return
			}
		}
	}
}

// yielded lists elements as they are made.
func yielded[T any](list iter.Seq[T]) items {
	return func(yield func(any, error) bool) {
		for v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// MarshalJSON implements json.Marshaler, where an answer is not streamed.
func (list items) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	b := bufio.NewWriter(&out)
	if err := writeList(b, list); err != nil {
		return nil, err
	}
	err := b.Flush()
	return out.Bytes(), err
}

// itself shows an element as it is.
func itself[T any](v T) any { return v }

// sendBuffer is how much is encoded before it is written, in bytes.
const sendBuffer = 32 << 10

const (
	// writeTime is how long a client may take for sendBuffer of a list: about 1 KiB/s.
	writeTime = 30 * time.Second
	// answerTime is how long it may take for the whole: the answer has a slot of those for
	// requests in progress until then.
	answerTime = 15 * time.Minute
)

// turns hands out the processors to answers that are being encoded. A crowd of
// long lists would otherwise keep everything else in the process from its turn.
type turns chan struct{}

func newTurns() turns { return make(turns, max(2, runtime.GOMAXPROCS(0))) }

func (t turns) take() { t <- struct{}{} }
func (t turns) give() { <-t }

// turnWriter gives the turn to others while the client takes what was encoded. The
// answer begins with the first write.
type turnWriter struct {
	http.ResponseWriter
	turns       turns
	status      int
	contentType string
	begun       bool
	end         time.Time // of the time for the whole answer
}

func (w *turnWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.Header().Set("Content-Type", w.contentType)
		w.WriteHeader(w.status)
	}
	w.turns.give()
	defer w.turns.take()
	// Mostly what one write may take counts, and not the whole answer: a slow link gets a
	// long list, a client that reads nothing is cut off. A writer that knows no deadlines has
	// no client.
	deadline := time.Now().Add(writeTime)
	if w.end.Before(deadline) {
		deadline = w.end
	}
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(deadline)
	return w.ResponseWriter.Write(p)
}

// writeTo ends at the first error. What is written to a bufio.Writer after one is
// dropped, and Flush returns the error.
func (s stream) writeTo(w io.Writer) error {
	b := bufio.NewWriterSize(w, sendBuffer)
	if err := writeObject(b, members(s)); err != nil {
		return err
	}
	_ = b.WriteByte('\n')
	return b.Flush()
}

// writeObject takes one member at least.
func writeObject(b *bufio.Writer, object members) error {
	separator := "{"
	for _, m := range object {
		_, _ = b.WriteString(separator)
		separator = ","
		if err := writeMember(b, m); err != nil {
			return err
		}
	}
	return b.WriteByte('}')
}

func writeMember(b *bufio.Writer, m member) error {
	if err := writeValue(b, m.name); err != nil {
		return err
	}
	_ = b.WriteByte(':')
	if list, isList := m.value.(items); isList {
		return writeList(b, list)
	}
	return writeValue(b, m.value)
}

func writeList(b *bufio.Writer, list items) error {
	separator := ""
	_ = b.WriteByte('[')
	for v, err := range list {
		if err != nil {
			return sourceError{err}
		}
		_, _ = b.WriteString(separator)
		separator = ","
		if err := writeValue(b, v); err != nil {
			return err
		}
	}
	return b.WriteByte(']')
}

func writeValue(b *bufio.Writer, v any) error {
	if object, isObject := v.(members); isObject && len(object) > 0 {
		return writeObject(b, object)
	}
	if text, ok := appendValue(b.AvailableBuffer(), v); ok {
		_, err := b.Write(text)
		return err
	}
	var encoded bytes.Buffer
	enc := json.NewEncoder(&encoded)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := b.Write(printableJSON(bytes.TrimSuffix(encoded.Bytes(), []byte("\n"))))
	return err
}

package trail

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bordergw/model"
)

// recordForm is the first byte of a record.
const recordForm = 1

const (
	// maxName and maxMessage bound what an event says, in bytes.
	maxName    = 255
	maxMessage = 2 << 10
	// maxRelated bounds the objects that an event is related to.
	maxRelated = 8
)

// header is what a record is chosen by. It stands before the JSON of the event, so that what is
// not chosen is not decoded.
type header struct {
	severity string
	typ      string
	time     time.Time
	// objects are the object of the event and those it is related to.
	objects []model.ObjectRef
}

// shown is an event as its JSON has it.
type shown struct {
	ID string `json:"id"`
	model.Event
}

// bounded cuts what an event says. Texts may come from a switch.
func bounded(e model.Event) model.Event {
	e.Time = e.Time.UTC()
	e.Message = model.Clip(e.Message, maxMessage)
	e.Related = slices.Clone(e.Related[:min(len(e.Related), maxRelated)])
	cut := func(o *model.ObjectRef) { o.Name = model.Clip(o.Name, maxName) }
	cut(&e.Object)
	for i := range e.Related {
		cut(&e.Related[i])
	}
	return e
}

// encodeRecord makes the record of an event.
func encodeRecord(id model.EventID, e model.Event) ([]byte, error) {
	e = bounded(e)
	out := []byte{recordForm, byte(max(0, slices.Index(model.Severities, e.Severity)))}
	out = binary.BigEndian.AppendUint64(out, uint64(e.Time.UnixNano()))
	out = appendText(out, e.Type)
	out = append(out, byte(1+len(e.Related)))
	for _, o := range append([]model.ObjectRef{e.Object}, e.Related...) {
		for _, text := range []string{o.Kind, o.ID, o.Name, o.Project} {
			out = appendText(out, text)
		}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(shown{id.String(), e}); err != nil {
		return nil, fmt.Errorf("event %s: %w", e.Type, err)
	}
	return append(out, model.Printable(string(bytes.TrimSuffix(text.Bytes(), []byte("\n"))))...), nil
}

func appendText(out []byte, text string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(text))), text...)
}

// decodeRecord reads a record. What it returns shares nothing with the value but json.
func decodeRecord(value []byte) (h header, json []byte, err error) {
	r := recordReader{rest: value}
	form, severity := r.byte(), int(r.byte())
	at := r.take(8)
	if r.bad || form != recordForm || severity >= len(model.Severities) {
		return h, nil, errRecord
	}
	h.severity, h.time = model.Severities[severity], time.Unix(0, int64(binary.BigEndian.Uint64(at))).UTC()
	h.typ = r.text()
	for range min(r.byte(), maxRelated+1) {
		h.objects = append(h.objects, model.ObjectRef{Kind: r.text(), ID: r.text(), Name: r.text(), Project: r.text()})
	}
	if r.bad || len(r.rest) < 2 || r.rest[0] != '{' || r.rest[len(r.rest)-1] != '}' || bytes.ContainsAny(r.rest, "\r\n") {
		return header{}, nil, errRecord
	}
	return h, r.rest, nil
}

var errRecord = fmt.Errorf("%w: a record makes no sense", errDamaged)

// recordReader reads the parts of a record. It is bad once a part is missing.
type recordReader struct {
	rest []byte
	bad  bool
}

func (r *recordReader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return make([]byte, min(n, 8))
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *recordReader) byte() byte { return r.take(1)[0] }

func (r *recordReader) text() string {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > uint64(len(r.rest)-size) {
		r.bad, r.rest = true, nil
		return ""
	}
	r.rest = r.rest[size:]
	return string(r.take(n))
}

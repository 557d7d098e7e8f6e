package api

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"bordergw/model"
)

// maxLargeBodies bounds the requests with large bodies in progress: decoded, one may take
// twenty times its size.
const maxLargeBodies = 2

// bodies bounds what the bodies of all requests in progress take. A Server has one, and all
// its requests use it.
type bodies struct {
	// small is the size, in bytes, up to which a body needs no slot.
	small int64
	// slots are taken by requests with larger bodies.
	slots chan struct{}
	// most is the number of bytes that all bodies may have, read the number of those
	// that were read and not answered.
	most int64
	read atomic.Int64
}

// take counts n bytes more, unless that is too much: who asks for too much gets none of it,
// and others still find the room that there is.
func (b *bodies) take(n int64) bool {
	for {
		read := b.read.Load()
		if n > 0 && read+n > b.most {
			return false
		}
		if b.read.CompareAndSwap(read, read+n) {
			return true
		}
	}
}

func newBodies(small, most int64) *bodies {
	return &bodies{small: small, slots: make(chan struct{}, maxLargeBodies), most: most}
}

// bodyReader reads the body of one request. What it takes of all it has until release. Only
// the goroutine of the request uses it.
type bodyReader struct {
	all *bodies
	w   http.ResponseWriter
	r   *http.Request
	// large: it has a slot for large bodies.
	large bool
	// taken is its part of bodies.read.
	taken int64
}

// decode reads a JSON body of at most limit bytes. An empty one is nil.
func (b *bodyReader) decode(limit int64) (any, error) {
	data, err := b.bytes(limit)
	switch {
	case err != nil:
		return nil, err
	case len(data) == 0 && b.r.Method == http.MethodPut:
		return nil, &model.Error{Kind: model.Invalid, Type: "BadRequest",
			Message: "Bad body request: Invalid format: b''."}
	case len(data) == 0:
		return nil, nil
	}
	return decode(data)
}

// bytes reads a body of at most limit bytes. One that is not small needs a slot, which it has
// until the request is answered.
func (b *bodyReader) bytes(limit int64) ([]byte, error) {
	body := countedReader{b, http.MaxBytesReader(b.w, b.r.Body, limit)}
	data, err := io.ReadAll(io.LimitReader(body, b.all.small+1))
	if err == nil && int64(len(data)) > b.all.small {
		if err := b.takeSlot(); err != nil {
			return nil, err
		}
		var rest []byte
		rest, err = io.ReadAll(body)
		data = append(data, rest...)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errBodies):
		return nil, errBodies
	case errors.As(err, &tooLarge):
		return nil, errTooLarge(tooLarge.Limit)
	case err != nil:
		return nil, model.ErrBadRequest("Resource body could not be read")
	}
	return data, nil
}

// takeSlot takes a slot for large bodies, or refuses the request.
func (b *bodyReader) takeSlot() error {
	if b.large {
		return nil
	}
	select {
	case b.all.slots <- struct{}{}:
		b.large = true
		return nil
	default:
		return errBusy("Too many large requests are in progress. Try again in a second.")
	}
}

// release gives back what the body has taken.
func (b *bodyReader) release() {
	b.all.read.Add(-b.taken)
	if b.large {
		<-b.all.slots
	}
}

// errBodies refuses a request whose body is one too many.
var errBodies = errBusy("The requests in progress have too much in their bodies. Try again in a second.")

// countedReader counts what is read against what all requests may have.
type countedReader struct {
	body *bodyReader
	io.Reader
}

func (r countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if !r.body.all.take(int64(n)) {
		return 0, errBodies
	}
	r.body.taken += int64(n)
	return n, err
}

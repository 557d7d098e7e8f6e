package ovsdb

import (
	"bytes"
	"errors"
	"io"
	"math/bits"
	"sync"
)

const (
	// idleBuffer is what a session waits with. There are many, and most wait.
	idleBuffer = 8 << 10
	// minBuffer is what a message that is longer is read with; above that, a buffer is
	// given back after the frame that needed it, also if the next one has begun.
	minBuffer = 32 << 10
)

// framer cuts a byte stream into top-level JSON objects. It only looks for
// their ends; whether they are valid is found by whoever reads them.
type framer struct {
	src      io.Reader
	share    *Share
	maxFrame int64
	maxDepth int

	buf              []byte
	start, pos, end  int // beginning of the frame, scanned up to, filled up to
	depth            int
	quoted, escaping bool
}

// next returns the next frame, valid until the following call. After an error of
// the source that is a timeout it may be called again and goes on where it was.
func (f *framer) next() ([]byte, error) {
	for {
		complete, err := f.scan()
		if err != nil {
			return nil, err
		}
		if int64(f.pos-f.start) > f.maxFrame {
			return nil, protocolf("a message is longer than %d bytes", f.maxFrame)
		}
		if complete {
			return f.buf[f.start:f.pos], nil
		}
		if err := f.fill(); err != nil {
			return nil, err
		}
	}
}

// partial is how much of an unfinished frame has arrived.
func (f *framer) partial() int { return f.end - f.start }

// scan goes on to the end of the frame or of the data.
func (f *framer) scan() (complete bool, err error) {
	if f.depth == 0 {
		for f.pos < f.end && isSpace(f.buf[f.pos]) {
			f.pos++
		}
		f.start = f.pos
		if f.pos == f.end {
			return false, nil
		}
		if f.buf[f.pos] != '{' {
			return false, garbage(f.buf[f.pos:f.end])
		}
	}
	for data := f.buf[:f.end]; f.pos < len(data); {
		if f.quoted {
			f.pos = f.scanString(data)
			continue
		}
		c := data[f.pos]
		f.pos++
		switch c {
		case '"':
			f.quoted = true
		case '{', '[':
			if f.depth++; f.depth > f.maxDepth {
				return false, protocolf("a message nests deeper than %d", f.maxDepth)
			}
		case '}', ']':
			if f.depth--; f.depth == 0 {
				return true, nil
			}
		}
	}
	return false, nil
}

// scanString returns the position after the closing quote, or the end of data.
func (f *framer) scanString(data []byte) int {
	for i := f.pos; i < len(data); i++ {
		if f.escaping {
			f.escaping = false
			continue
		}
		if i += plain(data[i:]); i == len(data) {
			break
		}
		switch data[i] {
		case '\\':
			f.escaping = true
		case '"':
			f.quoted = false
			return i + 1
		}
	}
	return len(data)
}

// fill reads more, after making room.
func (f *framer) fill() error {
	switch pending := f.end - f.start; {
	case pending == 0 && len(f.buf) != idleBuffer:
		f.shrink(idleBuffer)
	case pending <= minBuffer/2 && len(f.buf) > minBuffer:
		f.shrink(minBuffer)
	case f.end < len(f.buf):
	case pending <= len(f.buf)/2:
		f.moveTo(f.buf)
	default:
		size := int(min(max(2*int64(len(f.buf)), minBuffer), f.maxFrame+minBuffer))
		if err := f.share.Add(int64(size - len(f.buf))); err != nil {
			return err
		}
		f.moveTo(buffers.get(size))
	}
	n, err := f.src.Read(f.buf[f.end:])
	f.end += n
	if n > 0 {
		return nil
	}
	if errors.Is(err, io.EOF) && f.depth > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// shrink goes on with a small buffer, the first one of all included.
func (f *framer) shrink(size int) {
	_ = f.share.Add(int64(min(0, size-len(f.buf))))
	f.moveTo(buffers.get(size))
}

func (f *framer) moveTo(buf []byte) {
	copy(buf, f.buf[f.start:f.end])
	f.pos -= f.start
	f.end -= f.start
	f.start = 0
	if len(buf) != len(f.buf) {
		buffers.put(f.buf)
	}
	f.buf = buf
}

// buffers are shared by all sessions: when many switches are read at once, each
// needs a large one for a moment, and the kernel takes longer to clear new memory
// than it takes to fill it.
var buffers bufferPool

// bufferPool keeps buffers by the logarithm of their size.
type bufferPool struct {
	sizes [25]sync.Pool // up to 16 MiB
}

func (p *bufferPool) get(n int) []byte {
	if i := bits.Len(uint(n)) - 1; n == 1<<i && i < len(p.sizes) {
		if b, ok := p.sizes[i].Get().(*[]byte); ok {
			return *b
		}
	}
	return make([]byte, n)
}

func (p *bufferPool) put(b []byte) {
	if i := bits.Len(uint(len(b))) - 1; len(b) > 0 && len(b) == 1<<i && i < len(p.sizes) {
		p.sizes[i].Put(&b)
	}
}

// garbage names what speaks at the other end.
func garbage(b []byte) error {
	who := "the peer does not speak JSON-RPC"
	switch {
	case bytes.HasPrefix(b, []byte("SSH-")):
		who = "the peer is an SSH server"
	case bytes.HasPrefix(b, []byte("HTTP/")):
		who = "the peer is an HTTP server"
	case len(b) > 1 && (b[0] == 0x15 || b[0] == 0x16) && b[1] == 3:
		who = "the peer speaks TLS"
	}
	return protocolf("%s: it sent %s", who, excerpt(b))
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"
)

// callLimit bounds every wait for a server.
const callLimit = 5 * time.Minute

// rawConn is an OVSDB connection that knows where a message ends and nothing
// else, so that what it costs is what the server costs.
type rawConn struct {
	net.Conn
	r   *bufio.Reader
	msg []byte
}

// dialRaw connects to "unix:PATH" or "HOST:PORT".
func dialRaw(address string) (*rawConn, error) {
	network := "tcp"
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	c, err := net.DialTimeout(network, address, callLimit)
	if err != nil {
		return nil, err
	}
	return newRawConn(c), nil
}

func newRawConn(c net.Conn) *rawConn {
	return &rawConn{Conn: c, r: bufio.NewReaderSize(c, 1<<20)}
}

// next returns the next message but echo requests, which it answers. It is
// valid until the next call.
func (c *rawConn) next() ([]byte, error) {
	if err := c.SetReadDeadline(time.Now().Add(callLimit)); err != nil {
		return nil, err
	}
	for {
		msg, err := c.frame()
		if err != nil || !isEcho(msg) {
			return msg, err
		}
		if _, err := c.Write([]byte(`{"id":"echo","result":[],"error":null}`)); err != nil {
			return nil, err
		}
	}
}

// isEcho looks at small messages only: the others hold rows.
func isEcho(msg []byte) bool {
	return len(msg) < 100 && bytes.Contains(msg, []byte(`"method":"echo"`))
}

// frame reads up to the brace that closes the message.
func (c *rawConn) frame() ([]byte, error) {
	c.msg = c.msg[:0]
	var s scanner
	for {
		if _, err := c.r.Peek(1); err != nil {
			return nil, err
		}
		chunk, _ := c.r.Peek(c.r.Buffered())
		n, ended := s.scan(chunk)
		c.msg = append(c.msg, chunk[:n]...)
		if _, err := c.r.Discard(n); err != nil {
			return nil, err
		}
		if ended {
			return bytes.TrimSpace(c.msg), nil
		}
	}
}

// scanner is where in a JSON text one is.
type scanner struct {
	depth             int
	inString, escaped bool
}

// scan returns how many bytes belong to the message, and whether it ends there.
func (s *scanner) scan(chunk []byte) (int, bool) {
	for i, b := range chunk {
		switch {
		case s.escaped:
			s.escaped = false
		case s.inString:
			s.escaped = b == '\\'
			s.inString = b != '"'
		case b == '"':
			s.inString = true
		case b == '{':
			s.depth++
		case b == '}':
			if s.depth--; s.depth == 0 {
				return i + 1, true
			}
		}
	}
	return len(chunk), false
}

// request is the text of a request.
func request(id int, method string, params string) []byte {
	return fmt.Appendf(nil, `{"id":%d,"method":%q,"params":%s}`, id, method, params)
}

// transaction is the text of a transact request.
func transaction(id int, db string, ops []string) []byte {
	return request(id, "transact", fmt.Sprintf("[%q,%s]", db, strings.Join(ops, ",")))
}

// failed reports whether a reply holds an error, by its text: prebuilt work has
// no value that looks like one.
func failed(reply []byte) bool {
	return bytes.Contains(reply, []byte(`"error":"`)) || bytes.Contains(reply, []byte(`"error":{`))
}

func (c *rawConn) transact(db string, ops ...string) (json.RawMessage, error) {
	if _, err := c.Write(transaction(0, db, ops)); err != nil {
		return nil, err
	}
	msg, err := c.next()
	if err != nil {
		return nil, err
	}
	if failed(msg) {
		return nil, fmt.Errorf("%.200s: %.500s", strings.Join(ops, ","), msg)
	}
	var reply struct{ Result json.RawMessage }
	err = json.Unmarshal(msg, &reply)
	return bytes.Clone(reply.Result), err
}

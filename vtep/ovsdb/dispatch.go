package ovsdb

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// message is a JSON-RPC request, notification or reply (RFC 7047, section 4),
// its members as they came.
type message struct{ id, method, params, result, err []byte }

func parseMessage(frame []byte) (m message, err error) {
	s := scanner{data: frame}
	s.open('{')
	for n := 0; s.more('}', n); n++ {
		key := s.key()
		value := s.value()
		switch string(key) {
		case "id":
			m.id = value
		case "method":
			m.method = value
		case "params":
			m.params = value
		case "result":
			m.result = value
		case "error":
			m.err = value
		}
	}
	return m, s.finish()
}

// dispatch handles one message on the reader. Its error ends the session.
func (c *Conn) dispatch(frame []byte) error {
	c.stats.framesIn.Add(1)
	m, err := parseMessage(frame)
	if err != nil {
		return err
	}
	if string(m.id) == `"echo"` && m.method == nil {
		return nil
	}
	if m.method == nil {
		c.activity.progressed()
		return c.settle(m)
	}
	s := scanner{data: m.method}
	method := string(s.text())
	if err := s.finish(); err != nil {
		return fmt.Errorf("method: %w", err)
	}
	if method == "echo" {
		return c.answerEcho(m)
	}
	c.activity.progressed()
	if !isNull(m.id) {
		return c.answer(m.id, "null", `"unknown method"`)
	}
	return c.notified(method, m.params)
}

func (c *Conn) answerEcho(m message) error {
	if isNull(m.id) || m.params == nil {
		return protocolf("echo request without id or params")
	}
	return c.answer(m.id, string(m.params), "null")
}

func (c *Conn) answer(id []byte, result, rpcError string) error {
	b := append([]byte(`{"id":`), id...)
	b = append(append(b, `,"result":`...), result...)
	b = append(append(b, `,"error":`...), rpcError...)
	return c.reply(append(b, '}'))
}

// settle gives a reply to the call that waits for it.
func (c *Conn) settle(m message) error {
	id, err := strconv.ParseUint(string(m.id), 10, 64)
	if err != nil {
		id = 0 // of no call
	}
	t := c.calls.take(id)
	if t == nil {
		c.stats.ignored.Add(1)
		return nil
	}
	t.end = time.Now()
	err = t.verdict(m)
	if _, refused := errors.AsType[*RPCError](err); err != nil && !refused {
		c.fail(err) // before the caller can look at the session again
	}
	released := c.forward(c.calls.settle(t))
	t.done <- err
	if released {
		c.out.wake() // the last to be woken is the first to run
	}
	return nil
}

func (cl *call) verdict(m message) error {
	if !isNull(m.err) && !isNull(m.result) {
		return protocolf("reply to %s has both a result and an error", cl.method)
	}
	if !isNull(m.err) {
		return newRPCError(cl.method, m.err)
	}
	if isNull(m.result) {
		return protocolf("reply to %s has no result", cl.method)
	}
	if err := cl.decode(m.result); err != nil {
		return fmt.Errorf("reply to %s: %w", cl.method, err)
	}
	return nil
}

// notified handles a notification. Its error ends the session.
func (c *Conn) notified(method string, params []byte) error {
	var err error
	switch method {
	case "update", "update2":
		err = c.monitors.update(method, params, 2)
	case "update3":
		err = c.monitors.update(method, params, 3)
	case "monitor_canceled":
		return ErrCanceled
	case "locked", "stolen":
		err = c.lockChanged(method, params)
	default:
		c.stats.ignored.Add(1)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// lockChanged handles the notifications "locked" and "stolen" (RFC 7047,
// sections 4.1.9 and 4.1.10).
func (c *Conn) lockChanged(method string, params []byte) error {
	id, err := lockID(params)
	if err != nil {
		return err
	}
	held := method == "locked"
	asked, changed := c.locks.change(id, held)
	if !asked {
		c.stats.ignored.Add(1)
	}
	if changed && c.cfg.LockChanged != nil {
		c.cfg.LockChanged(id, held)
	}
	return nil
}

// elements splits an array of n elements.
func elements(raw []byte, n int) ([][]byte, error) {
	s := scanner{data: raw}
	list := make([][]byte, 0, n)
	s.open('[')
	for i := 0; s.more(']', i); i++ {
		if i == n {
			return nil, protocolf("more than %d elements", n)
		}
		list = append(list, s.value())
	}
	if err := s.finish(); err != nil {
		return nil, err
	}
	if len(list) < n {
		return nil, protocolf("%d elements, not %d", len(list), n)
	}
	return list, nil
}

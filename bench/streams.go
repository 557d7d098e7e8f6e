package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

const (
	workStreams    = "one learned MAC beside 64 slow event streams"
	workNoStreams  = "one learned MAC beside no event stream"
	eventStreams   = 64
	streamRows     = 10_000
	changesOfBlock = 25
)

// streams measures what event streams cost whose readers do not read, in turn with none. Each learned MAC is an event.
func streams(b *bench) error {
	s, target, err := newPair(b.programs, streamRows)
	if err != nil {
		return err
	}
	source, err := newArrivals(s.source, target.server, &s.rows, "Ucast_Macs_Local")
	if err != nil {
		return err
	}
	for range max(2, b.changes()/changesOfBlock) {
		if err := block(b, workNoStreams, source); err != nil {
			return err
		}
		open, err := s.d.openStreams(eventStreams)
		if err == nil {
			err = block(b, workStreams, source)
		}
		for _, c := range open {
			err = errors.Join(err, c.Close())
		}
		if err != nil {
			return err
		}
	}
	b.endAll()
	return nil
}

// block makes some changes one after the other.
func block(b *bench, work string, source *arrivals) error {
	for range changesOfBlock {
		if err := b.once(work, streamRows, ours, source.appear); err != nil {
			return err
		}
	}
	return nil
}

// openStreams asks for all events so many times, and reads no more than the first bytes of each answer.
func (d *daemon) openStreams(n int) (open []net.Conn, err error) {
	host := strings.TrimPrefix(d.url, "http://")
	for range n {
		c, err := net.Dial("tcp", host)
		if err != nil {
			return open, err
		}
		open = append(open, c)
		if _, err := fmt.Fprintf(c, "GET /v1/events?since=2026-01-01T00:00:00Z HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n\r\n", host); err != nil {
			return open, err
		}
		first := make([]byte, len("HTTP/1.1 200"))
		if _, err := c.Read(first); err != nil || string(first) != "HTTP/1.1 200" {
			return open, fmt.Errorf("an event stream answers %q: %w", first, err)
		}
	}
	return open, nil
}

// streamTargets are those of operator.md, section 0.
func streamTargets() []target {
	of := func(share float64) func(results) (float64, bool) {
		return over(percentile(workStreams, streamRows, ours, share), percentile(workNoStreams, streamRows, ours, share))
	}
	return []target{
		{workStreams, "median, of the same beside none", of(0.5), 1.1, "x", false},
		{workStreams, "99th percentile, of the same beside none", of(0.99), 1.1, "x", false},
	}
}

package vtep_test

import (
	"encoding/json"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
)

// request is a JSON-RPC request of a client.
type request struct {
	ID     json.RawMessage
	Method string
}

// serve answers requests until the client goes. "" is no answer.
func serve(conn net.Conn, answer func(request) string) {
	defer conn.Close()
	for d := json.NewDecoder(conn); ; {
		var r request
		if d.Decode(&r) != nil {
			return
		}
		if text := answer(r); text != "" {
			if _, err := io.WriteString(conn, strings.Replace(text, `"id":0`, `"id":`+string(r.ID), 1)); err != nil {
				return
			}
		}
	}
}

// onlyMonitor makes a server look like one that does not know some methods.
func onlyMonitor(unknown ...string) func(net.Conn) net.Conn {
	return func(server net.Conn) net.Conn {
		front, client := net.Pipe()
		var mu sync.Mutex // of writes to the client
		go func() {
			defer server.Close()
			io.Copy(lockedWriter{&mu, front}, server)
			front.Close()
		}()
		go func() {
			defer server.Close()
			for d := json.NewDecoder(front); ; {
				var raw json.RawMessage
				var r request
				if d.Decode(&raw) != nil || json.Unmarshal(raw, &r) != nil {
					return
				}
				if slices.Contains(unknown, r.Method) {
					io.WriteString(lockedWriter{&mu, front}, `{"id":`+string(r.ID)+`,"result":null,"error":"unknown method"}`)
				} else if _, err := server.Write(raw); err != nil {
					return
				}
			}
		}()
		return client
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// delayed is a connection on which the client can be kept from hearing the
// server until it has spoken itself, as if the two messages had crossed.
type delayed struct {
	net.Conn
	mu   sync.Mutex
	held chan struct{} // closed when reads may go on; nil for at once
	// spoken, if set, is called once after the next write.
	spoken func()
}

func (d *delayed) hold() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = make(chan struct{})
}

func (d *delayed) afterWrite(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spoken = f
}

func (d *delayed) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	d.mu.Lock()
	held := d.held
	d.mu.Unlock()
	if held != nil {
		<-held
	}
	return n, err
}

func (d *delayed) Write(p []byte) (int, error) {
	d.mu.Lock() // before: what is asked for once the peer has answered is for the next write
	held, spoken := d.held, d.spoken
	d.held, d.spoken = nil, nil
	d.mu.Unlock()
	n, err := d.Conn.Write(p)
	if held != nil {
		close(held)
	}
	if spoken != nil {
		spoken()
	}
	return n, err
}

func (d *delayed) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held != nil {
		close(d.held)
		d.held = nil
	}
	return d.Conn.Close()
}

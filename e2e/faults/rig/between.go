package rig

import (
	"encoding/json"
	"maps"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Between stands between a controller and a real switch database, message by message, so
// that the database seems to have the habits of another one.
type Between struct {
	// Asked counts the transactions on the switch's database.
	Asked atomic.Int64
	// Sessions counts the connections.
	Sessions atomic.Int64
	// Muted counts the messages of which something was kept back.
	Muted atomic.Int64

	mu     sync.Mutex
	answer func(Request) string
	mute   func(table string) bool
}

// Request is what a controller asks for.
type Request struct {
	Method string
	Params json.RawMessage
}

// Has reports whether a transaction holds an operation of that name.
func (r Request) Has(op string) bool { return strings.Contains(string(r.Params), `"op":"`+op+`"`) }

// NewBetween stands between a local port, which it returns, and a server's, until the
// test ends.
func NewBetween(t testing.TB, target int) (*Between, int) {
	t.Helper()
	b := &Between{}
	return b, Listen(t, func(c net.Conn) { b.serve(c, target) })
}

// Answer has requests answered in the switch's place, with what f gives; $ID stands for
// the id. What it gives "" for passes.
func (b *Between) Answer(f func(Request) string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = f
}

// Mute drops the reports of the switch about changes of tables.
func (b *Between) Mute(f func(table string) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mute = f
}

// MuteAll drops all reports of the switch about changes.
func (b *Between) MuteAll() { b.Mute(func(string) bool { return true }) }

// MuteNothing lets the reports of the switch pass again.
func (b *Between) MuteNothing() { b.Mute(nil) }

func (b *Between) serve(client net.Conn, target int) {
	defer client.Close()
	server, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(target)))
	if err != nil {
		return
	}
	b.Sessions.Add(1)
	var writing sync.Mutex // of what goes to the client
	var down sync.WaitGroup
	down.Go(func() {
		defer client.Close()
		each(server, func(text json.RawMessage) error { return write(&writing, client, b.fromSwitch(text)) })
	})
	each(client, func(text json.RawMessage) error {
		if answer := b.asked(text); answer != "" {
			return write(&writing, client, []byte(answer))
		}
		_, err := server.Write(text)
		return err
	})
	server.Close()
	down.Wait()
}

func each(from net.Conn, f func(json.RawMessage) error) {
	for d := json.NewDecoder(from); ; {
		var text json.RawMessage
		if d.Decode(&text) != nil || f(text) != nil {
			return
		}
	}
}

func write(mu *sync.Mutex, to net.Conn, text []byte) error {
	mu.Lock()
	defer mu.Unlock()
	_, err := to.Write(text)
	return err
}

// asked is the answer to a request that the switch does not see.
func (b *Between) asked(text json.RawMessage) string {
	var m struct {
		ID     json.RawMessage
		Method string
		Params json.RawMessage
	}
	if json.Unmarshal(text, &m) != nil || m.Method == "" || m.Method == "echo" {
		return ""
	}
	if m.Method == "transact" && strings.HasPrefix(string(m.Params), `["hardware_vtep"`) {
		b.Asked.Add(1)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.answer == nil {
		return ""
	}
	return strings.ReplaceAll(b.answer(Request{m.Method, m.Params}), "$ID", string(m.ID))
}

// fromSwitch is what is passed on of a message of the switch.
func (b *Between) fromSwitch(text json.RawMessage) []byte {
	b.mu.Lock()
	mute := b.mute
	b.mu.Unlock()
	var m struct {
		ID     any               `json:"id"`
		Method string            `json:"method"`
		Params []json.RawMessage `json:"params"`
	}
	if mute == nil || json.Unmarshal(text, &m) != nil || !strings.HasPrefix(m.Method, "update") {
		return text
	}
	last := len(m.Params) - 1
	var tables map[string]json.RawMessage
	_ = json.Unmarshal(m.Params[last], &tables) // the switch's own
	all := len(tables)
	maps.DeleteFunc(tables, func(table string, _ json.RawMessage) bool { return mute(table) })
	if len(tables) < all {
		b.Muted.Add(1)
	}
	if len(tables) == 0 {
		return nil
	}
	m.Params[last], _ = json.Marshal(tables)
	out, _ := json.Marshal(m)
	return out
}

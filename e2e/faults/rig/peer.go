package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

// Peer is a switch that believes everything and remembers nothing: it has one
// Physical_Switch "fake" with a port "p1", accepts every transaction and shows
// none of it. A test replaces what it says to a method by Answers.
type Peer struct {
	// Answers are by method. $ID in one is replaced by the id of the request.
	// An answer "" is silence.
	Answers map[string]string
	// Slow is how long every answer but that to echo takes.
	Slow time.Duration
	// SlowMethod is the only one that is slow, "" for all. Echo waits behind it.
	SlowMethod string
	// Over, if set, ends what is slow.
	Over <-chan struct{}
	// Asked counts the transactions.
	Asked atomic.Int64

	schema string
}

// Rows of the Peer's switch, and a UUID that is none of theirs.
const (
	peerSwitch, peerPort = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"
	someRow              = "10000000-0000-4000-8000-00000000000f"
)

// Snapshot is the Peer's answer to a monitor of the newest form.
const Snapshot = `{"id":$ID,"error":null,"result":[false,"00000000-0000-0000-0000-000000000000",{` +
	`"Physical_Switch":{"` + peerSwitch + `":{"initial":{"name":"fake","tunnel_ips":"192.0.2.200","ports":["uuid","` + peerPort + `"]}}},` +
	`"Physical_Port":{"` + peerPort + `":{"initial":{"name":"p1"}}}}]}`

// NewPeer takes the schema from a real server.
func NewPeer(t testing.TB) *Peer {
	return &Peer{Answers: map[string]string{}, schema: ovsdbtest.Start(t).Schema()}
}

// With is another Peer that gives a method another answer.
func (p *Peer) With(method, answer string) *Peer {
	answers := maps.Clone(p.Answers)
	answers[method] = answer
	return &Peer{Answers: answers, Slow: p.Slow, SlowMethod: p.SlowMethod, Over: p.Over, schema: p.schema}
}

// OK is a reply with a result.
func OK(result string) string { return `{"id":$ID,"error":null,"result":` + result + `}` }

// Update is a notification about the Peer's rows, of the newest form.
func Update(rows string) string {
	return `{"id":null,"method":"update3","params":["m1","00000000-0000-0000-0000-000000000000",` + rows + `]}`
}

// Serve answers until the connection ends.
func (p *Peer) Serve(conn net.Conn) {
	defer conn.Close()
	for d := json.NewDecoder(conn); ; {
		var request struct {
			ID, Params json.RawMessage
			Method     string
		}
		if d.Decode(&request) != nil {
			return
		}
		if request.Method != "echo" && (p.SlowMethod == "" || p.SlowMethod == request.Method) {
			p.linger()
		}
		answer := strings.ReplaceAll(p.answer(request.Method, request.Params), "$ID", string(request.ID))
		if _, err := conn.Write([]byte(answer)); err != nil {
			return
		}
	}
}

func (p *Peer) linger() {
	t := time.NewTimer(p.Slow)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.Over:
	}
}

func (p *Peer) answer(method string, params json.RawMessage) string {
	if method == "transact" && !strings.HasPrefix(string(params), `["hardware_vtep"`) {
		return `{"id":$ID,"error":{"error":"unknown database"},"result":null}`
	}
	if method == "transact" {
		p.Asked.Add(1)
	}
	if a, ok := p.Answers[method]; ok {
		return a
	}
	switch method {
	case "list_dbs":
		return OK(`["hardware_vtep"]`)
	case "get_schema":
		return OK(p.schema)
	case "monitor_cond_since":
		return Snapshot
	case "steal", "lock":
		return OK(`{"locked":true}`)
	case "unlock":
		return OK("{}")
	case "transact":
		return OK(believed(params))
	case "echo":
		return OK("[]")
	}
	return ""
}

// believed is the result of a transaction in which all goes well.
func believed(params json.RawMessage) string {
	var ops []json.RawMessage
	if json.Unmarshal(params, &ops) != nil || len(ops) == 0 {
		return "[]"
	}
	var results []string
	for _, text := range ops[1:] {
		var op struct{ Op string }
		_ = json.Unmarshal(text, &op) // an op of another form is answered like any
		switch op.Op {
		case "insert":
			results = append(results, fmt.Sprintf(`{"uuid":["uuid",%q]}`, someRow))
		case "update", "mutate", "delete":
			results = append(results, `{"count":1}`)
		case "select":
			return "[" + strings.Join(append(results, `{"error":"not supported"}`), ",") + "]" // it remembers nothing
		default:
			results = append(results, `{}`)
		}
	}
	return "[" + strings.Join(results, ",") + "]"
}

// Listen serves every connection to a local port until the test ends, each in a
// goroutine of its own, and returns the port. Its end closes the connections.
func Listen(t testing.TB, serve func(net.Conn)) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, over := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ctx, func() { c.Close() })
			running.Go(func() { serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		over()
		running.Wait()
	})
	return port(l)
}

package ovsdb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	db       = "hardware_vtep"
	patience = 30 * time.Second
)

var macTable = []ovsdb.MonitorTable{{
	Table: "Logical_Switch", Columns: []string{"name", "tunnel_key"},
	Initial: true, Insert: true, Delete: true, Modify: true,
}}

// recorder is a Handler that writes down its calls, one line each.
type recorder struct {
	mu    sync.Mutex
	lines []string
	err   error
}

func (r *recorder) Row(u ovsdb.RowUpdate) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := fmt.Sprintf("%s %s %s", u.Kind, u.Table, u.Row)
	if u.Diff {
		line += " diff"
	}
	r.lines = append(r.lines, strings.TrimSpace(line))
	return r.err
}

func (r *recorder) Commit() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, "commit")
}

// take returns the lines so far and forgets them.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := r.lines
	r.lines = nil
	return lines
}

// session connects to a real server.
func session(t *testing.T, s *ovsdbtest.Server, cfg ovsdb.Config) *ovsdb.Conn {
	t.Helper()
	c, err := ovsdb.Dial(t.Context(), s.Unix(), nil)
	require.NoError(t, err)
	return own(t, ovsdb.NewConn(c, cfg))
}

// own closes the session at the end of the test and waits for it.
func own(t testing.TB, c *ovsdb.Conn) *ovsdb.Conn {
	t.Cleanup(func() {
		c.Close()
		<-c.Done()
	})
	return c
}

// script is what a fake server answers to each method. $ID is the request's id.
// Methods that are not in it are not answered.
type script map[string]string

// scripted connects to a fake server. What it returns besides is the server's
// end, to send more.
func scripted(t testing.TB, cfg ovsdb.Config, answers script) (*ovsdb.Conn, net.Conn) {
	client, server := net.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		answers.serve(server)
	}()
	c := ovsdb.NewConn(client, cfg)
	t.Cleanup(func() {
		c.Close()
		<-c.Done()
		server.Close()
		<-ended
	})
	return c, server
}

func (s script) serve(conn net.Conn) {
	for d := json.NewDecoder(conn); ; {
		var request struct {
			ID     json.RawMessage
			Method string
		}
		if d.Decode(&request) != nil {
			return
		}
		answer := strings.ReplaceAll(s[request.Method], "$ID", string(request.ID))
		if answer == "" {
			continue // to write nothing would end the other side's Read
		}
		if _, err := conn.Write([]byte(answer)); err != nil {
			return
		}
	}
}

// ok is a reply without an error.
func ok(result string) string { return `{"id":$ID,"error":null,"result":` + result + `}` }

// refuse is a reply with nothing but an error.
func refuse(text string) string { return `{"id":$ID,"error":` + text + `,"result":null}` }

// ended waits for the end of a session and returns the reason.
func ended(t testing.TB, c *ovsdb.Conn) error {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(patience):
		require.Fail(t, "the session does not end")
	}
	return c.Err()
}

// alive checks that a session with a scripted list_dbs works.
func alive(t testing.TB, c *ovsdb.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	names, err := c.ListDBs(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{db}, names)
}

package ovsdbtest

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"time"
)

const callTimeout = 2 * time.Minute

// VtepCtl runs vtep-ctl on the database and returns what it prints, without
// surrounding white space.
func (s *Server) VtepCtl(args ...string) string {
	s.t.Helper()
	out, err := s.TryVtepCtl(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// TryVtepCtl is VtepCtl for commands that may fail.
func (s *Server) TryVtepCtl(args ...string) (string, error) {
	cmd := exec.Command("vtep-ctl", append([]string{"--db=" + s.Unix(), "--timeout=120", "-vconsole:off", "-vsyslog:off"}, args...)...)
	out, err := cmd.CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err != nil {
		return text, fmt.Errorf("vtep-ctl %s: %w: %s", strings.Join(args, " "), err, text)
	}
	return text, nil
}

// AddSwitch makes a Physical_Switch with its ports. An empty tunnelIP leaves
// tunnel_ips empty.
func (s *Server) AddSwitch(name, tunnelIP string, ports ...string) {
	s.t.Helper()
	args := []string{"add-ps", name}
	if tunnelIP != "" {
		args = append(args, "--", "set", "Physical_Switch", name, "tunnel_ips="+tunnelIP)
	}
	for _, p := range ports {
		args = append(args, "--", "add-port", name, p)
	}
	s.VtepCtl(args...)
}

// Transact runs a JSON array of RFC 7047 operations and returns the JSON array
// of results. It fails the test unless every operation and the commit succeed.
func (s *Server) Transact(opsJSON string) string {
	s.t.Helper()
	results, err := s.transact(opsJSON)
	if err != nil {
		s.t.Fatalf("ovsdbtest: transact %.500s: %v", opsJSON, err)
	}
	text, err := json.Marshal(results)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s *Server) transact(opsJSON string) ([]json.RawMessage, error) {
	var ops []json.RawMessage
	if err := json.Unmarshal([]byte(opsJSON), &ops); err != nil {
		return nil, err
	}
	params := []any{s.schema.Name}
	for _, op := range ops {
		params = append(params, op)
	}
	var results []json.RawMessage
	if err := s.call(&results, "transact", params); err != nil {
		return nil, err
	}
	for i, r := range results {
		var outcome struct{ Error, Details string }
		if err := json.Unmarshal(r, &outcome); err != nil {
			return nil, fmt.Errorf("result %d: %w", i, err)
		}
		if outcome.Error != "" {
			return nil, fmt.Errorf("result %d: %s: %s", i, outcome.Error, outcome.Details)
		}
	}
	return results, nil
}

// Schema is the JSON of the schema as the running server reports it.
func (s *Server) Schema() string {
	s.t.Helper()
	var text json.RawMessage
	if err := s.call(&text, "get_schema", []any{s.schema.Name}); err != nil {
		s.t.Fatalf("ovsdbtest: %v", err)
	}
	return string(text)
}

// Convert changes the schema of the running server, which cancels all monitors.
func (s *Server) Convert(schema string) {
	s.t.Helper()
	var result json.RawMessage
	if err := s.call(&result, "convert", []any{s.schema.Name, json.RawMessage(schema)}); err != nil {
		s.t.Fatalf("ovsdbtest: convert: %v", err)
	}
}

// call makes one JSON-RPC request on a connection of its own.
func (s *Server) call(result any, method string, params []any) error {
	c, err := net.DialTimeout("unix", s.socket(), callTimeout)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(callTimeout)); err != nil {
		return err
	}
	if err := json.NewEncoder(c).Encode(map[string]any{"id": 0, "method": method, "params": params}); err != nil {
		return err
	}
	var reply struct{ Result, Error json.RawMessage }
	if err := json.NewDecoder(c).Decode(&reply); err != nil {
		return err
	}
	if len(reply.Error) > 0 && string(reply.Error) != "null" {
		return fmt.Errorf("%s: %s", method, reply.Error)
	}
	return json.Unmarshal(reply.Result, result)
}

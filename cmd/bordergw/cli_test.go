package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite what the scenarios expect to be printed")

// TestScenarios runs the files of testdata/cli. The section "args" has an
// argument a line. Each section "METHOD PATH" is an exchange that must happen,
// in order: "> BODY" is the request's body, "< STATUS" what is answered, with
// the text below it. The last exchange may be repeated if its name begins with
// "*". stdout, stderr and code are what the program leaves; $URL stands for the
// server.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/cli/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { runScenario(t, path) })
	}
}

func runScenario(t *testing.T, path string) {
	scenario, err := txtar.ParseFile(path)
	require.NoError(t, err)
	var args []string
	want := map[string]string{}
	script := &script{}
	for _, f := range scenario.Files {
		text := string(f.Data)
		switch f.Name {
		case "args":
			args = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		case "stdout", "stderr", "code":
			want[f.Name] = text
		default:
			script.exchanges = append(script.exchanges, parseExchange(t, f.Name, text))
		}
	}
	server := httptest.NewServer(script)
	defer server.Close()
	t.Setenv("BORDERGW_URL", server.URL+"/")

	r := runArgs(t.Context(), args...)
	require.Empty(t, script.problems)
	require.GreaterOrEqual(t, script.done, len(script.exchanges), "exchanges that did not happen")
	got := map[string]string{"stdout": r.out, "stderr": r.errOut, "code": fmt.Sprintln(r.code)}
	for name := range got {
		got[name] = strings.ReplaceAll(got[name], server.URL, "$URL")
	}
	if *update {
		rewrite(t, path, scenario, got)
		return
	}
	require.Equal(t, want, got)
}

func rewrite(t *testing.T, path string, a *txtar.Archive, got map[string]string) {
	var kept []txtar.File
	for _, f := range a.Files {
		if _, ok := got[f.Name]; !ok {
			kept = append(kept, f)
		}
	}
	for _, name := range []string{"stdout", "stderr", "code"} {
		kept = append(kept, txtar.File{Name: name, Data: []byte(got[name])})
	}
	a.Files = kept
	require.NoError(t, os.WriteFile(path, txtar.Format(a), 0o644))
}

// exchange is a request that is expected and its answer.
type exchange struct {
	request string // method and path with query
	body    string
	status  int
	answer  string
	repeats bool
}

func parseExchange(t *testing.T, name, text string) exchange {
	e := exchange{}
	e.request, e.repeats = strings.CutPrefix(name, "* ")
	head, answer, ok := strings.Cut(text, "\n")
	if body, sent := strings.CutPrefix(head, "> "); sent {
		e.body = body
		head, answer, ok = strings.Cut(answer, "\n")
	}
	require.True(t, ok, name)
	_, err := fmt.Sscanf(head, "< %d", &e.status)
	require.NoError(t, err, name)
	e.answer = answer
	return e
}

// script is a server that answers as the scenario says.
type script struct {
	mu        sync.Mutex
	exchanges []exchange
	done      int
	problems  []string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	got := r.Method + " " + r.URL.RequestURI()
	e := s.next()
	if e == nil || e.request != got || e.body != string(body) {
		s.problems = append(s.problems, fmt.Sprintf("not expected: %s %s", got, body))
		w.WriteHeader(http.StatusTeapot)
		return
	}
	w.WriteHeader(e.status)
	_, _ = io.WriteString(w, e.answer)
}

func (s *script) next() *exchange {
	last := len(s.exchanges) - 1
	if s.done > last && (last < 0 || !s.exchanges[last].repeats) {
		return nil
	}
	e := &s.exchanges[min(s.done, last)]
	s.done++
	return e
}

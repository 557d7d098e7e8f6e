package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"bordergw/internal/ovsdbtest"
)

// updateScripts writes what commands print now into the scripts.
var updateScripts = flag.Bool("update", false, "write what commands print into testdata/script")

// TestScripts plays scripts with the built program, which drives real switch databases:
//
//	switch NAME TUNNEL-IP PORT...   a database with a switch, at $NAME_address; NAME is also a registered device
//	                                once a script has registered it
//	vtep NAME ARGS...               vtep-ctl on it
//	down NAME | up NAME             ends and starts the database
//	serve                           starts the daemon
//	bordergw ARGS...                runs the client, which must succeed
//	code N ARGS...                  the same, which must end with that exit code
//	until REGEXP ARGS...            runs it until what it prints matches
//	save FILE ARGS...               runs it and keeps what it prints, as it is
//	network NAME                    sets $NAME to the id of the network
//	fill FILE                       puts variables into a file
//	edit FILE OLD NEW               replaces a text in a file
//	again                           ends the daemon as an operator does, and starts it on the same store
//	watch ARGS...                   starts the client and leaves it running
//	shows REGEXP                    waits until what that prints matches
//	interrupt                       ends it as ctrl-C does, after which it must succeed
//
// Ids, times, tokens and ports are put in the place of those of this run, each always by the same.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *updateScripts,
		Setup: func(env *testscript.Env) error {
			s := &scriptSite{t: env.T().(testing.TB), servers: map[string]*ovsdbtest.Server{}, same: map[string]string{}}
			env.Values[scriptKey{}] = s
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"switch": of((*scriptSite).addSwitch), "vtep": of((*scriptSite).vtep), "serve": of((*scriptSite).serve), "again": of((*scriptSite).again),
			"down": of((*scriptSite).down), "up": of((*scriptSite).up), "bordergw": of((*scriptSite).bordergw), "code": of((*scriptSite).code), "until": of((*scriptSite).until),
			"save": of((*scriptSite).save), "network": of((*scriptSite).network), "fill": of((*scriptSite).fill), "edit": of((*scriptSite).edit),
			"watch": of((*scriptSite).watch), "shows": of((*scriptSite).shows), "interrupt": of((*scriptSite).interrupt),
		},
	})
}

type scriptKey struct{}

// scriptSite is the daemon and the databases of one script.
type scriptSite struct {
	t       testing.TB
	c       *controller
	servers map[string]*ovsdbtest.Server
	watched *watchedClient
	// same has what stands for what of this run.
	same map[string]string
}

func of(do func(*scriptSite, *testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("code N tells how a command is to end")
		}
		do(ts.Value(scriptKey{}).(*scriptSite), ts, args)
	}
}

func (s *scriptSite) addSwitch(ts *testscript.TestScript, args []string) {
	server := ovsdbtest.Start(s.t)
	server.AddSwitch(args[0], args[1], args[2:]...)
	s.servers[args[0]] = server
	address := fmt.Sprintf("127.0.0.1:%d", server.Port())
	ts.Setenv(args[0]+"_address", address)
	ts.Setenv(args[0]+"_port", strconv.Itoa(server.Port()))
	s.same[address] = fmt.Sprintf("127.0.0.1:%d", 16640+len(s.servers))
	s.same[strconv.Itoa(server.Port())] = strconv.Itoa(6640 + len(s.servers))
}

func (s *scriptSite) vtep(ts *testscript.TestScript, args []string) {
	out, err := s.servers[args[0]].TryVtepCtl(args[1:]...)
	ts.Check(err)
	fmt.Fprint(ts.Stdout(), s.normal(out))
}

func (s *scriptSite) down(_ *testscript.TestScript, args []string) { s.servers[args[0]].Stop() }
func (s *scriptSite) up(_ *testscript.TestScript, args []string)   { s.servers[args[0]].Run() }

func (s *scriptSite) serve(ts *testscript.TestScript, args []string) {
	s.c = start(s.t, args...)
	ts.Setenv("BORDERGW_URL", s.c.url())
}

func (s *scriptSite) again(ts *testscript.TestScript, _ []string) {
	s.c.stop()
	s.c.run()
	ts.Setenv("BORDERGW_URL", s.c.url())
}

func (s *scriptSite) bordergw(ts *testscript.TestScript, args []string) { s.ends(ts, 0, args) }

func (s *scriptSite) code(ts *testscript.TestScript, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	s.ends(ts, want, args[1:])
}

// ends runs the client, and gives what it prints to the script.
func (s *scriptSite) ends(ts *testscript.TestScript, want int, args []string) {
	out, errOut, got := s.run(ts, args)
	fmt.Fprint(ts.Stdout(), s.normal(out))
	fmt.Fprint(ts.Stderr(), s.normal(errOut))
	if got != want {
		ts.Fatalf("exit code %d, not %d\n%s%s", got, want, out, errOut)
	}
}

func (s *scriptSite) until(ts *testscript.TestScript, args []string) {
	want := regexp.MustCompile(args[0])
	var out, errOut string
	eventually(s.t, patience, func() error {
		if out, errOut, _ = s.run(ts, args[1:]); !want.MatchString(out) {
			return fmt.Errorf("%s prints %s%s", strings.Join(args[1:], " "), out, errOut)
		}
		return nil
	})
	fmt.Fprint(ts.Stdout(), s.normal(out))
	fmt.Fprint(ts.Stderr(), s.normal(errOut))
}

func (s *scriptSite) save(ts *testscript.TestScript, args []string) {
	out, errOut, code := s.run(ts, args[1:])
	if code != 0 {
		ts.Fatalf("exit code %d: %s", code, errOut)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(out), 0o600))
}

func (s *scriptSite) network(ts *testscript.TestScript, args []string) {
	out, errOut, _ := s.run(ts, []string{"network", "show", args[0], "-o", "json"})
	var n struct{ ID string }
	if err := json.Unmarshal([]byte(out), &n); err != nil {
		ts.Fatalf("%s: %s%s", err, out, errOut)
	}
	ts.Setenv(args[0], n.ID)
}

func (s *scriptSite) fill(ts *testscript.TestScript, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600))
}

func (s *scriptSite) edit(ts *testscript.TestScript, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
}

// clientOf is the client in the script's directory.
func clientOf(ts *testscript.TestScript, args []string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env = ts.Getenv("WORK"), append(os.Environ(), "BORDERGW_URL="+ts.Getenv("BORDERGW_URL"))
	return cmd
}

// run runs the client in the script's directory.
func (s *scriptSite) run(ts *testscript.TestScript, args []string) (stdout, stderr string, code int) {
	var out, errOut bytes.Buffer
	cmd := clientOf(ts, args)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		ts.Check(err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// ofThisRun finds what another run has otherwise: an id, a time, a token of a plan, an id of an event, a port.
var ofThisRun = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}` +
	`|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\b[a-z2-7]{24}-[a-z2-7]{24}-[a-z2-7]{24}\b|\b[0-9a-f]{8}-\d+\b|127\.0\.0\.1:\d+|\b\d{5}\b`)

// normal puts the same text in the place of what differs from run to run, as long as that so that tables stay.
func (s *scriptSite) normal(text string) string {
	return ofThisRun.ReplaceAllStringFunc(text, func(is string) string {
		if known, seen := s.same[is]; seen {
			return known
		}
		switch {
		case strings.Contains(is, "T") && strings.HasSuffix(is, "Z"):
			return "2026-01-01T00:00:00Z"
		case strings.Count(is, "-") == 4:
			s.same[is] = fmt.Sprintf("00000000-0000-0000-0000-%012d", s.countOf("00000000-"))
		case strings.Count(is, "-") == 2:
			s.same[is] = fmt.Sprintf("token-%d", s.countOf("token-")+1)
		case strings.Contains(is, "-"):
			s.same[is] = "0000000a-" + is[strings.Index(is, "-")+1:]
		default:
			return is
		}
		return s.same[is]
	})
}

func (s *scriptSite) countOf(prefix string) (n int) {
	var seen []string
	for _, text := range s.same {
		if strings.HasPrefix(text, prefix) && !slices.Contains(seen, text) {
			seen = append(seen, text)
			n++
		}
	}
	return n
}

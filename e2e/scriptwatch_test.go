package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// watchedClient is a client that a script leaves running. What it prints goes to files, which may be read meanwhile.
type watchedClient struct {
	cmd         *exec.Cmd
	out, errOut string
}

// startClient starts a client, which ends with the test at the latest.
func startClient(t testing.TB, cmd *exec.Cmd) (*watchedClient, error) {
	dir := t.TempDir()
	w := &watchedClient{cmd: cmd, out: filepath.Join(dir, "stdout"), errOut: filepath.Join(dir, "stderr")}
	out, err := os.Create(w.out)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	errOut, err := os.Create(w.errOut)
	if err != nil {
		return nil, err
	}
	defer errOut.Close()
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = out, errOut, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	t.Cleanup(func() {
		if cmd.Process != nil && cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // the error only says that it was killed
		}
	})
	return w, cmd.Start()
}

// interrupt ends the client as ctrl-C does.
func (w *watchedClient) interrupt() error {
	if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	limit := time.AfterFunc(patience, func() { _ = w.cmd.Process.Kill() })
	defer limit.Stop()
	return w.cmd.Wait()
}

func (s *scriptSite) watch(ts *testscript.TestScript, args []string) {
	w, err := startClient(s.t, clientOf(ts, args))
	ts.Check(err)
	s.watched = w
}

func (s *scriptSite) shows(ts *testscript.TestScript, args []string) {
	want := regexp.MustCompile(args[0])
	eventually(s.t, patience, func() error {
		if out := ts.ReadFile(s.watched.out); !want.MatchString(out) {
			return fmt.Errorf("it shows %s%s", out, ts.ReadFile(s.watched.errOut))
		}
		return nil
	})
}

func (s *scriptSite) interrupt(ts *testscript.TestScript, _ []string) {
	err := s.watched.interrupt()
	fmt.Fprint(ts.Stdout(), s.normal(ts.ReadFile(s.watched.out)))
	fmt.Fprint(ts.Stderr(), s.normal(ts.ReadFile(s.watched.errOut)))
	ts.Check(err)
}

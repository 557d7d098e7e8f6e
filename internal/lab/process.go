package lab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// poll is how often the lab looks whether something has happened.
const poll = 50 * time.Millisecond

// process is a daemon run in the foreground as our child: it needs no pid file, and nobody else can be mistaken for it.
type process struct {
	cmd  *exec.Cmd
	log  string // file with its output
	done chan struct{}
}

func start(cmd *exec.Cmd, log string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	// ^C is the caller's to handle, hence a process group of its own.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &process{cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended does not matter: it is either stopped by us or found missing by await
	}()
	return p, nil
}

// stop ends the process with sig and returns when it is gone; one that ignores sig for 5 s is killed.
func (p *process) stop(sig os.Signal) {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Signal(sig) // fails only when it has ended already
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// await is waitFor, and fails at once, with the process's log, when the process has ended.
func (p *process) await(ctx context.Context, what string, try func() error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	return waitFor(ctx, what, func() error {
		select {
		case <-p.done:
			log, _ := os.ReadFile(p.log)
			cancel(fmt.Errorf("%s ended: %s", strings.Join(p.cmd.Args, " "), bytes.TrimSpace(log)))
		default:
		}
		return try()
	})
}

// run runs a short command and returns its standard output, trimmed; its standard error is in the error.
func run(cmd *exec.Cmd) (string, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	text := strings.TrimSpace(string(out))
	if err != nil {
		return text, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(stderr.String()+" "+text))
	}
	return text, nil
}

// waitFor calls try until it returns nil or ctx ends; the error then says what was awaited and why it is not there.
func waitFor(ctx context.Context, what string, try func() error) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w: %w", what, context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}

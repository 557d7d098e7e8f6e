package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"bordergw/internal/lab"
)

// controller is a running `bordergw serve`.
type controller struct {
	cmd   *exec.Cmd
	log   string // file with all it prints
	ended chan error
}

// serve starts the controller and returns when it is ready.
func (d *demo) serve(ctx context.Context) (*controller, error) {
	if d.port == 0 {
		var err error
		if d.port, err = lab.FreePort(); err != nil {
			return nil, err
		}
	}
	listen := fmt.Sprint("127.0.0.1:", d.port)
	args := []string{"serve", "--listen", listen, "--data-dir", filepath.Join(d.dir, "store"), "--log-level", "warn"}
	fmt.Fprintln(d.out, "$ "+shellLine("bordergw", args)+" &")
	c := &controller{cmd: exec.Command(d.bin, args...), log: filepath.Join(d.dir, "bordergw.log"), ended: make(chan error, 1)}
	log, err := os.Create(c.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c.cmd.Stdout, c.cmd.Stderr = log, log
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { c.ended <- c.cmd.Wait() }()
	err = until(ctx, func() error { return c.ready(ctx, "http://"+listen+"/readyz") })
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	url := "BORDERGW_URL=http://" + listen
	fmt.Fprintln(d.out, "$ export "+url)
	d.env = append(d.env, url)
	return c, nil
}

func (c *controller) ready(ctx context.Context, url string) error {
	select {
	case err := <-c.ended:
		c.ended <- err
		return stop{fmt.Errorf("it has ended: %w", err)}
	default:
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return stop{err}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}

// stop asks the controller to end, as a service manager would, and fails when it does not do so in good order.
func (c *controller) stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // fails only when it has ended, which Wait returns better
	var err error
	select {
	case err = <-c.ended:
	case <-time.After(10 * time.Second):
		_ = c.cmd.Process.Kill()
		err = errors.Join(errors.New("still there 10 s after SIGTERM"), <-c.ended)
	}
	if err != nil {
		log, _ := os.ReadFile(c.log)
		return fmt.Errorf("bordergw serve: %w; it said:\n%s", err, bytes.TrimSpace(log))
	}
	return nil
}

// stop is an error that trying again will not cure.
type stop struct{ error }

// until tries again and again until there is no error, or a stop, or ctx ends.
func until(ctx context.Context, try func() error) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil || errors.As(err, new(stop)) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

const (
	toySchema    = "/usr/share/openvswitch/vtep.ovsschema"
	toyPorts     = 4
	maxToys      = 100
	toyStartTime = 20 * time.Second
)

// toy is a switch database without a switch: one can try bordergw on it and read
// with vtep-ctl what it writes. No frame crosses it.
type toy struct {
	number, port int
	dir          string
	server       *exec.Cmd
}

// toyCommand runs toy switches until it is interrupted.
func toyCommand() *cobra.Command {
	count, port := 2, 16641
	c := &cobra.Command{
		Use: "toy", Short: "Run toy switches on this machine, to try bordergw without hardware", Args: argsOfUse,
		Long: "Run toy switches on this machine, to try bordergw without hardware: for each an ovsdb-server with a\n" +
			"hardware_vtep database on 127.0.0.1, until interrupted. Switch N is swN, listens on --port + N - 1, and has\n" +
			"ports p1 to p4 and tunnel address 10.250.1.N. Needs ovsdb-server, ovsdb-tool and vtep-ctl (Debian:\n" +
			"openvswitch-common and openvswitch-vtep). Nothing is kept.",
		Example: "  bordergw toy &\n  bordergw device create --name sw1 --management-ip 127.0.0.1 --management-port 16641\n" +
			"  vtep-ctl --db=tcp:127.0.0.1:16641 show",
	}
	c.Flags().IntVar(&count, "switches", count, "how many, 1 to 100")
	c.Flags().IntVar(&port, "port", port, "TCP port of the first one")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if count < 1 || count > maxToys {
			return usagef("--switches: %d is not between 1 and %d", count, maxToys)
		}
		if port < 1 || port+count-1 > 65535 {
			return usagef("--port: %d is not between 1 and %d", port, 65536-count)
		}
		return runToys(c, count, port)
	}
	return c
}

func runToys(c *cobra.Command, count, port int) (err error) {
	for _, program := range []string{"ovsdb-tool", "ovsdb-server", "vtep-ctl"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is not installed; Debian has it in openvswitch-common and openvswitch-vtep", program)
		}
	}
	dir, err := os.MkdirTemp("", "bordergw-toy")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var running []*toy
	defer func() {
		for _, t := range running {
			t.stop()
		}
	}()
	for n := 1; n <= count; n++ {
		t := &toy{number: n, port: port + n - 1, dir: filepath.Join(dir, "sw"+strconv.Itoa(n))}
		running = append(running, t)
		if err := t.start(c.Context()); err != nil {
			return fmt.Errorf("toy switch %s: %w", t.name(), err)
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: 127.0.0.1:%d, ports p1 to p%d, tunnel address %s\n", t.name(), t.port, toyPorts, t.tunnelIP())
	}
	<-c.Context().Done()
	return nil
}

func (t *toy) name() string     { return "sw" + strconv.Itoa(t.number) }
func (t *toy) tunnelIP() string { return "10.250.1." + strconv.Itoa(t.number) }
func (t *toy) socket() string   { return filepath.Join(t.dir, "sock") }

func (t *toy) start(ctx context.Context) error {
	db := filepath.Join(t.dir, "db")
	if err := os.Mkdir(t.dir, 0o700); err != nil {
		return err
	}
	if err := t.free(); err != nil {
		return err
	}
	if err := toyRun(ctx, "ovsdb-tool", "create", db, toySchema); err != nil {
		return err
	}
	// A process group of its own: Ctrl-C is for us, who stop the servers.
	t.server = exec.Command("ovsdb-server", "-vconsole:off", "-vsyslog:off", "-vfile:off", "--no-chdir",
		"--unixctl="+filepath.Join(t.dir, "ctl"), "--remote=punix:"+t.socket(), fmt.Sprintf("--remote=ptcp:%d:127.0.0.1", t.port), db)
	t.server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := t.server.Start(); err != nil {
		return err
	}
	if err := t.answers(ctx); err != nil {
		return err
	}
	add := []string{"add-ps", t.name(), "--", "set", "Physical_Switch", t.name(), "tunnel_ips=" + t.tunnelIP()}
	for p := 1; p <= toyPorts; p++ {
		add = append(add, "--", "add-port", t.name(), fmt.Sprint("p", p))
	}
	return toyRun(ctx, "vtep-ctl", append([]string{"--db=unix:" + t.socket(), "-vconsole:off", "-vsyslog:off"}, add...)...)
}

// answers waits until the server does: vtep-ctl tries only once.
func (t *toy) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, toyStartTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := net.Dial("unix", t.socket())
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("ovsdb-server does not answer: %w", err)
		case <-tick.C:
		}
	}
}

// free reports who has the port: ovsdb-server only logs it.
func (t *toy) free() error {
	l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", t.port))
	if err != nil {
		return fmt.Errorf("port %d of 127.0.0.1 cannot be used, try another --port: %w", t.port, err)
	}
	return l.Close()
}

func (t *toy) stop() {
	if t.server != nil && t.server.Process != nil {
		_ = t.server.Process.Kill()
		_ = t.server.Wait() // says that it was killed
	}
}

func toyRun(ctx context.Context, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, toyStartTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("%s did not end", name))
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

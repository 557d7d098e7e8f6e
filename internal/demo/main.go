package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"bordergw/internal/lab"
)

// patience is for a machine that is busy with other things; the whole takes less than half a minute.
const patience = 2 * time.Minute

func main() {
	os.Exit(run())
}

func run() int {
	bin := flag.String("bin", "bin/bordergw", "the bordergw program to show")
	flag.Parse()
	code, inside, err := lab.Isolate()
	if err != nil {
		fmt.Printf("No frames will be sent, the switches are databases only. For more this machine would have to allow:\n%v\n", err)
	}
	if !inside && err == nil {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := show(ctx, os.Stdout, *bin, inside); err != nil {
		fmt.Fprintf(os.Stderr, "\ndemo failed: %v\n", err)
		return 1
	}
	return 0
}

// show prepares the demo, runs it and takes it down again.
func show(ctx context.Context, out io.Writer, bin string, frames bool) (err error) {
	bin, err = filepath.Abs(bin)
	if err != nil {
		return err
	}
	// In namespaces of our own the directory goes with them, however we end, and nobody else has a port.
	parent, database, api := "/run", 16641, 9696
	if !frames {
		parent, database, api = "", 0, 0
	}
	dir, err := os.MkdirTemp(parent, "demo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l, err := lab.New(lab.Config{
		Switches: []lab.SwitchConfig{
			{Name: "sw1", Site: "here", Border: true}, {Name: "sw2", Site: "here", Border: true},
			{Name: "far", Site: "there", Border: true},
		},
		Dir:          dir,
		FirstPort:    database,
		DatabaseOnly: !frames,
	})
	if err != nil {
		return err
	}
	defer func() {
		if e := l.Close(); err == nil {
			err = e
		}
	}()
	d := &demo{
		lab: l, frames: frames, dir: dir, port: api,
		console: console{out: out, bin: bin, env: os.Environ()},
	}
	return d.run(ctx)
}

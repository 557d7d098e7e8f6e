// Command bench measures bordergw against a raw client that writes prebuilt
// JSON, and against other programs for the same work, all on real ovsdb-servers
// that it starts itself. Runs are interleaved and medians are shown.
//
//	go run ./bench [-smoke] [-only push,change] [-peers=false] [-runs 5] [-out docs/performance.md]
//
// The program under test is built from this tree and driven by its API only;
// nothing of it is imported, so that the floor owes it nothing.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// bench is one run of the program.
type bench struct {
	*programs
	options
	results
}

// options say how much is measured.
type options struct {
	runs  int
	smoke bool
	peers bool // the other programs too
}

const smokeRuns = 3

// scenarios in the order they are run.
var scenarios = []struct {
	name string
	run  func(*bench) error
}{
	{"push", push},
	{"change", change},
	{"api", apiChange},
	{"gateways", gateways},
	{"snapshot", snapshot},
	{"pass", pass},
	{"scale", scale},
	{"dense", dense},
	{"move", move},
	{"definitions", definitions},
	{"triples", triples},
	{"fleet", fleet},
	{"macs", remoteMACs},
	{"operator", operator},
	{"streams", streams},
}

func main() {
	runtime.LockOSThread() // see command
	if len(os.Args) > 1 && os.Args[1] == asFloor {
		exit(rawClient(os.Stdin, os.Stdout))
	}
	b := &bench{results: results{}}
	var only, out string
	flag.BoolVar(&b.smoke, "smoke", false, "a short run for regressions; exits with 1 beyond its bounds")
	flag.StringVar(&only, "only", "", "scenarios to run, separated by commas: "+strings.Join(names(), ", "))
	flag.IntVar(&b.runs, "runs", 5, "how often each is run")
	flag.BoolVar(&b.peers, "peers", true, "measure ovn-controller-vtep, networking-l2gw and vtep-ctl too")
	flag.StringVar(&out, "out", "", "file to write the report to, and beside it the plot; standard output if empty")
	flag.Parse()
	if b.smoke {
		b.peers = false
		b.runs = min(b.runs, smokeRuns)
	}
	exit(b.run(only, out))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func names() (out []string) {
	for _, s := range scenarios {
		out = append(out, s.name)
	}
	return out
}

func (b *bench) run(only, out string) (err error) {
	if b.programs, err = newPrograms(); err != nil {
		return err
	}
	defer b.clean()
	go b.cleanWhenInterrupted()
	if b.binary, err = buildBinary(b.dir); err != nil {
		return err
	}
	chosen, err := b.chosen(only)
	if err != nil {
		return err
	}
	for _, s := range scenarios {
		if !slices.Contains(chosen, s.name) {
			continue
		}
		began := time.Now()
		if failure := s.run(b); failure != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", s.name, failure))
		}
		b.endAll()
		fmt.Fprintf(os.Stderr, "%s: %s\n", s.name, time.Since(began).Round(time.Second))
	}
	return errors.Join(err, b.report(b.options, out))
}

// chosen are the scenarios to run: the fast ones of a short run, or those named.
func (o options) chosen(only string) ([]string, error) {
	switch {
	case only == "" && o.smoke:
		return []string{"push", "change", "definitions"}, nil
	case only == "":
		return names(), nil
	}
	out := strings.Split(only, ",")
	for _, name := range out {
		if !slices.Contains(names(), name) {
			return nil, fmt.Errorf("no scenario %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	return out, nil
}

// eachSize measures with every number of rows.
func (b *bench) eachSize(measure func(b *bench, rows int) error) error {
	for _, rows := range b.sizes() {
		if err := measure(b, rows); err != nil {
			return fmt.Errorf("%d rows: %w", rows, err)
		}
	}
	return nil
}

func (o options) sizes() []int {
	if o.smoke {
		return []int{10_000}
	}
	return []int{1_000, 10_000, 100_000}
}

// changes is how many single changes are made: enough for a 99th percentile
// with five runs.
func (o options) changes() int {
	if o.smoke {
		return 10 * o.runs
	}
	return 40 * o.runs
}

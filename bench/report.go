package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

//go:embed notes.md
var notes string

var errTargets = errors.New("a bound is not met")

// report writes the tables and the plot; of a short run only the bounds, which
// have to be met.
func (r results) report(o options, out string) error {
	if o.smoke {
		r.figures(os.Stdout)
		if !r.verdicts(os.Stdout, smokeTargets()) {
			return errTargets
		}
		return nil
	}
	if out == "" {
		r.write(os.Stdout, o, "")
		return nil
	}
	plot := strings.TrimSuffix(out, filepath.Ext(out)) + ".svg"
	var text strings.Builder
	r.write(&text, o, filepath.Base(plot))
	return errors.Join(os.WriteFile(out, []byte(text.String()), 0o644), os.WriteFile(plot, []byte(r.plot()), 0o644))
}

func (r results) write(w io.Writer, o options, plot string) {
	fmt.Fprintf(w, "# Performance\n\nMade by `make bench`: medians of %d interleaved runs on %s.\n"+
		"The raw client writes the same rows from prebuilt JSON, %d a transaction, %d transactions in flight.\n\n## Targets\n\n",
		o.runs, machine(), perTransaction, inFlight)
	r.verdicts(w, targets())
	if plot != "" {
		fmt.Fprintf(w, "\n![push and change by size](%s)\n", plot)
	}
	r.growth(w, o)
	r.figures(w)
	fmt.Fprintf(w, "\n%s", notes)
}

// verdicts prints the bounds, and reports whether all that were measured are met.
func (r results) verdicts(w io.Writer, all []target) bool {
	met := true
	fmt.Fprint(w, "| work | measure | measured | target | |\n|---|---|---|---|---|\n")
	for _, t := range all {
		v, ok := t.value(r)
		verdict := "PASS"
		switch {
		case !ok:
			fmt.Fprintf(w, "| %s | %s | not measured | %s | |\n", t.work, t.measure, t.bound())
			continue
		case !t.met(v):
			verdict, met = "**FAIL**", false
		}
		fmt.Fprintf(w, "| %s | %s | %.3g%s | %s | %s |\n", t.work, t.measure, v, t.unit, t.bound(), verdict)
	}
	return met
}

// growth prints the wall times by size.
func (r results) growth(w io.Writer, o options) {
	for _, g := range []struct {
		work, unit string
		sizes      []int
	}{
		{workPush, "MACs", []int{1_000, 10_000, 100_000}}, {workChange, "rows standing", []int{1_000, 10_000, 100_000}},
		{workSnapshot, "MACs", []int{1_000, 10_000, 100_000}}, {workScale, "switches", []int{10, 100, 500}},
		{workConnect, "connections standing", o.connections()}, {workDisconnect, "connections standing", o.connections()},
		{workOneVLAN, "connections standing", o.connections()}, {workNetwork, "connections standing", o.connections()},
		{workLists, "connections", o.connections()}, {workImport, "connections", o.connections()},
		{workAgain, "connections", o.connections()}, {workFleet, "switches", o.fleets()}, {workLeaveFleet, "switches", o.fleets()},
		{workMAC, "entries standing", []int{100, manyMACs}}, {workShowMAC, "entries standing", []int{100, manyMACs}},
	} {
		r.growthOf(w, g.work, g.unit, g.sizes)
	}
}

func (r results) growthOf(w io.Writer, work, unit string, sizes []int) {
	var who []string
	for k := range r {
		if k.work == work && !slices.Contains(who, k.who) {
			who = append(who, k.who)
		}
	}
	if len(who) == 0 {
		return
	}
	slices.Sort(who)
	fmt.Fprintf(w, "\n## Growth: %s\n\n| %s |", work, unit)
	for _, n := range sizes {
		fmt.Fprintf(w, " %d |", n)
	}
	fmt.Fprintf(w, "\n|%s\n", strings.Repeat("---|", len(sizes)+1))
	for _, name := range who {
		fmt.Fprintf(w, "| %s |", name)
		for _, n := range sizes {
			s, ok := r.median(work, n, name)
			fmt.Fprintf(w, " %s |", shown(s.wall, ok))
		}
		fmt.Fprintln(w)
	}
}

func shown(d time.Duration, ok bool) string {
	if !ok || d == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3g ms", d.Seconds()*1e3)
}

// figures prints every median there is.
func (r results) figures(w io.Writer) {
	keys := make([]key, 0, len(r))
	for k := range r {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	fmt.Fprint(w, "\n## All figures\n\n| work | size | who | wall | 99th percentile | its CPU | CPU of databases | peak memory | samples |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, k := range keys {
		m, _ := r.median(k.work, k.size, k.who)
		p99 := quantile(r[k], 0.99, func(s sample) time.Duration { return s.wall })
		mem := "-"
		if m.memory > 0 {
			mem = fmt.Sprintf("%.1f MiB", memory(m))
		}
		n := len(r[k])
		fmt.Fprintf(w, "| %s | %d | %s | %s | %s | %s | %s | %s | %d |\n", k.work, k.size, k.who,
			shown(m.wall, true), shown(p99, n >= 100), shown(m.cpu, true), shown(m.server, true), mem, n)
	}
}

func compareKeys(x, y key) int {
	if c := strings.Compare(x.work, y.work); c != 0 {
		return c
	}
	if x.size != y.size {
		return x.size - y.size
	}
	return strings.Compare(x.who, y.who)
}

// machine is its shape, without its name.
func machine() string {
	version := func(name string) string {
		out, err := exec.Command(name, "--version").Output()
		if err != nil {
			return name + " absent"
		}
		return strings.SplitN(string(out), "\n", 2)[0]
	}
	return fmt.Sprintf("%d cores, %s, %s, %s", runtime.NumCPU(), version("ovsdb-server"), version(ovnController), runtime.Version())
}

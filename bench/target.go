package main

import (
	"fmt"
	"slices"
	"time"
)

// target is a bound that the product sets itself.
type target struct {
	work, measure string
	// value is false where what it needs was not run.
	value   func(results) (float64, bool)
	limit   float64
	unit    string
	atLeast bool
}

func (t target) met(v float64) bool {
	if t.atLeast {
		return v >= t.limit
	}
	return v <= t.limit
}

func (t target) bound() string {
	if t.atLeast {
		return fmt.Sprintf(">= %g%s", t.limit, t.unit)
	}
	return fmt.Sprintf("<= %.3g%s", t.limit, t.unit)
}

// what is a figure of a sample.
type what func(sample) float64

func wall(s sample) float64      { return s.wall.Seconds() * 1e3 }
func cpu(s sample) float64       { return s.cpu.Seconds() * 1e3 }
func serverCPU(s sample) float64 { return s.server.Seconds() * 1e3 }
func memory(s sample) float64    { return float64(s.memory) / (1 << 20) }

// at is a figure of the median.
func at(f what, work string, size int, who string) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		s, ok := r.median(work, size, who)
		return f(s), ok
	}
}

// over divides two values.
func over(a, b func(results) (float64, bool)) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		x, okX := a(r)
		y, okY := b(r)
		return x / y, okX && okY && y > 0
	}
}

func scaled(a func(results) (float64, bool), by float64) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		x, ok := a(r)
		return x * by, ok
	}
}

func plus(a, b func(results) (float64, bool)) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		x, okX := a(r)
		y, okY := b(r)
		return x + y, okX && okY
	}
}

func minus(a, b func(results) (float64, bool)) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		x, okX := a(r)
		y, okY := b(r)
		return x - y, okX && okY
	}
}

// toFloor is our time over the raw client's.
func toFloor(work string, size int) func(results) (float64, bool) {
	return over(at(wall, work, size, ours), at(wall, work, size, floor))
}

// percentile is of the times of one; 0 is the fastest. A share needs as many
// samples that one of them is beyond it.
func percentile(work string, size int, who string, share float64) func(results) (float64, bool) {
	return func(r results) (float64, bool) {
		all := r[key{work, size, who}]
		return quantile(all, share, func(s sample) time.Duration { return s.wall }).Seconds() * 1e3, float64(len(all))*(1-share) >= 0.999
	}
}

// cpuShare is the bound of 10 µs a row on a machine where a row costs the database
// 23 µs, which is where it was set.
const cpuShare = 10. / 23

// ofDatabase is our CPU of a push over that of the database for the raw client.
func ofDatabase(rows int) func(results) (float64, bool) {
	return over(at(cpu, workPush, rows, ours), at(serverCPU, workPush, rows, floor))
}

// flat are the bounds of what may not grow with the number of connections.
func flat(work string) []target {
	name := work + ", 10,000 connections"
	grown := func(share float64) func(results) (float64, bool) {
		return over(percentile(work, 10_000, ours, share), percentile(work, 100, ours, share))
	}
	return []target{
		{name, "median", at(wall, work, 10_000, ours), 8, " ms", false},
		{name, "median, of the same at 100", grown(0.5), 1.5, "x", false},
		{name, "99th percentile, of the same at 100", grown(0.99), 3, "x", false},
	}
}

// definitionTargets are those of the scenarios definitions and triples.
func definitionTargets() []target {
	percentOfCore := 100 / (idleWindow.Seconds() * 1e3)
	out := slices.Concat(flat(workConnect), flat(workDisconnect), flat(workOneVLAN), flat(workNetwork))
	imported := at(wall, workImport, 10_000, ours)
	return append(out, []target{
		{"10,000 networks, gateways and connections, one after the other", "of the first 1,000", over(at(wall, workTriples, 10_000, ours), at(wall, workTriples, firstTriples, ours)), 12, "x", false},
		{"list of 10,000 connections", "an item", scaled(at(wall, workLists, 10_000, ours), 1e3/10_000), 12, " µs", false},
		{"list of 10,000 connections", "an item, of the same at 1,000", scaled(over(at(wall, workLists, 10_000, ours), at(wall, workLists, 1_000, ours)), 0.1), 1.25, "x", false},
		{"import of 10,000 connections, to rows in 2 switches", "wall", imported, 10_000, " ms", false},
		{"import of 10,000 connections, to rows in 2 switches", "wall, of the raw client's and the store's",
			over(imported, plus(at(wall, workImport, 10_000, floor), at(wall, workImported, 10_000, ours))), 2, "x", false},
		{"10,000 connections with nothing to do", "our CPU, of a core", scaled(at(cpu, workIdle, 10_000, ours), percentOfCore), 1, " %", false},
		{"restart with 10,000 connections, in sync", "wall", at(wall, workAgain, 10_000, ours), 2_000, " ms", false},
	}...)
}

// targets of a full run.
func targets() []target {
	few, many := options{}.fleets()[0], options{}.fleets()[1]
	percentOfCore := 100 / (steadyWindow.Seconds() * 1e3)
	return append([]target{
		{"full push of 10,000 MACs", "wall, of the raw client's", toFloor(workPush, 10_000), 1.25, "x", false},
		{"full push of 100,000 MACs", "wall, of the raw client's", toFloor(workPush, 100_000), 1.25, "x", false},
		{"full push of 10,000 MACs", "our CPU a row", scaled(at(cpu, workPush, 10_000, ours), 1e3/10_000), 10, " µs", false},
		{"full push of 100,000 MACs", "our CPU a row", scaled(at(cpu, workPush, 100_000, ours), 1e3/100_000), 10, " µs", false},
		{"full push of 10,000 MACs", "our CPU, of the database's for the raw client", ofDatabase(10_000), cpuShare, "x", false},
		{"full push of 100,000 MACs", "our CPU, of the database's for the raw client", ofDatabase(100_000), cpuShare, "x", false},
		{"one learned MAC, 100,000 rows standing", "median", at(wall, workChange, 100_000, ours), 5, " ms", false},
		{"one learned MAC, 100,000 rows standing", "99th percentile", percentile(workChange, 100_000, ours, 0.99), 10, " ms", false},
		{"one learned MAC, 100,000 rows standing", "of the same at 1,000", over(at(wall, workChange, 100_000, ours), at(wall, workChange, 1_000, ours)), 2, "x", false},
		{"one learned MAC, 10,000 rows standing", "faster than ovn-controller-vtep", over(at(wall, workChange, 10_000, ovnController), at(wall, workChange, 10_000, ours)), 50, "x", true},
		{"new connection, API to rows", "median", at(wall, workConnection, apiRows, ours), 20, " ms", false},
		{"new VLAN, API to rows", "median", at(wall, workVLAN, apiRows, ours), 20, " ms", false},
		{"snapshot of 100,000 MACs", "wall, of the raw monitor's", toFloor(workSnapshot, 100_000), 1.3, "x", false},
		{"snapshot of 100,000 MACs", "heap over the idle process", minus(at(memory, workHeap, 100_000, ours), at(memory, workHeap, 100_000, idle)), 20, " MiB", false},
		{"periodic pass, 100,000 rows", "our CPU a switch", at(cpu, workPass, 100_000, ours), 30, " ms", false},
		{"500 switches in sync, 100 MACs a network", "wall, of the raw client's", toFloor(workDense, denseSwitches), 1.5, "x", false},
		{"500 switches in sync, 100 MACs a network", "wall, of the raw client's that reads first", over(at(wall, workDense, denseSwitches, ours), at(wall, workDense, denseSwitches, reading)), 1.5, "x", false},
		{"500 switches in sync, 100 MACs a switch", "wall, of the raw client's", toFloor(workScale, 500), 1.5, "x", false},
		{"500 switches in sync, 100 MACs a switch", "wall, of the raw client's that reads first", over(at(wall, workScale, 500, ours), at(wall, workScale, 500, reading)), 1.5, "x", false},
		{"500 switches, steady, 100 MACs a switch", "our CPU, of a core", scaled(at(cpu, workScale+steady, 500, ours), percentOfCore), 5, " %", false},
		{"500 switches, steady, 100 MACs a switch", "our memory", at(memory, workScale+steady, 500, ours), 600, " MiB", false},
		{"500 switches, steady, 100 MACs a network", "our CPU, of a core", scaled(at(cpu, workDense+steady, denseSwitches, ours), percentOfCore), 5, " %", false},
		{"500 switches, steady, 100 MACs a network", "our memory", at(memory, workDense+steady, denseSwitches, ours), 600, " MiB", false},
		{"100 MACs move, 100 switches", "wall, of the raw client's", toFloor(workMove, 100), 2, "x", false},
		{"restart with 100 switches", "wall, of the raw snapshots'", toFloor(workRestart, 100), 1.3, "x", false},
		{"create of 200 gateways", "rate, of networking-l2gw's", over(at(wall, workCreate, createGateways, neutron), at(wall, workCreate, createGateways, ours)), 20, "x", true},
		{"list of 1,000 gateways", "rate, of networking-l2gw's", over(at(wall, workList, listGateways, neutron), at(wall, workList, listGateways, ours)), 50, "x", true},
		{"new connection, API to rows", "faster than networking-l2gw", over(at(wall, workConnection, neutronRows, neutron), at(wall, workConnection, apiRows, ours)), 20, "x", true},
	}, slices.Concat(definitionTargets(), fleetTargets(few, many), macTargets(), operatorTargets(), streamTargets())...)
}

// smokeTargets are wide and of the fastest runs: a busy machine is no regression.
func smokeTargets() []target {
	fastest := func(who string) func(results) (float64, bool) { return percentile(workPush, 10_000, who, 0) }
	const row = "full push of 10,000 MACs"
	return append(smokeGrowth(), []target{
		{row, "fastest wall, of the raw client's", over(fastest(ours), fastest(floor)), 3, "x", false},
		{row, "our CPU, of the database's for the raw client", ofDatabase(10_000), 3, "x", false},
		{"one learned MAC, 10,000 rows standing", "median, of one raw insert", toFloor(workChange, 10_000), 25, "x", false},
	}...)
}

// smokeGrowth bounds what grows with the number of connections: what is to be the same, and
// what is to be the same for each. The work of a change that looks at all of them is twenty times as much.
func smokeGrowth() (out []target) {
	sizes := options{smoke: true}.connections()
	few, many := sizes[0], sizes[1]
	grown := func(work string) func(results) (float64, bool) {
		return over(percentile(work, many, ours, 0), percentile(work, few, ours, 0))
	}
	for _, work := range []string{workNetwork, workGateway, workConnect, workDisconnect, workOneVLAN} {
		out = append(out, target{work, fmt.Sprintf("fastest at %d connections, of that at %d", many, few), grown(work), 3, "x", false})
	}
	for _, work := range []string{workLists, workImported} {
		out = append(out, target{work, fmt.Sprintf("fastest for each of %d, of that of %d", many, few), scaled(grown(work), float64(few)/float64(many)), 3, "x", false})
	}
	return out
}

package main

import (
	"cmp"
	"slices"
	"time"
)

// sample is one measured run.
type sample struct {
	wall   time.Duration
	cpu    time.Duration // of the program
	server time.Duration // CPU of the databases
	memory int64         // the program's peak, in bytes
}

// key names what was measured: a scenario's work, its size, who did it.
type key struct {
	work string
	size int
	who  string
}

// results are all samples of a run of the benchmark.
type results map[key][]sample

func (r results) add(work string, size int, who string, s sample) {
	k := key{work, size, who}
	r[k] = append(r[k], s)
}

// once does a piece of work and adds what it took.
func (r results) once(work string, size int, who string, do func() (sample, error)) error {
	got, err := do()
	if err == nil {
		r.add(work, size, who, got)
	}
	return err
}

// median of each figure by itself; false where there is no sample.
func (r results) median(work string, size int, who string) (sample, bool) {
	all := r[key{work, size, who}]
	return sample{
		wall:   quantile(all, 0.5, func(s sample) time.Duration { return s.wall }),
		cpu:    quantile(all, 0.5, func(s sample) time.Duration { return s.cpu }),
		server: quantile(all, 0.5, func(s sample) time.Duration { return s.server }),
		memory: quantile(all, 0.5, func(s sample) int64 { return s.memory }),
	}, len(all) > 0
}

// quantile is the value that a share of the samples does not exceed.
func quantile[T cmp.Ordered](all []sample, share float64, of func(sample) T) T {
	var zero T
	if len(all) == 0 {
		return zero
	}
	values := make([]T, len(all))
	for i, s := range all {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[min(int(share*float64(len(values))), len(values)-1)]
}

// meter measures one program and the databases it works on.
type meter struct {
	began           time.Time
	program         process
	servers         []*server
	ownCPU, allCPUs time.Duration
}

func startMeter(program process, servers ...*server) *meter {
	return &meter{program: program, servers: servers, ownCPU: program.cpu(), allCPUs: cpuOfAll(servers), began: time.Now()}
}

func cpuOfAll(servers []*server) (sum time.Duration) {
	for _, s := range servers {
		sum += s.cpu()
	}
	return sum
}

// stop gives what was used until now, for work that ended when it is said.
func (m *meter) stop(ended time.Time) sample {
	return sample{
		wall: ended.Sub(m.began), cpu: m.program.cpu() - m.ownCPU,
		server: cpuOfAll(m.servers) - m.allCPUs, memory: m.program.memory("VmHWM"),
	}
}

// stopAtLastWrite is stop for work that ended with the last write to a file of
// the databases, which is seen later and without disturbing anybody.
func (m *meter) stopAtLastWrite() (sample, error) {
	ended, err := lastWrite(m.servers...)
	return m.stop(ended), err
}

package main

import (
	"fmt"
	"time"
)

const (
	workScale  = "many switches"
	workSteady = "many switches, steady"
	// steadyWindow has a periodic pass of every switch in it.
	steadyWindow = 65 * time.Second
)

// scale brings many switches in sync at once, and looks what they cost then.
func scale(b *bench) error {
	counts := []int{10, 100, 500}
	if b.smoke {
		counts = counts[:1]
	}
	for _, n := range counts {
		if err := b.scaleTo(n); err != nil {
			return fmt.Errorf("%d switches: %w", n, err)
		}
	}
	return nil
}

func (b *bench) scaleTo(n int) error {
	f, err := b.newFabric(n, pairs)
	if err != nil {
		return err
	}
	defer f.end()
	for i := range b.runs {
		got, err := f.raw()
		if err != nil {
			return err
		}
		b.add(workScale, n, floor, got)
		if err := f.clear(); err != nil {
			return err
		}
		if got, err = f.sync(); err != nil {
			return err
		}
		b.add(workScale, n, ours, got)
		if i == b.runs-1 && !b.smoke {
			b.add(workSteady, n, ours, f.steady())
		}
		if err := b.stopDaemon(f.d); err != nil {
			return err
		}
		if err := f.clear(); err != nil {
			return err
		}
	}
	return nil
}

// steady is the CPU time of a while, and the memory at its end.
func (f *fabric) steady() sample {
	time.Sleep(calm)
	m := startMeter(f.d.process, f.servers...)
	time.Sleep(steadyWindow)
	got := m.stop(time.Now())
	got.memory = f.d.process.memory("VmRSS")
	return got
}

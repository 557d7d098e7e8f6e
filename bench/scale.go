package main

import (
	"fmt"
	"time"
)

const (
	workScale = "many switches"
	workDense = "many switches, 100 MACs a network"
	// steady marks what the same switches cost when they are in sync.
	steady = ", steady"
	// reading is the raw client that asks what a controller has to know first.
	reading = "raw client that reads first"
	// steadyWindow has a periodic pass of every switch in it.
	steadyWindow = 65 * time.Second
	// denseSwitches have a thousand MACs each, so that there are not many sizes.
	denseSwitches = 500
)

// scale brings many switches in sync at once, and looks what they cost then.
func scale(b *bench) error {
	counts := []int{10, 100, 500}
	if b.smoke {
		counts = counts[:1]
	}
	for _, n := range counts {
		if err := scaleTo(b, workScale, n, macsEach); err != nil {
			return fmt.Errorf("%d switches: %w", n, err)
		}
	}
	return nil
}

// dense is the same where each switch has many MACs.
func dense(b *bench) error { return scaleTo(b, workDense, denseSwitches, networksEach*macsEach) }

func scaleTo(b *bench, work string, n, macs int) error {
	f, err := newFabric(b.programs, n, pairs, macs)
	if err != nil {
		return err
	}
	defer f.end()
	for i := range b.runs {
		if err := f.scaleOnce(b.results, work); err != nil {
			return err
		}
		if i == b.runs-1 && !b.smoke {
			b.add(work+steady, n, ours, f.steady())
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

// scaleOnce has all do it in turn, ours last.
func (f *fabric) scaleOnce(r results, work string) error {
	for _, c := range []struct {
		who string
		do  func() (sample, error)
	}{
		{floor, func() (sample, error) { return f.raw() }},
		{reading, func() (sample, error) { return f.raw(questions()...) }},
		{ours, func() (sample, error) { return f.sync() }},
	} {
		if err := r.once(work, len(f.servers), c.who, c.do); err != nil {
			return fmt.Errorf("%s: %w", c.who, err)
		}
		if c.who == ours {
			break
		}
		if err := f.clear(); err != nil {
			return err
		}
	}
	return nil
}

// questions are what a controller asks before it knows enough to write: which
// databases there are, the schema, a lock, and what stands.
func questions() [][]byte {
	return [][]byte{
		request(0, "list_dbs", "[]"), request(0, "get_schema", fmt.Sprintf("[%q]", vtepDB)),
		request(0, "steal", `["raw"]`), monitorOnce(),
	}
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

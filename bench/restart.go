package main

import (
	"errors"
	"time"
)

// snapshots has the raw client read all databases at once.
func (f *fabric) snapshots() (sample, error) {
	work := make([][][]byte, len(f.servers))
	for i := range work {
		work[i] = [][]byte{monitorAll()}
	}
	return runFloor(f.servers, work)
}

// restart starts the daemon on its store until all is in sync. It may not write.
func (f *fabric) restart() (sample, error) {
	began, before := time.Now(), cpuOfAll(f.servers)
	if err := f.d.start(f.p.binary); err != nil {
		return sample{}, err
	}
	if err := f.d.inSync(len(f.servers), ""); err != nil {
		return sample{}, err
	}
	got := sample{wall: time.Since(began), cpu: f.d.cpu(), server: cpuOfAll(f.servers) - before, memory: f.d.memory("VmHWM")}
	time.Sleep(calm)
	return got, errors.Join(notWritten(began, f.servers...), f.right())
}

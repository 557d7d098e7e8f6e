package main

import (
	"errors"
	"time"
)

const (
	workPass   = "periodic pass"
	passWindow = 10 * time.Second
	passEvery  = time.Second
	calm       = 3 * time.Second
)

// pass measures the periodic pass with nothing to do: the CPU time of a daemon
// that makes one a second, less that of one that makes none.
func pass(b *bench) error {
	return b.eachSize(passOver)
}

func passOver(b *bench, rows int) error {
	s, target, err := newPair(b.programs, rows)
	if err != nil {
		return err
	}
	for range b.runs {
		with, err := s.undisturbed(target, passEvery)
		if err != nil {
			return err
		}
		without, err := s.undisturbed(target, time.Hour)
		if err != nil {
			return err
		}
		passes := time.Duration(passWindow / passEvery * 2) // two switches
		b.add(workPass, rows, ours, sample{cpu: (with.cpu - without.cpu) / passes, server: (with.server - without.server) / passes})
	}
	b.stop(target.server)
	return s.end()
}

// undisturbed runs the daemon anew and measures a while. Nothing may be written from
// its start on.
func (s *site) undisturbed(target *member, interval time.Duration) (sample, error) {
	if err := s.d.end(); err != nil {
		return sample{}, err
	}
	s.d.args = []string{"--interval", interval.String()}
	began := time.Now()
	if err := errors.Join(s.d.start(s.p.binary), s.d.inSync(2, "")); err != nil {
		return sample{}, err
	}
	time.Sleep(calm)
	m := startMeter(s.d.process, s.source, target.server)
	time.Sleep(passWindow)
	got := m.stop(time.Now())
	return got, notWritten(began, s.source, target.server)
}

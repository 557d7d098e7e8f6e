package main

import (
	"errors"
	"fmt"
	"time"
)

const (
	workMove    = "100 MACs move"
	workRestart = "restart"
	// moved is longer than a vanished local MAC is held, so that nothing comes
	// after it.
	moved = 7 * time.Second
)

// move has MACs of a network that 100 switches share move from one switch to
// another, by the daemon and by the raw client in turn; between these, the
// daemon is started anew with nothing to write, beside raw snapshots.
func move(b *bench) error {
	n := 100
	if b.smoke {
		n = 10
	}
	f, err := newFabric(b.programs, n, oneNetwork, macsEach)
	if err != nil {
		return err
	}
	defer f.end()
	if _, err := f.sync(); err != nil {
		return err
	}
	// A MAC that moves often is frozen, so that each run has two switches of its own.
	for run := range min(b.runs, n/4) {
		if err := f.moveAndRestart(b.results, 4*run); err != nil {
			return err
		}
	}
	return b.stopDaemon(f.d)
}

func (f *fabric) moveAndRestart(r results, from int) error {
	n := len(f.servers)
	if err := r.once(workMove, n, ours, func() (sample, error) { return f.moveOurs(from, from+1) }); err != nil {
		return err
	}
	if err := f.d.end(); err != nil {
		return err
	}
	if err := r.once(workMove, n, floor, func() (sample, error) { return f.moveRaw(from+2, from+3) }); err != nil {
		return err
	}
	if err := r.once(workRestart, n, floor, f.snapshots); err != nil {
		return err
	}
	return r.once(workRestart, n, ours, f.restart)
}

// depart and arrive are what the two switches do by themselves.
const depart = `{"op":"delete","table":"Ucast_Macs_Local","where":[]}`

func (f *fabric) arrive(from, to int) (ops []string) {
	sw := f.switches[to]
	for _, s := range f.switches[from].macs {
		ops = append(ops, ucast("Ucast_Macs_Local", s.mac, sw.logical[s.network], sw.own))
	}
	return ops
}

// settle notes that the MACs have moved, and looks at all databases.
func (f *fabric) settle(from, to int) error {
	a, b := f.switches[from], f.switches[to]
	b.macs = append(b.macs, a.macs...)
	a.macs = nil
	if err := f.right(); err != nil {
		return err
	}
	for i, s := range f.servers {
		if i == to {
			continue
		}
		rows, err := s.pointing(tunnelIP(to))
		if err == nil && len(rows) != len(b.macs) {
			err = fmt.Errorf("%s points %d MACs at %s, not %d", switchName(i), len(rows), switchName(to), len(b.macs))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *fabric) moveOurs(from, to int) (sample, error) {
	m := startMeter(f.d.process, f.servers...)
	err := errors.Join(f.servers[from].transact(depart), f.servers[to].transact(f.arrive(from, to)...))
	if err != nil {
		return sample{}, err
	}
	time.Sleep(moved)
	got, err := m.stopAtLastWrite()
	return got, errors.Join(err, f.settle(from, to))
}

// moveRaw rewrites the rows by their ids.
func (f *fabric) moveRaw(from, to int) (sample, error) {
	work := make([][][]byte, len(f.servers))
	for i, s := range f.servers {
		rows, err := s.pointing(tunnelIP(from))
		if err != nil {
			return sample{}, err
		}
		ops, err := f.moveAt(i, from, to, rows)
		if err != nil {
			return sample{}, err
		}
		work[i] = requests(ops)
	}
	got, err := runFloor(f.servers, work)
	return got, errors.Join(err, f.settle(from, to))
}

// moveAt is what one database needs.
func (f *fabric) moveAt(i, from, to int, rows []string) (ops []string, err error) {
	if i == to {
		for _, id := range rows {
			ops = append(ops, fmt.Sprintf(`{"op":"delete","table":"Ucast_Macs_Remote","where":[["_uuid","==",%s]]}`, ref(id)))
		}
		return append(ops, f.arrive(from, to)...), nil
	}
	loc, err := f.servers[i].locatorOf(tunnelIP(to))
	if err != nil {
		return nil, err
	}
	if i == from {
		ops = []string{depart}
		for _, s := range f.switches[from].macs {
			ops = append(ops, ucast("Ucast_Macs_Remote", s.mac, f.switches[from].logical[s.network], loc))
		}
		return ops, nil
	}
	for _, id := range rows {
		ops = append(ops, fmt.Sprintf(`{"op":"update","table":"Ucast_Macs_Remote","where":[["_uuid","==",%s]],"row":{"locator":%s}}`, ref(id), ref(loc)))
	}
	return ops, nil
}

package main

import (
	"encoding/json"
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
	f, err := b.newFabric(n, oneNetwork, macsEach)
	if err != nil {
		return err
	}
	defer f.end()
	if _, err := f.sync(); err != nil {
		return err
	}
	// A MAC that moves often is frozen, so that each run has two switches of its own.
	for run := range min(b.runs, n/4) {
		if err := f.moveAndRestart(4 * run); err != nil {
			return err
		}
	}
	return b.stopDaemon(f.d)
}

func (f *fabric) moveAndRestart(from int) error {
	n := len(f.servers)
	got, err := f.moveOurs(from, from+1)
	if err != nil {
		return err
	}
	f.b.add(workMove, n, ours, got)
	if err := f.d.end(); err != nil {
		return err
	}
	if got, err = f.moveRaw(from+2, from+3); err != nil {
		return err
	}
	f.b.add(workMove, n, floor, got)
	if got, err = f.snapshots(); err != nil {
		return err
	}
	f.b.add(workRestart, n, floor, got)
	if got, err = f.restart(); err != nil {
		return err
	}
	f.b.add(workRestart, n, ours, got)
	return nil
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
	got, err := f.b.runFloor(f.servers, work)
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

// ids of the rows of a table that match.
func (s *server) ids(table, where string) (out []string, err error) {
	result, err := transact(s.unix(), s.db, fmt.Sprintf(`{"op":"select","table":%q,"where":%s,"columns":["_uuid"]}`, table, where))
	if err != nil {
		return nil, err
	}
	var answer []struct {
		Rows []struct {
			ID [2]string `json:"_uuid"`
		}
	}
	if err := json.Unmarshal(result, &answer); err != nil {
		return nil, err
	}
	for _, row := range answer[0].Rows {
		out = append(out, row.ID[1])
	}
	return out, nil
}

func (s *server) locatorOf(ip string) (string, error) {
	ids, err := s.ids("Physical_Locator", fmt.Sprintf(`[["dst_ip","==",%q]]`, ip))
	if err == nil && len(ids) != 1 {
		err = fmt.Errorf("%d locators of %s", len(ids), ip)
	}
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// pointing are the remote MACs of a tunnel end; none is not an error.
func (s *server) pointing(ip string) ([]string, error) {
	locators, err := s.ids("Physical_Locator", fmt.Sprintf(`[["dst_ip","==",%q]]`, ip))
	if err != nil || len(locators) == 0 {
		return nil, err
	}
	return s.ids("Ucast_Macs_Remote", fmt.Sprintf(`[["locator","==",%s]]`, ref(locators[0])))
}

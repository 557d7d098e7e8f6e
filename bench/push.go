package main

import "fmt"

const (
	workPush = "push"
	ours     = "bordergw"
	floor    = "raw client"
)

// push brings a new switch to all rows: from the moment that its database
// answers to the last write to it.
func push(b *bench) error {
	for _, rows := range b.sizes() {
		if err := b.pushOf(rows); err != nil {
			return fmt.Errorf("%d rows: %w", rows, err)
		}
	}
	return nil
}

func (b *bench) pushOf(rows int) error {
	s, err := b.newSite(rows)
	if err != nil {
		return err
	}
	if _, err := s.pushOurs(rows); err != nil { // unmeasured: it learns the stations in that time
		return err
	}
	for range b.runs {
		m, err := s.pushOurs(rows)
		if err != nil {
			return err
		}
		b.add(workPush, rows, ours, m)
		if m, err = b.pushFloor(rows); err != nil {
			return err
		}
		b.add(workPush, rows, floor, m)
	}
	return s.end()
}

func (s *site) pushOurs(rows int) (sample, error) {
	target, err := s.pausedTarget()
	if err != nil {
		return sample{}, err
	}
	m := startMeter(s.d.process, target.server)
	if err := target.resume(); err != nil {
		return sample{}, err
	}
	if err := s.d.inSync(1, "&id="+target.id); err != nil {
		return sample{}, err
	}
	got, err := m.stopAtLastWrite()
	if err != nil {
		return sample{}, err
	}
	if err := target.holds(rows); err != nil {
		return sample{}, err
	}
	return got, s.leave(target)
}

// pushFloor is the same by the raw client.
func (b *bench) pushFloor(rows int) (sample, error) {
	target, err := b.target("dst", tunnelIP(1000))
	if err != nil {
		return sample{}, err
	}
	_, work := vtepRequests(rows)
	got, err := b.runFloor([]*server{target}, [][][]byte{work})
	if err != nil {
		return sample{}, err
	}
	if err := target.holds(rows); err != nil {
		return sample{}, err
	}
	b.stop(target)
	return got, nil
}

// holds fails unless the database has so many remote MACs.
func (s *server) holds(rows int) error {
	n, err := s.remoteMACs()
	if err == nil && n != rows {
		err = fmt.Errorf("%d rows are in the database, not %d", n, rows)
	}
	return err
}

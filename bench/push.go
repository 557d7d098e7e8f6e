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
	return b.eachSize(b.pushOf)
}

// pusher brings a new switch to its rows and returns what it took.
type pusher struct {
	who  string
	push func(rows int) (sample, error)
}

func (b *bench) pushOf(rows int) error {
	s, err := b.newSite(rows)
	if err != nil {
		return err
	}
	if _, err := s.pushOurs(rows); err != nil { // unmeasured: it learns the MACs in that time
		return err
	}
	pushers := []pusher{{ours, s.pushOurs}, {floor, b.pushFloor}}
	if b.peers && rows <= maxPeerRows {
		peers, err := b.peerPushers(rows)
		if err != nil {
			return err
		}
		pushers = append(pushers, peers...)
	}
	for i := range b.runs {
		for _, p := range pushers {
			if p.who == vtepCtl && i > 0 && rows > 1_000 {
				continue // it takes minutes
			}
			m, err := p.push(rows)
			if err != nil {
				return fmt.Errorf("%s: %w", p.who, err)
			}
			b.add(workPush, rows, p.who, m)
		}
	}
	b.endAll()
	return nil
}

// maxPeerRows is where the slow ones take minutes.
const maxPeerRows = 10_000

func (b *bench) peerPushers(rows int) ([]pusher, error) {
	c, err := b.newCloud(rows)
	if err != nil {
		return nil, err
	}
	// Once unmeasured: chassis and bindings come to stand in the southbound.
	_, err = c.push(rows)
	return []pusher{
		{writerByNetwork, func(rows int) (sample, error) { return b.writerPush("network", rows) }},
		{writerByMAC, func(rows int) (sample, error) { return b.writerPush("mac", rows) }},
		{vtepCtl, b.ctlPush},
		{ovnController, c.push},
	}, err
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

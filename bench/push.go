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
	return b.eachSize(pushOf)
}

// pusher brings a new switch to its rows and returns what it took.
type pusher struct {
	who  string
	push func(rows int) (sample, error)
}

func pushOf(b *bench, rows int) error {
	s, err := newSite(b.programs, rows)
	if err != nil {
		return err
	}
	if _, err := s.pushOurs(rows); err != nil { // unmeasured: it learns the MACs in that time
		return err
	}
	pushers := []pusher{{ours, s.pushOurs}, {floor, toNewSwitch(b.programs, rawPush)}}
	if b.peers && rows <= maxPeerRows {
		peers, err := peerPushers(b.programs, rows)
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
			if err := b.once(workPush, rows, p.who, func() (sample, error) { return p.push(rows) }); err != nil {
				return fmt.Errorf("%s: %w", p.who, err)
			}
		}
	}
	b.endAll()
	return nil
}

// maxPeerRows is where the slow ones take minutes.
const maxPeerRows = 10_000

func peerPushers(p *programs, rows int) ([]pusher, error) {
	c, err := newCloud(p, rows)
	if err != nil {
		return nil, err
	}
	// Once unmeasured: chassis and bindings come to stand in the southbound.
	_, err = c.push(rows)
	return []pusher{
		{writerByNetwork, toNewSwitch(p, writerPush("network"))},
		{writerByMAC, toNewSwitch(p, writerPush("mac"))},
		{vtepCtl, toNewSwitch(p, ctlPush)},
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

// toNewSwitch has somebody bring a new switch's database to its rows.
func toNewSwitch(p *programs, write func(s *server, rows int) (sample, error)) func(rows int) (sample, error) {
	return func(rows int) (sample, error) {
		s, err := p.target("dst", tunnelIP(1000))
		if err != nil {
			return sample{}, err
		}
		defer p.stop(s)
		got, err := write(s, rows)
		if err != nil {
			return sample{}, err
		}
		return got, s.holds(rows)
	}
}

// rawPush is the push of the raw client.
func rawPush(s *server, rows int) (sample, error) {
	_, work := vtepRequests(rows)
	return runFloor([]*server{s}, [][][]byte{work})
}

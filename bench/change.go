package main

import (
	"errors"
)

const workChange = "one learned MAC"

// change adds one MAC to the source's Ucast_Macs_Local and waits for
// the row in another switch's Ucast_Macs_Remote.
func change(b *bench) error {
	return b.eachSize(changeAt)
}

func changeAt(b *bench, rows int) error {
	s, target, err := newPair(b.programs, rows)
	if err != nil {
		return err
	}
	bare, bareRows, err := filled(b.programs, rows)
	if err != nil {
		return err
	}
	source, err := newArrivals(s.source, target.server, &s.rows, "Ucast_Macs_Local")
	if err != nil {
		return err
	}
	direct, err := newArrivals(bare, bare, bareRows, "Ucast_Macs_Remote")
	if err != nil {
		return err
	}
	cloud, seen, err := changingCloud(b, rows)
	if err != nil {
		return err
	}
	for i := range b.changes() {
		if err := errors.Join(b.once(workChange, rows, ours, source.appear), b.once(workChange, rows, floor, direct.appear)); err != nil {
			return err
		}
		if cloud != nil && i%4 == 0 { // its changes are slow
			if err := b.once(workChange, rows, ovnController, func() (sample, error) { return cloud.appear(seen, i) }); err != nil {
				return err
			}
		}
	}
	if cloud != nil {
		cloud.controller.kill()
	}
	b.endAll()
	return nil
}

// changingCloud is nil where peers are not wanted.
func changingCloud(b *bench, rows int) (*cloud, *watcher, error) {
	if !b.peers || rows > maxPeerRows {
		return nil, nil, nil
	}
	c, err := newCloud(b.programs, rows)
	if err != nil {
		return nil, nil, err
	}
	seen, err := c.watched(rows)
	return c, seen, err
}

// filled is a database with a switch and the rows that the daemon would write.
func filled(p *programs, rows int) (*server, *rowSet, error) {
	s, err := p.target("dst", tunnelIP(1000))
	if err != nil {
		return nil, nil, err
	}
	r, work := vtepRequests(rows)
	_, err = runFloor([]*server{s}, [][][]byte{work})
	return s, r, err
}

// arrivals adds MACs to a table, one at a time, and watches for each of them in
// another database.
type arrivals struct {
	conn  *rawConn
	seen  *watcher
	rows  *rowSet
	table string
	next  int
}

func newArrivals(at, seenAt *server, rows *rowSet, table string) (*arrivals, error) {
	conn, err := dialRaw(at.unix)
	if err != nil {
		return nil, err
	}
	seen, err := seenAt.watch("Ucast_Macs_Remote", "MAC")
	return &arrivals{conn: conn, seen: seen, rows: rows, table: table, next: 1 << 20}, err
}

// appear adds one more and waits for it.
func (s *arrivals) appear() (sample, error) {
	network := s.next % siteNetworks
	mac := macOf(network, s.next)
	op := ucast(s.table, mac, s.rows.logical[network], s.rows.locators[0])
	s.next++
	return s.seen.timed(mac, func() error {
		_, err := s.conn.transact(vtepDB, op)
		return err
	})
}

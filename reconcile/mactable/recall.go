package mactable

import (
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// recalledLocation is a winner from before the process began.
type recalledLocation struct {
	database vtep.DatabaseID
	endpoint model.VTEPAddress
	seq      uint64
}

// Recall tells the Table where a MAC was when an earlier process ended. It stays there until its
// database has reported, or for as long as one that can not be reached is held; what is known of
// it from before counts for less, and news for more. Without Endpoint only its Seq counts, once
// the database has reported it.
func (l *Table) Recall(was Move, at time.Time) {
	l.recallHold = l.instant(at).add(l.hold)
	l.network(was.Network).recalled[was.MAC] = recalledLocation{was.Database, was.Endpoint, was.Seq}
	l.recalledOf[was.Database] = append(l.recalledOf[was.Database], was.Key)
}

// enter makes the entry of a MAC of which a database is the first to say something. If it is
// recalled elsewhere, that is one of its candidates.
func (n *networkTable) enter(mac model.MAC, db vtep.DatabaseID, now Instant) *entry {
	s := &entry{}
	n.macs[mac] = s
	was, ok := n.recalled[mac]
	if !ok {
		return s
	}
	s.seq = was.seq
	if was.database != db && was.endpoint != (model.VTEPAddress{}) && now < n.recallHold {
		n.count(was.database, 1)
		c := Candidate{MAC: mac, Source: Local, Database: was.database, Endpoint: was.endpoint, Seq: was.seq, LearnedAt: now}
		s.locations = append(s.locations, location{Candidate: c, gone: n.recallHold})
	}
	return s
}

// forgetRecalled forgets what was recalled of a database that has reported all its MACs.
func (l *Table) forgetRecalled(db vtep.DatabaseID) {
	for _, id := range l.recalledOf[db] {
		if n := l.networks[id.Network]; n != nil && n.recalled[id.MAC].database == db {
			delete(n.recalled, id.MAC)
		}
	}
	delete(l.recalledOf, db)
}

// renumberRecalled has what was recalled of one database count for another.
func (l *Table) renumberRecalled(from, to vtep.DatabaseID) {
	for _, id := range l.recalledOf[from] {
		n := l.networks[id.Network]
		if n == nil {
			continue
		}
		if was := n.recalled[id.MAC]; was.database == from {
			was.database = to
			n.recalled[id.MAC] = was
			l.recalledOf[to] = append(l.recalledOf[to], id)
		}
	}
	delete(l.recalledOf, from)
}

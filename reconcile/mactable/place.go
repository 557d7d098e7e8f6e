package mactable

import (
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// Place takes what has changed of the MACs that a source outside answers for in a network.
// The source is numbered like a database. A MAC without VTEPAddress is gone at once: the
// source knows. first reports whether it is the first that the process hears of the source,
// so that nobody knows whether a switch has learned the MAC since.
func (l *Table) Place(source vtep.DatabaseID, network string, changed []model.EndpointMAC, first bool, at time.Time) {
	now := l.instant(at)
	n := l.network(network)
	for i := range changed {
		m := &changed[i]
		if m.VTEPAddress == (model.VTEPAddress{}) {
			n.withdraw(source, m.MAC, now)
			continue
		}
		n.learn(location{Candidate: Candidate{MAC: m.MAC, Source: Remote, Database: source, Endpoint: m.VTEPAddress}}, first, now)
	}
}

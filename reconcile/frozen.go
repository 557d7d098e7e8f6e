package reconcile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sirupsen/logrus"

	"bordergw/model"
)

// frozenNote tells of stations of one network that moved too often.
func frozenNote(macs []model.MAC) string {
	return fmt.Sprintf("stations that moved more than %d times in %s are frozen: %s", maxMoves, moveWindow, listed(macs))
}

// frozenStations are those of a network that stand still because they moved too often.
func (l *Loop) frozenStations(network string) []model.MAC {
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	if w := l.learning.winners[network]; w != nil {
		return w.Frozen
	}
	return nil
}

// countFrozen is the number of stations that stand still.
func (l *Loop) countFrozen() (n int) {
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	for _, w := range l.learning.winners {
		n += len(w.Frozen)
	}
	return n
}

// tellFrozen logs the stations that stand still from now on, in one line a network: a
// station that is in two places, or a loop of frames, is for an operator to mend.
func (l *Loop) tellFrozen(froze []stationID) {
	byNetwork := map[string][]model.MAC{}
	for _, id := range froze {
		byNetwork[id.network] = append(byNetwork[id.network], id.mac)
	}
	for _, network := range slices.Sorted(maps.Keys(byNetwork)) {
		l.log.WithFields(l.networkFields(network)).Warn(frozenNote(byNetwork[network]))
	}
}

// networkFields name a network in the log, as it is called now.
func (l *Loop) networkFields(id string) logrus.Fields {
	name := id
	if n, ok := l.store.Definitions().Networks.Get(id); ok && n.Name != "" {
		name = n.Name
	}
	return logrus.Fields{"network": name, "network_id": id}
}

package reconcile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/mactable"
)

// frozenNote tells of MACs of one network that moved too often.
func frozenNote(macs []model.MAC) string {
	return fmt.Sprintf("MACs that moved more than %d times in %s are frozen: %s", mactable.MaxMoves, mactable.MoveWindow, model.Listed(macs))
}

// frozenMACs are those of a network that stand still because they moved too often.
func (l *Loop) frozenMACs(network string) []model.MAC {
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	return l.macs.Frozen(network)
}

// countFrozen is the number of MACs that stand still.
func (l *Loop) countFrozen() int {
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	return l.macs.CountFrozen()
}

// logFrozen logs the MACs that stand still from now on, in one line a network: a
// MAC that is in two places, or a loop of frames, is for an operator to mend.
func (l *Loop) logFrozen(frozen []mactable.Key) {
	byNetwork := map[string][]model.MAC{}
	for _, id := range frozen {
		byNetwork[id.Network] = append(byNetwork[id.Network], id.MAC)
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

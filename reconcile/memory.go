package reconcile

import (
	"context"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// A station that has moved is known to two switches until the first one forgets
// it. Which came later is known to the process that saw it, and to the store,
// so that a restart does not send the station back.

// recall takes over what an earlier process remembered.
func (l *learning) recall(defs *model.Definitions) {
	for m := range defs.Moves.All() {
		if gd, ok := defs.Devices.Get(m.DeviceID); ok {
			l.network(m.NetworkID).recalled[m.MAC] = recalledHome{database: databaseID(gd), seq: m.Number}
		}
	}
}

// drainMoves tells which stations moved, and to where, since it was last asked.
func (l *learning) drainMoves(defs *model.Definitions, now time.Time) (out []model.StationMove) {
	if len(l.moved) == 0 {
		return nil
	}
	device := map[vtep.DatabaseID]string{}
	for gd := range defs.Devices.All() {
		device[databaseID(gd)] = gd.ID
	}
	for id := range l.moved {
		n := l.networks[id.network]
		if n == nil || n.macs[id.mac] == nil {
			continue
		}
		if w := n.macs[id.mac].winner(); device[w.Database] != "" {
			out = append(out, model.StationMove{
				NetworkID: id.network, MAC: id.mac, DeviceID: device[w.Database], Number: w.Seq, MovedAt: now,
			})
		}
	}
	clear(l.moved)
	return out
}

// remember has the store keep the moves. What is lost when that fails costs at
// most a station's position after a restart.
func (l *Loop) remember(ctx context.Context, defs *model.Definitions, now time.Time) {
	l.learnMu.Lock()
	moved := l.learning.drainMoves(defs, now)
	froze := l.learning.froze
	l.learning.froze = nil
	l.learnMu.Unlock()
	l.tellFrozen(froze)
	if len(moved) == 0 {
		return
	}
	if err := l.store.RecordMoves(ctx, moved); err != nil {
		l.log.WithField("err", err).Warn("remembering where stations moved to")
	}
}

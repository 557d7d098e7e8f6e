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

// remember has the store keep the moves, at a bounded rate: of a station that moves to and
// fro the last one counts. It returns when those that have to wait are due, zero if none
// has to. What is lost when that fails costs at most a station's position after a restart.
func (l *Loop) remember(ctx context.Context, defs *model.Definitions, now time.Time) (next time.Time) {
	l.learnMu.Lock()
	froze := l.learning.froze
	l.learning.froze = nil
	waiting := len(l.learning.moved) > 0
	l.learnMu.Unlock()
	l.tellFrozen(froze)
	if due := l.remembered.Add(movesGap); waiting && due.After(now) {
		return due
	}
	l.rememberMoves(ctx, defs, now)
	return time.Time{}
}

// rememberLast has the store keep the moves that had to wait when Run ends.
func (l *Loop) rememberLast() {
	ctx, cancel := context.WithTimeout(context.Background(), storeRetry)
	defer cancel()
	l.rememberMoves(ctx, l.store.Definitions(), time.Now())
}

func (l *Loop) rememberMoves(ctx context.Context, defs *model.Definitions, now time.Time) {
	l.learnMu.Lock()
	moved := l.learning.drainMoves(defs, now)
	l.learnMu.Unlock()
	if len(moved) == 0 {
		return
	}
	l.remembered = now
	if err := l.store.RecordMoves(ctx, moved); err != nil {
		l.log.WithField("err", err).Warn("remembering where stations moved to")
	}
}

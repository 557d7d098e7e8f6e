package reconcile

import (
	"context"
	"time"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// A host that has moved is known to two switches until the first one forgets it. The
// process that saw the move knows which came later, and so does the store: a restart
// does not send the MAC back.

// recall gives the MAC table what an earlier process remembered.
func (l *Loop) recall(defs *model.Definitions) {
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	all := l.renumber(defs)
	for m := range defs.Moves.All() {
		if gd, ok := defs.Devices.Get(m.DeviceID); ok {
			l.macs.Recall(m.NetworkID, m.MAC, numberOf(all, gd), m.Number)
		}
	}
}

// movesSince returns the moves since it was last called, by the devices where the MACs
// are now.
func (l *Loop) movesSince(defs *model.Definitions, now time.Time) (out []model.MACMove) {
	l.learnMu.Lock()
	moves := l.macs.TakeMoves()
	l.learnMu.Unlock()
	if len(moves) == 0 {
		return nil
	}
	device := map[vtep.DatabaseID]string{}
	for gd := range defs.Devices.All() {
		device[topology.DatabaseID(gd)] = gd.ID
	}
	for _, m := range moves {
		if id := device[m.Database]; id != "" {
			out = append(out, model.MACMove{NetworkID: m.Network, MAC: m.MAC, DeviceID: id, Number: m.Seq, MovedAt: now})
		}
	}
	return out
}

// remember has the store keep the moves, at a bounded rate: of a MAC that moves to and
// fro the last one counts. It returns when those that have to wait are due, zero if none
// has to. What is lost when that fails costs at most a MAC's position after a restart.
func (l *Loop) remember(ctx context.Context, defs *model.Definitions, now time.Time) (next time.Time) {
	l.learnMu.Lock()
	frozen := l.macs.TakeFrozen()
	waiting := l.macs.Moved()
	l.learnMu.Unlock()
	l.logFrozen(frozen)
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
	moved := l.movesSince(defs, now)
	if len(moved) == 0 {
		return
	}
	l.remembered = now
	if err := l.store.RecordMoves(ctx, moved); err != nil {
		l.log.WithField("err", err).Warn("remembering where MACs moved to")
	}
}

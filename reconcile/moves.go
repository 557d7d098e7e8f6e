package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// A host that has moved is known to two switches until the first one forgets it. The
// process that saw the move knows which came later, and so does the store: a restart
// does not send the MAC back.

// moveKeeper has the store remember MAC moves, at a bounded rate, and logs which MACs come to
// be frozen. It is Run's own.
type moveKeeper struct {
	store Store
	log   logrus.FieldLogger
	macs  *macReports
	// stored is when moves were last stored.
	stored time.Time
}

// keep has the store keep the moves, at a bounded rate: of a MAC that moves to and
// fro the last one counts. It returns when those that have to wait are due, zero if none
// has to. What is lost when that fails costs at most a MAC's position after a restart.
func (k *moveKeeper) keep(ctx context.Context, defs *model.Definitions, now time.Time) (next time.Time) {
	frozen, waiting := k.macs.takeFrozen()
	k.logFrozen(frozen)
	if due := k.stored.Add(movesGap); waiting && due.After(now) {
		return due
	}
	k.record(ctx, defs, now)
	return time.Time{}
}

// keepLast has the store keep the moves that had to wait when Run ends.
func (k *moveKeeper) keepLast() {
	ctx, cancel := context.WithTimeout(context.Background(), storeRetry)
	defer cancel()
	k.record(ctx, k.store.Definitions(), time.Now())
}

func (k *moveKeeper) record(ctx context.Context, defs *model.Definitions, now time.Time) {
	moved := recordsOf(k.macs.takeMoves(), defs, now)
	if len(moved) == 0 {
		return
	}
	k.stored = now
	if err := k.store.RecordMoves(ctx, moved); err != nil {
		k.log.WithField("err", err).Warn("remembering where MACs moved to")
	}
}

// recordsOf gives moves as the store keeps them: by the devices, or sources, where the
// MACs are now, "" for one that is nowhere.
func recordsOf(moves []mactable.Move, defs *model.Definitions, now time.Time) (out []model.MACMove) {
	if len(moves) == 0 {
		return nil
	}
	device := map[vtep.DatabaseID]string{}
	for gd := range defs.Devices.All() {
		device[topology.DatabaseID(gd)] = gd.ID
	}
	for set := range defs.Endpoints.All() {
		device[topology.SourceID(set)] = set.ID
	}
	for _, m := range moves {
		id := device[m.Database]
		_, stored := defs.Moves.Get(model.MoveID(m.Network, m.MAC))
		if id != "" || m.Database == 0 && stored {
			out = append(out, model.MACMove{NetworkID: m.Network, MAC: m.MAC, DeviceID: id, VTEPAddress: m.Endpoint, Number: m.Seq, MovedAt: now})
		}
	}
	return out
}

// logFrozen logs the MACs that stand still from now on, in one line a network: a
// MAC that is in two places, or a loop of frames, is for an operator to mend.
func (k *moveKeeper) logFrozen(frozen []mactable.Key) {
	byNetwork := map[string][]model.MAC{}
	for _, id := range frozen {
		byNetwork[id.Network] = append(byNetwork[id.Network], id.MAC)
	}
	for _, network := range slices.Sorted(maps.Keys(byNetwork)) {
		k.log.WithFields(networkFields(k.store.Definitions(), network)).Warn(frozenNote(byNetwork[network]))
	}
}

// frozenNote tells of MACs of one network that moved too often.
func frozenNote(macs []model.MAC) string {
	return fmt.Sprintf("MACs that moved more than %d times in %s are frozen: %s", mactable.MaxMoves, mactable.MoveWindow, model.Listed(macs))
}

// networkFields name a network in the log, as the definitions call it.
func networkFields(defs *model.Definitions, id string) logrus.Fields {
	name := id
	if n, ok := defs.Networks.Get(id); ok && n.Name != "" {
		name = n.Name
	}
	return logrus.Fields{"network": name, "network_id": id}
}

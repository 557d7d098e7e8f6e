package mactable

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// ledger is what an outsider who sees the switches and the clock writes down:
// when each standing row was first reported. It knows no holds, no sequence
// numbers and no freezing, as none of them matters once it is quiet.
type ledger struct {
	reported map[vtep.DatabaseID]map[rowKey]rowReport
	away     map[vtep.DatabaseID]time.Time
}

type rowReport struct {
	row  vtep.LocalMAC
	when time.Time
}

// report notes what a database holds now.
func (l *ledger) report(db vtep.DatabaseID, rows map[rowKey]vtep.LocalMAC, now time.Time) {
	if left, was := l.away[db]; was && !now.Before(left.Add(DefaultHold)) {
		l.reported[db] = nil // forgotten meanwhile
	}
	delete(l.away, db)
	is := map[rowKey]rowReport{}
	for key, row := range rows {
		if old, ok := l.reported[db][key]; ok && old.row == row {
			is[key] = old
		} else {
			is[key] = rowReport{row, now}
		}
	}
	l.reported[db] = is
}

// locations are the rows that were reported last, one for each MAC.
func (l *ledger) locations() map[rowKey]vtep.LocalMAC {
	last := map[rowKey]rowReport{}
	for db, rows := range l.reported {
		if _, away := l.away[db]; away {
			continue
		}
		for key, h := range rows {
			if h.when.After(last[key].when) {
				last[key] = h
			}
		}
	}
	out := map[rowKey]vtep.LocalMAC{}
	for key, h := range last {
		out[key] = h.row
	}
	return out
}

// run is a random run of events on several switches, two of which share an
// end point.
type run struct {
	*switches
	*rand.Rand
	book     ledger
	now      time.Time
	networks []string
}

const runDatabases = 5

func newRun(t *testing.T, seed uint64) *run {
	r := &run{
		switches: newSwitches(t, runDatabases), Rand: rand.New(rand.NewPCG(seed, 1)), now: epoch, networks: []string{"a", "b"},
		book: ledger{reported: map[vtep.DatabaseID]map[rowKey]rowReport{}, away: map[vtep.DatabaseID]time.Time{}},
	}
	return r
}

// endpoint of a database: 1 and 2 are a pair; the others have two each.
func (r *run) endpoint(db vtep.DatabaseID) model.VTEPAddress {
	if db <= 2 {
		return ipOf(1)
	}
	return ipOf(int(db)*10 + r.IntN(2))
}

func (r *run) key() rowKey { return rowKey{r.networks[r.IntN(2)], macOf(r.IntN(4))} }

// step is one event: seconds or minutes after the one before.
func (r *run) step() {
	gap := time.Duration(1+r.IntN(3000)) * time.Millisecond
	if r.IntN(12) == 0 {
		gap = time.Duration(1+r.IntN(400)) * time.Second
	}
	r.wait(gap)
	db := vtep.DatabaseID(1 + r.IntN(runDatabases))
	_, away := r.book.away[db]
	switch what := r.IntN(10); {
	case away && what < 5:
		r.snapshotOf(db, false, r.now)
		r.book.report(db, r.rows[db], r.now)
	case away: // the switch goes on without us
		r.change(db, func(k rowKey) { delete(r.rows[db], k) }, func(k rowKey) { r.write(db, k, r.endpoint(db)) })
	case what == 0:
		r.Disconnected(db, r.now)
		r.book.away[db] = r.now
	case what == 1:
		r.snapshotOf(db, false, r.now)
	case what == 2:
		r.Unfreeze(r.key().network, r.key().mac, r.now)
	case what == 3: // it says so of all of one network at a time
		r.change(db, func(k rowKey) { delete(r.rows[db], k) }, func(k rowKey) { r.write(db, k, r.endpoint(db)) })
		for _, network := range r.networks {
			r.report(db, network, r.now)
		}
		r.book.report(db, r.rows[db], r.now)
	default:
		r.change(db, func(k rowKey) { r.forget(db, k, r.now) }, func(k rowKey) { r.learn(db, k, r.endpoint(db), r.now) })
		r.book.report(db, r.rows[db], r.now)
	}
}

// change takes a row away or makes one.
func (r *run) change(db vtep.DatabaseID, forget, learn func(rowKey)) {
	key := r.key()
	if _, stands := r.rows[db][key]; stands && r.IntN(2) == 0 {
		forget(key)
	} else {
		learn(key)
	}
}

// wait lets the time pass as the Loop would: it looks whenever something is due.
func (r *run) wait(gap time.Duration) {
	end := r.now.Add(gap)
	for next := r.pass(r.now); !next.IsZero() && next.Before(end); next = r.pass(r.now) {
		require.True(r.t, next.After(r.now), "what was due is done")
		r.now = next
	}
	r.now = end
	r.pass(end)
}

// locations are what the tables have.
func (r *run) locations() map[rowKey]vtep.LocalMAC {
	out := map[rowKey]vtep.LocalMAC{}
	for name, l := range r.Snapshot(r.now).All() {
		require.True(r.t, slices.IsSortedFunc(l.Winners, func(a, b Candidate) int { return a.MAC.Compare(b.MAC) }))
		for _, w := range l.Winners {
			key := rowKey{name, w.MAC}
			require.NotContains(r.t, out, key)
			row := r.rows[w.Database][key]
			require.Equal(r.t, row.Endpoint, w.Endpoint, "%s at database %d", key, w.Database)
			out[key] = row
		}
	}
	return out
}

func TestTablesFollowFacts(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := newRun(t, seed)
			for range 1 + r.IntN(120) {
				r.step()
			}
			r.wait(2 * DefaultHold)
			require.Equal(t, r.book.locations(), r.locations())
			require.Zero(t, r.pass(r.now), "quiet: nothing is due")
			for _, n := range r.Table.networks {
				require.LessOrEqual(t, len(n.macs), 4)
				for _, s := range n.macs {
					require.LessOrEqual(t, len(s.locations), runDatabases)
					if s.moved != nil {
						require.LessOrEqual(t, len(s.moved.moves), MaxMoves+1)
					}
				}
			}
		})
	}
}

// Whatever happens, the location of a MAC is one that a switch reported, and a
// frozen MAC stays where it is while it stands there.
func TestHomesAtAllTimes(t *testing.T) {
	for seed := range uint64(100) {
		r := newRun(t, 1000+seed)
		for range 100 {
			before, frozen := r.winners()
			r.step()
			after, still := r.winners()
			for key, was := range before {
				if is := after[key]; frozen[key] && still[key] && is.Database != was.Database {
					h := r.Table.networks[key.network].macs[key.mac].at(was.Database)
					require.Nil(t, h, "seed %d: %s is frozen at %d and went to %d", seed, key, was.Database, is.Database)
				}
			}
		}
	}
}

func (r *run) winners() (locations map[rowKey]Candidate, frozen map[rowKey]bool) {
	locations, frozen = map[rowKey]Candidate{}, map[rowKey]bool{}
	for name, l := range r.Snapshot(r.now).All() {
		for _, w := range l.Winners {
			locations[rowKey{name, w.MAC}] = w
		}
		for _, mac := range l.Frozen {
			frozen[rowKey{name, mac}] = true
		}
	}
	return locations, frozen
}

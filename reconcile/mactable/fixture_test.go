package mactable

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// epoch is when tests begin whose clock is a number of seconds.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

func macOf(n int) model.MAC { return model.MAC{0x02, 0, 0, 0, byte(n >> 8), byte(n)} }

func ipOf(n int) model.VTEPAddress { return model.VTEPAddress{10, 0, byte(n >> 8), byte(n)} }

// network is the name of the one network of the tests that need no other.
const network = "net"

// always is what is so in all networks.
func always(is bool) func(string) bool { return func(string) bool { return is } }

// switches drives a learning as the workers would: each database has rows that
// carry a number which is never used again.
type switches struct {
	t *testing.T
	*Table
	rows map[vtep.DatabaseID]map[rowKey]vtep.LocalMAC
	next uint64
}

type rowKey struct {
	network string
	mac     model.MAC
}

// newSwitches makes n databases, numbered from 1, that have all said once that
// they know no MAC.
func newSwitches(t *testing.T, n int) *switches {
	s := &switches{t: t, Table: New(epoch, DefaultLocalHold, DefaultHold, 0), rows: map[vtep.DatabaseID]map[rowKey]vtep.LocalMAC{}}
	for db := vtep.DatabaseID(1); int(db) <= n; db++ {
		s.rows[db] = map[rowKey]vtep.LocalMAC{}
		s.Update(db, vtep.Locals{Full: true}, always(true), epoch)
	}
	return s
}

// write makes or replaces a row without reporting it.
func (s *switches) write(db vtep.DatabaseID, key rowKey, endpoint model.VTEPAddress) vtep.LocalMAC {
	s.next++
	row := vtep.LocalMAC{LogicalSwitch: key.network, MAC: key.mac, Endpoint: endpoint, Learning: s.next}
	s.rows[db][key] = row
	return row
}

func (s *switches) learn(db vtep.DatabaseID, key rowKey, endpoint model.VTEPAddress, now time.Time) {
	s.Update(db, vtep.Locals{MACs: []vtep.LocalMAC{s.write(db, key, endpoint)}}, always(false), now)
}

func (s *switches) forget(db vtep.DatabaseID, key rowKey, now time.Time) {
	delete(s.rows[db], key)
	s.Update(db, vtep.Locals{MACs: []vtep.LocalMAC{{LogicalSwitch: key.network, MAC: key.mac}}}, always(false), now)
}

// snapshotOf reports all rows of a database, as after a reconnect.
func (s *switches) snapshotOf(db vtep.DatabaseID, first bool, now time.Time) {
	reported := vtep.Locals{Full: true}
	for _, row := range s.rows[db] {
		reported.MACs = append(reported.MACs, row)
	}
	slices.SortFunc(reported.MACs, func(a, b vtep.LocalMAC) int { return a.MAC.Compare(b.MAC) })
	s.Update(db, reported, always(first), now)
}

// report reports all rows that a database has of one network.
func (s *switches) report(db vtep.DatabaseID, network string, now time.Time) {
	reported := vtep.Locals{Whole: map[string]bool{network: true}}
	for key, row := range s.rows[db] {
		if key.network == network {
			reported.MACs = append(reported.MACs, row)
		}
	}
	s.Update(db, reported, always(false), now)
}

// pass lets the time come, as the Loop does.
func (s *switches) pass(now time.Time) time.Time {
	return s.Expire(now).Round(0).UTC() // without the other clock, which at does not have
}

// location is where the network has the MAC at that time; 0 for nowhere.
func (s *switches) location(key rowKey, now time.Time) vtep.DatabaseID {
	l := s.Snapshot(now).Get(key.network)
	if l == nil {
		return 0
	}
	var found []vtep.DatabaseID
	for _, w := range l.Winners {
		if w.MAC == key.mac {
			found = append(found, w.Database)
		}
	}
	require.LessOrEqual(s.t, len(found), 1, "one location for each MAC")
	if len(found) == 0 {
		return 0
	}
	return found[0]
}

func (s *switches) requireLocation(db vtep.DatabaseID, key rowKey, now time.Time, why string) {
	s.t.Helper()
	require.Equal(s.t, db, s.location(key, now), why)
}

// frozenAt reports whether the network says that the MAC stands still.
func (s *switches) frozenAt(key rowKey, now time.Time) bool {
	l := s.Snapshot(now).Get(key.network)
	return l != nil && slices.Contains(l.Frozen, key.mac)
}

func (k rowKey) String() string { return fmt.Sprintf("%s %s", k.network, k.mac) }

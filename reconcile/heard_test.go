package reconcile

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// definedStore only shows definitions.
type definedStore struct {
	Store
	defs *model.Definitions
}

func (s definedStore) Definitions() *model.Definitions { return s.defs }

// Switches may speak at any moment of a compilation. Whoever counts as heard is
// heard with all stations: in the cautious time after a start those that nobody
// states are taken for withdrawn.
func TestHeardWithItsStations(t *testing.T) {
	const switches = 200
	top := newTopology()
	net := top.network("n", 5000)
	devices := map[string]vtep.DatabaseID{}
	for i := range switches {
		gd := top.device(fmt.Sprint("sw", i), "")
		devices[gd.ID] = databaseID(gd)
	}
	l := New(definedStore{defs: &top.Definitions}, Options{})
	for gd := range top.Devices.All() {
		l.workers[gd.ID] = newWorker(l, gd)
	}
	var speaking sync.WaitGroup
	speaking.Go(func() {
		for _, db := range devices {
			l.learn(db, vtep.Locals{Full: true, MACs: []vtep.LocalMAC{{LogicalSwitch: net.ID, MAC: macOf(int(db)), Endpoint: ipOf(int(db)), Learning: 1}}}, true)
		}
	})
	defer speaking.Wait()
	for heard := 0; heard < switches; {
		say := l.learned(&top.Definitions, time.Now())
		stated := map[vtep.DatabaseID]bool{}
		if w := say.winners[net.ID]; w != nil {
			for _, c := range w.Winners {
				stated[c.Database] = true
			}
		}
		heard = switches - len(say.unheard)
		for id, db := range devices {
			require.Equal(t, !say.unheard[id], stated[db])
		}
	}
}

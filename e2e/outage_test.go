package e2e_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

// watcher asks the API again and again, as somebody who notices every outage.
type watcher struct {
	stop    chan struct{}
	ended   chan struct{}
	asked   atomic.Int64
	failure atomic.Pointer[string]
}

// slow is an answer that comes too late to count as one.
const slow = 5 * time.Second

// watch runs until the test's end, which fails if a request failed or was slow.
func watch(c *controller) *watcher {
	w := &watcher{stop: make(chan struct{}), ended: make(chan struct{})}
	go w.run(c)
	c.t.Cleanup(func() {
		close(w.stop)
		<-w.ended
		require.Positive(c.t, w.asked.Load())
		if f := w.failure.Load(); f != nil {
			c.t.Error("the API was not up all the time: " + *f)
		}
	})
	return w
}

func (w *watcher) run(c *controller) {
	defer close(w.ended)
	free := poll.Start(c.t)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		began := free.Counted()
		a, err := c.try(http.MethodGet, connections, nil)
		took := free.Counted() - began
		if err != nil || a.status != http.StatusOK || took > slow {
			failure := fmt.Sprintf("status %d after %s: %v", a.status, took, err)
			w.failure.Store(&failure)
		}
		w.asked.Add(1)
		select {
		case <-w.stop:
			return
		case <-tick.C:
		}
	}
}

// TestServerOutages: each switch database in turn is stopped while definitions
// change, and lost. The controller runs on, and so does what stands elsewhere.
func TestServerOutages(t *testing.T) {
	t.Parallel()
	c := start(t)
	watch(c)
	net := c.create(networks, object{"name": "n", "provider:segmentation_id": 5001})
	servers, ids := make([]*ovsdbtest.Server, 3), make([]string, 3)
	var on []object
	for i := range servers {
		servers[i] = ovsdbtest.Start(t)
		servers[i].AddSwitch(fmt.Sprintf("tor%d", i), fmt.Sprintf("192.0.2.%d", i), "p1", "p2")
		ids[i] = c.register(fmt.Sprintf("tor%d", i), servers[i])
		on = append(on, onSwitch(fmt.Sprintf("tor%d", i), port("p1", 100)))
	}
	c.settled()
	conn := c.connect(c.create(gateways, object{"devices": on}), net, nil)
	want := [][]string{
		{"ls " + net + " key 5001", "flood " + net + " 192.0.2.1 192.0.2.2", "bind tor0 p1 100 " + net},
		{"ls " + net + " key 5001", "flood " + net + " 192.0.2.0 192.0.2.2", "bind tor1 p1 100 " + net},
		{"ls " + net + " key 5001", "flood " + net + " 192.0.2.0 192.0.2.1", "bind tor2 p1 100 " + net},
	}
	all := func() {
		t.Helper()
		for i, s := range servers {
			holds(t, s, want[i]...)
		}
	}
	all()
	for i, s := range servers {
		s.Stop()
		c.reaches(patience, connections, conn, "PENDING", fmt.Sprintf("tor%d", i))
		late := c.create(networks, object{"provider:segmentation_id": 6000 + i})
		c.connect(c.create(gateways, object{"devices": []object{onSwitch(fmt.Sprintf("tor%d", i), port("p2", 200))}}), late, nil)
		want[i] = append(want[i], fmt.Sprintf("ls %s key %d", late, 6000+i), fmt.Sprintf("bind tor%d p2 200 %s", i, late))
		s.Run()
		c.reaches(patience, devices, ids[i], "IN_SYNC")
		all()
	}
	for i, s := range servers {
		others := transactions(servers, i)
		s.Wipe()
		s.AddSwitch(fmt.Sprintf("tor%d", i), fmt.Sprintf("192.0.2.%d", i), "p1", "p2")
		all()
		c.reaches(patience, connections, conn, "ACTIVE")
		require.Equal(t, others, transactions(servers, i), "nothing of the others changed")
	}
	c.settled()
}

// transactions counts what was written into all databases but one.
func transactions(servers []*ovsdbtest.Server, but int) (counts []int) {
	for i, s := range servers {
		if i != but {
			counts = append(counts, s.Transactions())
		}
	}
	return counts
}

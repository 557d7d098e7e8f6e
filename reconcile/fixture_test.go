package reconcile

import (
	"sync/atomic"
	"time"

	"bordergw/reconcile/topology"
)

// epoch is when tests begin whose clock is a number of seconds.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

// network is the name of the one network of the tests that need no other.
const network = "net"

// bareWorker is one of no Loop.
func bareWorker() *worker {
	w := &worker{}
	w.board.view = new(atomic.Pointer[topology.View])
	return w
}

// never is for a switch of which nothing was ever asked.
func never(string, ...string) uint64 { return 0 }

package reconcile

import (
	"time"
)

// epoch is when tests begin whose clock is a number of seconds.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

// network is the name of the one network of the tests that need no other.
const network = "net"

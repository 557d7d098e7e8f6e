package reconcile

import (
	"time"

	"bordergw/model"
)

// epoch is when tests begin whose clock is a number of seconds.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

func macOf(n int) model.MAC { return model.MAC{0x02, 0, 0, 0, byte(n >> 8), byte(n)} }

func ipOf(n int) model.VTEPAddress { return model.VTEPAddress{10, 0, byte(n >> 8), byte(n)} }

// network is the name of the one network of the tests that need no other.
const network = "net"

//go:build !linux

package ovsdb

import "time"

// setUserTimeout does nothing where the kernel has no TCP_USER_TIMEOUT; the
// session's own echo finds a dead peer as well.
func setUserTimeout(int, time.Duration) error { return nil }

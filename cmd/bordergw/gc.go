package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How far the heap may grow over what lives before it is collected, unless GOGC says:
// to three times that while it is small, since what lives are tables that stay, and going
// through them takes time from the switches; to twice that where much lives
// (docs/performance.md).
const (
	maxGCPercent = 200
	minGCPercent = 100
	spareHeap    = 128 << 20 // bytes that may be waste before the percentage falls
	gcLook       = time.Second
	liveHeap     = "/gc/heap/live:bytes"
)

// tuneGC sets the percentage for what lives, again and again until ctx ends.
func tuneGC(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: liveHeap}}
	look := time.NewTicker(gcLook)
	defer look.Stop()
	for now := 0; ctx.Err() == nil; {
		metrics.Read(live)
		if percent := gcPercent(live[0].Value.Uint64()); percent != now {
			now = percent
			debug.SetGCPercent(percent)
		}
		select {
		case <-ctx.Done():
		case <-look.C:
		}
	}
}

// gcPercent is the percentage for so many bytes that live.
func gcPercent(live uint64) int {
	percent := spareHeap * 100 / max(live, 1)
	return int(min(max(percent, minGCPercent), maxGCPercent))
}

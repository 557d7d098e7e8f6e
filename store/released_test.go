package store

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestReleasedByClockAhead: a clock that was ahead gave the time of a release. The number
// is free when the store has been open for as long as the quarantine lasts.
func TestReleasedByClockAhead(t *testing.T) {
	clock := time.Now().AddDate(20, 0, 0)
	path, ctx := filepath.Join(t.TempDir(), "db"), context.Background()
	opened := func() *Store {
		s, err := Open(path, Options{Now: func() time.Time { return clock }})
		require.NoError(t, err)
		return s
	}
	s := opened()
	require.NoError(t, s.do(ctx, func(r *rules) error {
		r.quarantine.begin("gone", model.WireID{VNI: 10_000}, map[string]string{"d": "sw1"})
		return nil
	}))
	require.NoError(t, s.Close())
	clock = time.Now()
	s = opened()
	defer func() { require.NoError(t, s.Close()) }()
	lowest := func() (v model.VNI) {
		require.NoError(t, s.do(ctx, func(r *rules) (err error) {
			v, err = r.vnis.lowestFree("n")
			return err
		}))
		return v
	}
	s.opened.at = s.opened.at.Add(time.Minute - model.DefaultVNIQuarantine)
	require.Equal(t, model.VNI(10_001), lowest())
	s.opened.at = s.opened.at.Add(-2 * time.Minute)
	require.Equal(t, model.VNI(10_000), lowest())
}

// F-69: numbers are given up faster than quarantines end. None of those that are in
// quarantine is given again for that: what would give up one more is refused, and what
// switches show is not.
func TestF69QuarantineIsFull(t *testing.T) {
	ctx := context.Background()
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	giveUp := func(network string, v model.VNI, devices int) error {
		return s.do(ctx, func(r *rules) error {
			on := map[string]string{}
			for i := range devices {
				on[strconv.Itoa(i)] = "sw"
			}
			r.quarantine.begin(network, model.WireID{VNI: v}, on)
			return nil
		})
	}
	require.NoError(t, giveUp("old", 10_000, 1))
	require.NoError(t, giveUp("older", 10_001, maxReleased-1))
	before := s.Definitions()
	var refusal *model.Error
	require.ErrorAs(t, giveUp("one more", 10_002, 1), &refusal)
	require.Equal(t, "QuarantineFull", refusal.Type)
	require.Same(t, before, s.Definitions())
	require.NoError(t, s.do(ctx, func(r *rules) error {
		r.tx.reports = true
		r.quarantine.begin("moved", model.WireID{VNI: 10_003}, map[string]string{"d": "sw"})
		return nil
	}), "what switches show")
	require.Len(t, s.Quarantine(), 3)
	require.NoError(t, s.EndQuarantine(ctx, model.WireID{VNI: 10_001}, ""))
	require.NoError(t, giveUp("one more", 10_002, 1))
}

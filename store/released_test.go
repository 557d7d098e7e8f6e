package store

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// A number whose release a clock that was ahead has told is free when the store has
// been open for as long as the quarantine lasts.
func TestReleasedByClockAhead(t *testing.T) {
	clock := time.Now().AddDate(20, 0, 0)
	path, ctx := filepath.Join(t.TempDir(), "db"), context.Background()
	opened := func() *Store {
		s, err := Open(path, Options{Now: func() time.Time { return clock }})
		require.NoError(t, err)
		return s
	}
	s := opened()
	require.NoError(t, s.do(ctx, func(t *txn) error {
		t.quarantine("gone", model.WireID{VNI: 10_000}, map[string]string{"d": "sw1"})
		return nil
	}))
	require.NoError(t, s.Close())
	clock = time.Now()
	s = opened()
	defer func() { require.NoError(t, s.Close()) }()
	lowest := func() (v model.VNI) {
		require.NoError(t, s.do(ctx, func(t *txn) (err error) {
			v, err = t.lowestFreeVNI("n")
			return err
		}))
		return v
	}
	s.opened.at = s.opened.at.Add(time.Minute - model.DefaultVNIQuarantine)
	require.Equal(t, model.VNI(10_001), lowest())
	s.opened.at = s.opened.at.Add(-2 * time.Minute)
	require.Equal(t, model.VNI(10_000), lowest())
}

package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/store"
)

// A copy that is made while networks are made has every one that was answered before it began, and
// is whole.
func TestCopyDuringChanges(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(filepath.Join(dir, "db"), store.Options{})
	require.NoError(t, err)
	var made atomic.Int64
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				ended <- nil
				return
			default:
			}
			if _, err := s.CreateNetwork(t.Context(), model.Network{Name: fmt.Sprint("net", made.Load())}); err != nil {
				ended <- err
				return
			}
			made.Add(1)
		}
	}()
	for n := range 20 {
		path := filepath.Join(dir, fmt.Sprint("copy", n))
		least := int(made.Load())
		copyStore(t, s, path)
		c, err := store.Open(path, store.Options{})
		require.NoError(t, err)
		names := map[string]bool{}
		for net := range c.Definitions().Networks.All() {
			names[net.Name] = true
		}
		for i := range least {
			require.True(t, names[fmt.Sprint("net", i)], "network %d of %d was answered before copy %d", i, least, n)
		}
		require.Equal(t, s.Definitions().StoreID, c.Definitions().StoreID)
		require.NoError(t, c.Close())
	}
	close(stop)
	require.NoError(t, <-ended)
	require.NoError(t, s.Close())
	_, err = s.CopyTo(nil)
	require.Error(t, err, "of a store that is closed")
}

func copyStore(t *testing.T, s *store.Store, path string) {
	f, err := os.Create(path)
	require.NoError(t, err)
	n, err := s.CopyTo(f)
	require.NoError(t, err)
	info, err := f.Stat()
	require.NoError(t, err)
	require.Equal(t, info.Size(), n)
	require.NoError(t, f.Close())
}

package store_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/store"
)

// TestEditIsOneChange: records get places of their own, an attempt that is refused leaves no
// trace, and one commit makes everything durable.
func TestEditIsOneChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	s, err := store.Open(path, store.Options{})
	require.NoError(t, err)
	changes, end := s.Changes()
	defer end()
	create := func(e model.Editor) error {
		for _, id := range []string{"a", "b", "a", "c"} {
			err := e.CreateNetwork(model.Network{Record: model.Record{ID: id}})
			require.Equal(t, e.Definitions().Networks.Len() == 2 && id == "a", err != nil, id)
		}
		return e.ManageNetwork("b", "site:dc1")
	}
	tried, err := s.Try(create)
	require.NoError(t, err)
	require.Equal(t, 3, tried.Networks.Len())
	require.Zero(t, s.Definitions().Networks.Len(), "a try stores nothing")

	failed := errors.New("no")
	require.ErrorIs(t, s.Edit(t.Context(), func(e model.Editor) error { return errors.Join(create(e), failed) }), failed)
	require.Zero(t, s.Definitions().Networks.Len(), "all or nothing")

	require.NoError(t, s.Edit(t.Context(), create))
	<-changes
	seqs := map[uint64]bool{}
	for n := range s.Definitions().Networks.All() {
		seqs[n.Seq] = true
		require.Equal(t, map[string]string{"b": "site:dc1"}[n.ID], n.ManagedBy)
	}
	require.Len(t, seqs, 3)
	require.NoError(t, s.Close())

	s, err = store.Open(path, store.Options{})
	require.NoError(t, err)
	require.Equal(t, 3, s.Definitions().Networks.Len())
	require.NoError(t, s.Close())
}

// TestNetworkGetsItsVNIOnce: an update may give the VNI of a network that has none.
func TestNetworkGetsItsVNIOnce(t *testing.T) {
	s, err := store.Open(filepath.Join(t.TempDir(), "s.db"), store.Options{})
	require.NoError(t, err)
	defer s.Close()
	for id, vni := range map[string]model.VNI{"a": 0, "b": 7000} {
		_, err := s.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: id}, VNI: vni})
		require.NoError(t, err)
	}
	taken, free := model.VNI(7000), model.VNI(8000)
	_, err = s.UpdateNetwork(t.Context(), "a", model.NetworkUpdate{VNI: &taken})
	require.ErrorContains(t, err, "7000")
	n, err := s.UpdateNetwork(t.Context(), "a", model.NetworkUpdate{VNI: &free})
	require.NoError(t, err)
	require.Equal(t, free, n.VNI)
	_, err = s.UpdateNetwork(t.Context(), "b", model.NetworkUpdate{VNI: &free})
	require.ErrorContains(t, err, "for ever")
}

package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// made gives a file with n networks.
func made(t testing.TB, n int) string {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(path, Options{})
	require.NoError(t, err)
	for range n {
		_, err := s.CreateNetwork(t.Context(), model.Network{Name: "before"})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	return path
}

func openRefused(t *testing.T, path, text string) {
	t.Helper()
	_, err := Open(path, Options{})
	require.ErrorContains(t, err, text)
	require.ErrorContains(t, err, path)
	require.Equal(t, model.Internal, model.KindOf(err))
}

func newID() string { return "the store" }

// A step that renames all networks stands for a change of the format.
func TestMigration(t *testing.T) {
	path := made(t, 2)
	runs := 0
	rename := func(tx *bolt.Tx) error {
		runs++
		b := tx.Bucket([]byte(networks.bucket))
		return b.ForEach(func(k, v []byte) error { return b.Put(k, bytes.ReplaceAll(v, []byte("before"), []byte("after"))) })
	}
	newer := append(migrations[:len(migrations):len(migrations)], rename)
	for range 2 {
		b, err := openBolt(path, newer, newID)
		require.NoError(t, err)
		s, err := newStore(b, Options{}.withDefaults())
		require.NoError(t, err)
		for n := range s.Definitions().Networks.All() {
			require.Equal(t, "after", n.Name)
		}
		require.Equal(t, 2, s.Definitions().Networks.Len())
		require.NoError(t, s.Close())
	}
	require.Equal(t, 1, runs, "a step ran again")
	openRefused(t, path, fmt.Sprint("schema version ", len(newer)))
}

func TestMigrationFails(t *testing.T) {
	path := made(t, 1)
	failing := func(tx *bolt.Tx) error {
		return errors.Join(tx.DeleteBucket([]byte(networks.bucket)), errors.New("no"))
	}
	_, err := openBolt(path, append(migrations[:len(migrations):len(migrations)], failing), newID)
	require.ErrorContains(t, err, fmt.Sprint("migrate from schema version ", len(migrations)))
	s, err := Open(path, Options{})
	require.NoError(t, err, "a migration that failed changed the file")
	require.Equal(t, 1, s.Definitions().Networks.Len())
	require.NoError(t, s.Close())
}

func TestForeignFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := bolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }))
	require.NoError(t, db.Close())
	openRefused(t, path, "another program")

	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, bytes.Repeat([]byte("not a database\n"), 4096), 0o600))
	openRefused(t, text, "invalid database")
	_, err = Open(filepath.Join(t.TempDir(), "none", "store.db"), Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// However much of the end is missing, Open says so; it neither crashes nor
// begins an empty store.
func TestTruncatedFile(t *testing.T) {
	whole, err := os.ReadFile(made(t, 200))
	require.NoError(t, err)
	for size := 1; size < len(whole); size += 4096 - 1 {
		path := filepath.Join(t.TempDir(), "store.db")
		require.NoError(t, os.WriteFile(path, whole[:size], 0o600))
		s, err := Open(path, Options{})
		if err == nil { // what is missing was never used
			require.Equal(t, 200, s.Definitions().Networks.Len(), "%d of %d bytes", size, len(whole))
			require.NoError(t, s.Close())
			continue
		}
		require.ErrorContains(t, err, path)
	}
}

// A page of nonsense anywhere is an error or does no harm.
func TestCorruptPages(t *testing.T) {
	const page = 4096
	whole, err := os.ReadFile(made(t, 200))
	require.NoError(t, err)
	refusals := 0
	for at := 2 * page; at < len(whole); at += page {
		damaged := bytes.Clone(whole)
		copy(damaged[at:], bytes.Repeat([]byte{0xa5}, page))
		path := filepath.Join(t.TempDir(), "store.db")
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		s, err := Open(path, Options{})
		if err != nil {
			require.ErrorContains(t, err, path)
			refusals++
			continue
		}
		require.Equal(t, 200, s.Definitions().Networks.Len())
		require.NoError(t, s.Close())
	}
	require.Positive(t, refusals)
}

func TestCorruptRecords(t *testing.T) {
	for name, c := range map[string]struct {
		change func(tx *bolt.Tx) error
		want   string
	}{
		"not JSON": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(networks.bucket)).Put([]byte("x"), []byte("{"))
		}, `networks: record "x"`},
		"another's id": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(networks.bucket)).Put([]byte("x"), []byte(`{"id":"y"}`))
		}, `record "x" says that it is "y"`},
		"no gateway": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(connections.bucket)).Put([]byte("x"), []byte(`{"id":"x","l2_gateway_id":"g"}`))
		}, "connection x: gateway g"},
		"no device": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte(gateways.bucket)).Put([]byte("x"), []byte(`{"id":"x","devices":[{"device_id":"d"}]}`))
		}, "gateway x: gateway device d"},
		"no table": {func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte(gateways.bucket)) }, "l2_gateways"},
	} {
		t.Run(name, func(t *testing.T) {
			path := made(t, 1)
			db, err := bolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Update(c.change))
			require.NoError(t, db.Close())
			openRefused(t, path, c.want)
		})
	}
}

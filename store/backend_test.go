package store

import (
	"encoding/json"
	"errors"
	"io"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// flaky fails commits, after the fact or before it, and loads.
type flaky struct {
	backend
	before, after, reading error
}

func (f *flaky) commit(revision uint64, changes []change) error {
	if f.before != nil {
		return f.before
	}
	return errors.Join(f.backend.commit(revision, changes), f.after)
}

func (f *flaky) load() (contents, error) {
	c, err := f.backend.load()
	return c, errors.Join(err, f.reading)
}

// F-49: a commit that fails is answered "try again", readers go on, and what it
// left on disk is found out before the next write.
func TestFailedCommit(t *testing.T) {
	b, err := openBolt(t.TempDir()+"/store.db", migrations, newID)
	require.NoError(t, err)
	f := &flaky{backend: b}
	s, err := newStore(f, Options{}.withDefaults())
	require.NoError(t, err)
	create := func(id string) error {
		_, err := s.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: id}})
		return err
	}
	ids := func() (out []string) {
		for n := range s.Definitions().Networks.All() {
			out = append(out, n.ID)
		}
		return out
	}
	disk := errors.New("disk full")

	f.before = disk
	err = create("never")
	require.ErrorIs(t, err, disk)
	require.Equal(t, model.Unavailable, model.KindOf(err))
	require.Empty(t, ids())
	f.before, f.after = nil, disk
	require.Error(t, create("written"))
	require.Empty(t, ids())

	f.after, f.reading = nil, disk
	require.Equal(t, model.Unavailable, model.KindOf(create("blocked")))
	f.reading = nil
	require.NoError(t, create("next"))
	require.Equal(t, []string{"written", "next"}, ids())
	require.Equal(t, uint64(2), s.Definitions().Revision)
	require.NoError(t, s.Close())
}

// fixed is a backend that holds what it was made with.
type fixed contents

func (f fixed) load() (contents, error)                                { return contents(f), nil }
func (f fixed) commit(uint64, []change) error                          { return nil }
func (f fixed) copyTo(io.Writer) (int64, error)                        { return 0, nil }
func (f fixed) newest(string, string, func(string, []byte) bool) error { return nil }
func (f fixed) oldest(string, string, func(string, []byte) bool) error { return nil }
func (f fixed) close() error                                           { return nil }

// Whatever stands in the file, reading it is an error or gives definitions that
// the rules can work on.
func FuzzRecords(f *testing.F) {
	seeds := []any{
		model.Network{Record: model.Record{ID: "x"}, VNI: 7},
		model.GatewayDevice{Record: model.Record{ID: "x"}, Type: model.HWVTEP},
		model.RemoteMAC{DeviceID: "x", RemoteMACEntry: model.RemoteMACEntry{ID: "e"}, Seq: 1},
		model.L2Gateway{Record: model.Record{ID: "x"}, Devices: []model.Device{{DeviceName: "sw1", Interfaces: []model.Interface{{Name: "p1"}}}}},
		model.L2GatewayConnection{Record: model.Record{ID: "x"}, L2GatewayID: "g", NetworkID: "n"},
		model.Inventory{Record: model.Record{ID: "x"}, Switches: []model.SwitchInventory{{Name: "sw1"}}},
		model.Tombstone{Record: model.Record{ID: "x"}, Pending: []string{"d"}},
		model.RetiredDevice{GatewayDevice: model.GatewayDevice{Record: model.Record{ID: "x"}}},
	}
	for i, s := range seeds {
		value, err := json.Marshal(s)
		require.NoError(f, err)
		f.Add(uint8(i), value)
	}
	f.Add(uint8(0), []byte("null"))
	f.Fuzz(func(t *testing.T, i uint8, value []byte) {
		s, err := newStore(fixed{records: map[string]map[string][]byte{
			networks.bucket:                   {"n": []byte(`{"id":"n"}`)},
			gateways.bucket:                   {"g": []byte(`{"id":"g","devices":[{"device_name":"sw1","interfaces":[{"name":"p1"}]}]}`)},
			tables[int(i)%len(tables)].name(): {"x": value},
		}}, Options{}.withDefaults())
		if err != nil {
			return
		}
		_, _ = s.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: "g", NetworkID: "n", SegmentationID: model.VLANID(1)})
		_, _ = s.CreateGatewayDevice(t.Context(), model.GatewayDevice{Name: "sw1", ManagementIP: "10.0.0.1", ManagementPort: 1})
		_ = s.DeleteGatewayDevice(t.Context(), "x")
		_ = s.DeleteConnection(t.Context(), "x")
	})
}

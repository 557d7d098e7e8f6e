package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bordergw/model"
	"bordergw/store"
	"bordergw/store/storetest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// The test binary runs itself as another process of the same store.
const (
	childMode = "STORE_TEST_CHILD"
	childPath = "STORE_TEST_PATH"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		fmt.Println(child(mode, os.Getenv(childPath)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func child(mode, path string) error {
	s, err := store.Open(path, store.Options{})
	if err != nil || mode == "open" {
		return err
	}
	return storm(s)
}

// storm writes until it is killed and prints each connection that was
// acknowledged.
func storm(s *store.Store) error {
	ctx := context.Background()
	gd, err := s.CreateGatewayDevice(ctx, model.GatewayDevice{Name: "sw1", ManagementIP: "10.0.0.1", ManagementPort: 1})
	if err != nil {
		return err
	}
	g, err := s.CreateL2Gateway(ctx, model.L2Gateway{Devices: []model.Device{{DeviceID: gd.ID, Interfaces: []model.Interface{{Name: "p1"}}}}})
	if err != nil {
		return err
	}
	for vlan := range model.MaxVLAN {
		n, err := s.CreateNetwork(ctx, model.Network{})
		if err != nil {
			return err
		}
		c, err := s.CreateConnection(ctx, model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: n.ID, SegmentationID: model.VLANID(vlan)})
		if err != nil {
			return err
		}
		fmt.Println("stored", c.ID)
	}
	return errors.New("was not killed")
}

func childCommand(t *testing.T, mode, path string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"="+mode, childPath+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

func openBolt(t testing.TB, place string, opts store.Options) *store.Store {
	s, err := store.Open(filepath.Join(place, "store.db"), opts)
	require.NoError(t, err)
	return s
}

func TestBolt(t *testing.T) {
	storetest.Run(t, func(t testing.TB, place string, opts store.Options) *store.Store {
		s := openBolt(t, place, opts)
		store.CheckEachChange(t, s)
		return s
	})
}

// F-65: whatever was acknowledged survives SIGKILL, and nothing is there half:
// a connection and the VNI that it gives to its network are one change.
func TestKilledWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	cmd := childCommand(t, "storm", path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var stored []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		id, ok := strings.CutPrefix(lines.Text(), "stored ")
		require.True(t, ok, lines.Text())
		stored = append(stored, id)
		if len(stored) == 40 {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait())
	require.GreaterOrEqual(t, len(stored), 40)

	s, err := store.Open(path, store.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	d := s.Definitions()
	for _, id := range stored {
		_, ok := d.Connections.Get(id)
		require.True(t, ok, "connection %s was acknowledged and is gone", id)
	}
	connected := map[string]bool{}
	for c := range d.Connections.All() {
		connected[c.NetworkID] = true
	}
	for n := range d.Networks.All() {
		require.Equal(t, connected[n.ID], n.VNI != 0, "half of a change is there")
	}
}

func TestSecondProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := store.Open(path, store.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := childCommand(t, "open", path)
	killed := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer killed()
	out, err := cmd.Output()
	require.Error(t, err)
	require.NoError(t, ctx.Err(), "the second process hung")
	require.Contains(t, string(out), path)
	require.Contains(t, string(out), "another process")
}

func TestClosed(t *testing.T) {
	s := openBolt(t, t.TempDir(), store.Options{})
	n, err := s.CreateNetwork(t.Context(), model.Network{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = s.CreateNetwork(t.Context(), model.Network{})
	require.Equal(t, model.Unavailable, model.KindOf(err))
	_, ok := s.Definitions().Networks.Get(n.ID)
	require.True(t, ok)
}

func TestDefaultVNIRange(t *testing.T) {
	s := openBolt(t, t.TempDir(), store.Options{})
	defer func() { require.NoError(t, s.Close()) }()
	gd, err := s.CreateGatewayDevice(t.Context(), model.GatewayDevice{ManagementIP: "10.0.0.1", ManagementPort: 1})
	require.NoError(t, err)
	g, err := s.CreateL2Gateway(t.Context(), model.L2Gateway{Devices: []model.Device{{DeviceID: gd.ID, Interfaces: []model.Interface{{Name: "p1"}}}}})
	require.NoError(t, err)
	n, err := s.CreateNetwork(t.Context(), model.Network{})
	require.NoError(t, err)
	c := model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: n.ID, SegmentationID: model.VLANID(1)}
	_, err = s.CreateConnection(t.Context(), c)
	require.NoError(t, err)
	n, _ = s.Definitions().Networks.Get(n.ID)
	require.Equal(t, model.DefaultVNIRange.First, n.VNI)
}

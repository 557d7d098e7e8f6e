package frames_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/program"
)

const (
	networks    = "/v2.0/networks"
	gateways    = "/v2.0/l2-gateways"
	connections = "/v2.0/l2-gateway-connections"
	devices     = "/v2.0/gw/gateway_devices"
)

// singular is the key of a resource in a body, by collection.
var singular = map[string]string{
	networks: "network", gateways: "l2_gateway", connections: "l2_gateway_connection", devices: "gateway_device",
}

type object = map[string]any

// controller is a "bordergw serve" that can be ended and started again on its data directory.
type controller struct {
	dir  string
	args []string
	cmd  *exec.Cmd
	url  string
}

// startController runs a controller on a new data directory until the test ends.
func startController(t *testing.T, args ...string) *controller {
	c := &controller{dir: t.TempDir(), args: args}
	c.run(t)
	t.Cleanup(func() {
		c.end(t, syscall.SIGTERM)
		log, err := os.ReadFile(c.log())
		require.NoError(t, err)
		require.NotContains(t, string(log), "DATA RACE")
		if t.Failed() {
			t.Logf("end of the controller's log:\n%s", log[max(0, len(log)-6000):])
		}
	})
	return c
}

func (c *controller) log() string { return filepath.Join(c.dir, "log") }

// run starts the process and returns when the API listens.
func (c *controller) run(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(c.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer log.Close()
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(c.dir, "store")}, c.args...)
	c.cmd = exec.Command(os.Getenv(binaryKey), args...)
	c.cmd.Stderr = log
	c.url, err = program.Listen(c.cmd)
	require.NoError(t, err)
}

// end stops the process with a signal.
func (c *controller) end(t *testing.T, signal os.Signal) {
	t.Helper()
	require.NoError(t, c.cmd.Process.Signal(signal))
	// The daemon gives itself 10 s. What then hangs is in the log.
	limit := time.AfterFunc(time.Minute, func() { _ = c.cmd.Process.Signal(syscall.SIGQUIT) })
	defer limit.Stop()
	if err := c.cmd.Wait(); signal == syscall.SIGTERM {
		require.NoError(t, err, "after SIGTERM")
	}
}

// do makes a request that must be answered with status, and decodes the answer.
func (c *controller) do(t *testing.T, status int, method, path string, body, into any) {
	t.Helper()
	var content []byte
	var err error
	if body != nil {
		content, err = json.Marshal(body)
		require.NoError(t, err)
	}
	req, err := http.NewRequestWithContext(soon(t), method, c.url+path, bytes.NewReader(content))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	content, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, status, resp.StatusCode, "%s %s: %s", method, path, content)
	if into != nil {
		require.NoError(t, json.Unmarshal(content, into), "%s", content)
	}
}

// create makes a resource that goes when the test ends.
func (c *controller) create(t *testing.T, collection string, attributes object) (id string) {
	t.Helper()
	key := singular[collection]
	var made map[string]struct{ ID string }
	c.do(t, http.StatusCreated, http.MethodPost, collection, object{key: attributes}, &made)
	id = made[key].ID
	t.Cleanup(func() { c.do(t, http.StatusNoContent, http.MethodDelete, collection+"/"+id, nil, nil) })
	return id
}

func (c *controller) update(t *testing.T, collection, id string, attributes object) {
	t.Helper()
	c.do(t, http.StatusOK, http.MethodPut, collection+"/"+id, object{singular[collection]: attributes}, nil)
}

type shown struct {
	ID     string
	Name   string
	Status string
	Detail string `json:"status_detail"`
}

// unsettled says what is not as it is to be, nil when all devices are in sync and all connections active.
func (c *controller) unsettled(t *testing.T) error {
	var all struct {
		Devices     []shown `json:"gateway_devices"`
		Connections []shown `json:"l2_gateway_connections"`
	}
	c.do(t, http.StatusOK, http.MethodGet, devices, nil, &all)
	c.do(t, http.StatusOK, http.MethodGet, connections, nil, &all)
	for _, d := range all.Devices {
		if d.Status != "IN_SYNC" {
			return fmt.Errorf("device %s is %s: %s", d.Name, d.Status, d.Detail)
		}
	}
	for _, l := range all.Connections {
		if l.Status != "ACTIVE" {
			return fmt.Errorf("connection %s is %s: %s", l.ID, l.Status, l.Detail)
		}
	}
	return nil
}

package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// limitedPort makes a running server listen on one more port, where roles are
// enforced (ovsdb-server(7), "Role-Based Access Control"). Nobody who comes there
// has a certificate, so that all that he would write is refused.
func limitedPort(t *testing.T, s *ovsdbtest.Server) int {
	var schema map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.Schema()), &schema))
	tables := schema["tables"].(map[string]any)
	text := map[string]any{"type": "string"}
	tables["Manager"].(map[string]any)["columns"].(map[string]any)["role"] = text
	tables["RBAC_Permission"] = map[string]any{"isRoot": true, "columns": map[string]any{
		"table": text, "insert_delete": map[string]any{"type": "boolean"},
		"authorization": map[string]any{"type": map[string]any{"key": "string", "min": 0, "max": "unlimited"}},
		"update":        map[string]any{"type": map[string]any{"key": "string", "min": 0, "max": "unlimited"}},
	}}
	tables["RBAC_Role"] = map[string]any{"isRoot": true, "indexes": [][]string{{"name"}}, "columns": map[string]any{
		"name": text,
		"permissions": map[string]any{"type": map[string]any{"key": "string", "min": 0, "max": "unlimited",
			"value": map[string]any{"type": "uuid", "refTable": "RBAC_Permission", "refType": "weak"}}},
	}}
	delete(schema, "cksum")
	wider, err := json.Marshal(schema)
	require.NoError(t, err)
	s.Convert(string(wider))
	s.Transact(`[{"op":"insert","table":"RBAC_Role","row":{"name":"reader"}}]`)
	port := ovsdbtest.ReservePort(t)
	listenAs(s, port, "reader")
	return port
}

// listenAs makes a server listen on one more port, where those who come have a role;
// with "" they may do everything.
func listenAs(s *ovsdbtest.Server, port int, role string) {
	s.Transact(fmt.Sprintf(`[{"op":"insert","table":"Manager","row":{"target":"ptcp:%d:127.0.0.1","role":%q},"uuid-name":"m"},`+
		`{"op":"update","table":"Global","where":[],"row":{"managers":["named-uuid","m"]}}]`, port, role))
}

// TestF87_LimitedRole: a server that lets us read and lock, and refuses whatever we
// write. The device and the connection say so with the server's words, nothing
// loops, and it is written when it may be.
func TestF87_LimitedRole(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	port := limitedPort(t, server)
	proxy := rig.NewProxy(t, port)
	device := s.Register("tor1", proxy.Port())
	began := time.Now()
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	s.Device(rig.Patience, device, model.DeviceDegraded, "permission error")
	s.Connection(soon, conn, model.ConnectionError, "permission error")
	detect := time.Since(began)
	asked := proxy.Asked()
	<-time.After(3 * time.Second)
	require.Less(t, proxy.Asked()-asked, 60, "transactions in 3 s")
	require.Empty(t, rig.Picture(server))

	server.VtepCtl("del-manager") // what comes by it ends, and comes again
	listenAs(server, port, "")
	began = time.Now()
	rig.Holds(t, rig.Patience, server, carried...)
	s.Connection(soon, conn, model.ConnectionActive)
	measured(t, detect, time.Since(began))
}

// TestF87_PermissionError: the same of a switch that is a Peer, for ten minutes.
func TestF87_PermissionError(t *testing.T) {
	st, d, asked, dialled := refusing(t, `{"error":"permission error","details":"RBAC rules for client \"x\" role \"reader\" prohibit modification of table \"Logical_Switch\"."}`)
	require.Equal(t, model.ConnectionError, st.State)
	require.Contains(t, st.Detail, "permission error")
	require.Contains(t, st.Detail, "role")
	require.Equal(t, model.DeviceDegraded, d.Phase)
	require.EqualValues(t, 1, dialled, "the session stands")
	require.Less(t, asked, int64(200))
}

// closing is a connection that its far side closes when it is asked for a method,
// as long as it is to.
type closing struct {
	net.Conn
	method string
	until  *atomic.Bool
}

func (c closing) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.until.Load() && strings.Contains(string(b[:n]), `"method":"`+c.method+`"`) {
		_ = c.Conn.Close()
		return 0, io.EOF
	}
	return n, err
}

// TestF88_ClosesWhenAskedForTheLock: a server ends the session whenever it is asked
// for the lock, or somebody has it and it is to be taken from him. It is tried again
// at growing intervals, and driven when it does so no more.
func TestF88_ClosesWhenAskedForTheLock(t *testing.T) {
	peer := rig.NewPeer(t)
	for _, c := range []struct{ method, lock string }{{"lock", `{"locked":true}`}, {"steal", `{"locked":false}`}} {
		t.Run(c.method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var well atomic.Bool
				peer := peer.With("lock", rig.OK(c.lock))
				var dialled atomic.Int64
				s := rig.New(t, reconcile.Options{Dial: func(context.Context, *model.GatewayDevice) (net.Conn, error) {
					dialled.Add(1)
					ours, theirs := net.Pipe()
					go peer.Serve(closing{theirs, c.method, &well})
					return ours, nil
				}})
				id := s.Register("fake", 1)
				s.Join(s.Network("net", 5001), rig.At{Switch: "fake", Port: "p1", VLAN: 100})
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				require.Equal(t, model.DeviceUnreachable, s.Loop.DeviceStatus(id).Phase)
				require.NotEmpty(t, s.Loop.DeviceStatus(id).LastError)
				require.Less(t, dialled.Load(), int64(200), "in ten minutes")
				require.Greater(t, dialled.Load(), int64(10), "it is tried again")
				require.Zero(t, peer.Asked.Load(), "nothing is written without the lock")
				well.Store(true)
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Positive(t, peer.Asked.Load())
				s.Stop()
				time.Sleep(time.Minute) // the peer's goroutines find that it is over
			})
		})
	}
}

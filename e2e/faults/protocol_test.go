package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"
)

// malformed are notifications and replies that no server may send, or that say
// nothing (F-52, F-53).
var malformed = map[string]string{
	"update without params":     `{"id":null,"method":"update3","params":[]}`,
	"update with one":           `{"id":null,"method":"update3","params":["m1"]}`,
	"update of no monitor":      `{"id":null,"method":"update3","params":["m9","",{}]}`,
	"update of RFC 7047":        `{"id":null,"method":"update","params":["m1",{}]}`,
	"unknown table":             rig.Update(`{"Wombat":{"10000000-0000-4000-8000-0000000000aa":{"insert":{}}}}`),
	"unknown column":            rig.Update(`{"Logical_Switch":{"10000000-0000-4000-8000-0000000000aa":{"insert":{"wombat":7}}}}`),
	"name is a number":          rig.Update(`{"Logical_Switch":{"10000000-0000-4000-8000-0000000000aa":{"insert":{"name":7}}}}`),
	"ports is a map":            rig.Update(`{"Physical_Switch":{"10000000-0000-4000-8000-000000000001":{"modify":{"ports":["map",[["a",1]]]}}}}`),
	"bindings are a set":        rig.Update(`{"Physical_Port":{"10000000-0000-4000-8000-000000000002":{"modify":{"vlan_bindings":["set",[1,2]]}}}}`),
	"binding to nothing":        rig.Update(`{"Physical_Port":{"10000000-0000-4000-8000-000000000002":{"modify":{"vlan_bindings":["map",[[100,["uuid","x"]]]]}}}}`),
	"binding of VLAN -1":        rig.Update(`{"Physical_Port":{"10000000-0000-4000-8000-000000000002":{"modify":{"vlan_bindings":["map",[[-1,["uuid","10000000-0000-4000-8000-0000000000bb"]]]]}}}}`),
	"no UUID":                   rig.Update(`{"Logical_Switch":{"7":{"insert":{}}}}`),
	"old without new":           rig.Update(`{"Logical_Switch":{"10000000-0000-4000-8000-0000000000aa":{"old":{}}}}`),
	"deletion of nobody":        rig.Update(`{"Logical_Switch":{"10000000-0000-4000-8000-0000000000aa":{"delete":null}}}`),
	"change of nobody":          rig.Update(`{"Ucast_Macs_Local":{"10000000-0000-4000-8000-0000000000aa":{"modify":{"MAC":"x"}}}}`),
	"insertion of what is":      rig.Update(`{"Physical_Port":{"10000000-0000-4000-8000-000000000002":{"insert":{"name":"p1"}}}}`),
	"locator set of nothing":    rig.Update(`{"Mcast_Macs_Local":{"10000000-0000-4000-8000-0000000000aa":{"insert":{"MAC":"unknown-dst"}}}}`),
	"reply to nobody":           `{"id":9999,"result":[],"error":null}`,
	"reply to a string":         `{"id":"9999","result":[],"error":null}`,
	"reply to an object":        `{"id":{"a":[]},"result":[],"error":null}`,
	"reply without anything":    `{"id":9999}`,
	"result and error":          `{"id":9999,"result":[],"error":"x"}`,
	"request nobody knows":      `{"id":1,"method":"wombat","params":[]}`,
	"stolen without a name":     `{"id":null,"method":"stolen","params":[]}`,
	"stolen what nobody had":    `{"id":null,"method":"stolen","params":["wombat"]}`,
	"echo without id":           `{"method":"echo","params":[]}`,
	"a number":                  `7`,
	"nested too deep":           strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
	"a string that is none":     `{"id":null,"method":"update3","params":["` + "\x01" + `"]}`,
	"monitor canceled":          `{"id":null,"method":"monitor_canceled","params":["m1"]}`,
	"half a message":            `{"id":null,"method":"upda`,
	"integer of 400 digits":     rig.Update(`{"Logical_Switch":{"10000000-0000-4000-8000-0000000000aa":{"insert":{"tunnel_key":` + strings.Repeat("9", 400) + `}}}}`),
	"tunnel key is no integer":  rig.Update(`{"Logical_Switch":{"10000000-0000-4000-8000-0000000000aa":{"insert":{"tunnel_key":1.5}}}}`),
	"a set of sets":             rig.Update(`{"Physical_Switch":{"10000000-0000-4000-8000-000000000001":{"modify":{"tunnel_ips":["set",[["set",[]]]]}}}}`),
	"name with a NUL and emoji": rig.Update(`{"Logical_Switch":{"10000000-0000-4000-8000-0000000000aa":{"insert":{"name":"\u0000\ud83d\ude00"}}}}`),
}

// TestF52_HostileSwitch (F-52, F-53): a switch sends, after a snapshot that is
// right, each malformed message. The process goes on; the switch is either
// still there or dialled again.
func TestF52_HostileSwitch(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	devices := map[string]string{}
	peer := rig.NewPeer(t)
	for name, text := range malformed {
		hostile := peer.With("steal", rig.OK(`{"locked":true}`)+text)
		devices[name] = o.Register(name, rig.Listen(t, func(c net.Conn) {
			hostile.Serve(c)
		}))
	}
	for name, id := range devices {
		rig.Eventually(t, rig.Patience, func() error {
			d := o.Loop.DeviceStatus(id)
			if d.Phase != model.DeviceInSync && d.LastError == "" {
				return fmt.Errorf("%s: %s %s", name, d.Phase, d.Detail)
			}
			return nil
		})
	}
	began := time.Now()
	o.Join(o.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	rig.Holds(t, soon, o.server, append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)...)
	measured(t, 0, time.Since(began))
}

// recorded is what a real server says to a session that reads, writes and sees
// others write, message by message.
func recorded(t *testing.T) (messages []string) {
	c := newCutter(t)
	others := func() {
		c.server.VtepCtl("add-ls", "x", "--", "add-ucast-local", "x", "00:00:5e:00:53:01", "192.0.2.1")
	}
	c.proxy.Record()
	s, err := c.open(c.proxy.Port())
	require.NoError(t, err)
	others()
	rejected, err := s.Apply(t.Context(), s.Plan(c.want, vtep.Whole))
	require.NoError(t, err)
	require.Empty(t, rejected)
	c.server.VtepCtl("del-port", "tor1", "p1")
	c.server.VtepCtl("add-port", "tor1", "p1")
	rig.Eventually(t, rig.Patience, func() error {
		if facts := s.Facts(); facts.Counts.LocalMACs != 1 || len(facts.Switches[0].Ports) != 1 {
			return fmt.Errorf("not seen yet")
		}
		return nil
	})
	s.Close()
	<-s.Done()
	for d := json.NewDecoder(strings.NewReader(string(c.proxy.Recorded(rig.Down)))); ; {
		var m json.RawMessage
		if d.Decode(&m) != nil {
			break
		}
		messages = append(messages, string(m))
	}
	require.Greater(t, len(messages), 8)
	messages[1] = withoutTables(t, messages[1], "ACL", "ACL_entry", "Logical_Router", "Arp_Sources_Local", "Arp_Sources_Remote",
		"Logical_Binding_Stats", "Manager", "Global")
	return messages
}

// withoutTables takes tables that nobody reads out of a schema, which is the
// longest of the messages by far.
func withoutTables(t *testing.T, reply string, names ...string) string {
	var m struct {
		ID     json.RawMessage `json:"id"`
		Error  json.RawMessage `json:"error"`
		Result struct {
			Name    string                     `json:"name"`
			Version string                     `json:"version"`
			Tables  map[string]json.RawMessage `json:"tables"`
		} `json:"result"`
	}
	require.NoError(t, json.Unmarshal([]byte(reply), &m))
	for _, name := range names {
		require.Contains(t, m.Result.Tables, name)
		delete(m.Result.Tables, name)
	}
	text, err := json.Marshal(m)
	require.NoError(t, err)
	return string(text)
}

// mutate changes a message somewhere.
func mutate(r *rand.Rand, message string, all []string) string {
	b := []byte(message)
	at := func() int { return r.IntN(len(b)) }
	piece := func() (int, int) {
		i, j := at(), at()
		return min(i, j), max(i, j)
	}
	switch r.IntN(7) {
	case 0:
		b[at()] ^= 1 << r.IntN(8)
	case 1:
		i, j := piece()
		b = append(b[:i:i], b[j:]...)
	case 2:
		i, j := piece()
		b = append(b[:j:j], b[i:]...)
	case 3:
		b = b[:at()]
	case 4:
		tokens := []string{`null`, `{}`, `[]`, `"x"`, `-1`, `1e999`, `["uuid","x"]`, `["set",[]]`, `["map",[]]`, `9007199254740993`, `,`, `}`, `]`}
		i := at()
		b = append(append(b[:i:i], tokens[r.IntN(len(tokens))]...), b[i:]...)
	case 5:
		return message + all[r.IntN(len(all))]
	default:
		return all[r.IntN(len(all))]
	}
	return string(b)
}

// TestF52_TenThousandMutations: what a real server said is replayed with random
// changes. Every session stands or ends with a reason; none panics, stays
// behind or keeps memory.
func TestF52_TenThousandMutations(t *testing.T) {
	// Not beside others, whose memory would count.
	messages := recorded(t)
	const rounds, workers = 10_000, 4
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	before, goroutines := heap(), runtime.NumGoroutine()
	var running sync.WaitGroup
	var opened [workers]int
	for w := range workers {
		running.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(w)))
			for range rounds / workers {
				script := append([]string(nil), messages...)
				i := r.IntN(len(script))
				script[i] = mutate(r, script[i], messages)
				if replay(t, script) {
					opened[w]++
				}
			}
		})
	}
	running.Wait()
	total := opened[0] + opened[1] + opened[2] + opened[3]
	t.Logf("%d of %d sessions read a database", total, rounds)
	require.Greater(t, total, rounds/10)
	require.Less(t, total, rounds)
	require.Less(t, heap(), before+(16<<20))
	rig.Eventually(t, rig.Patience, func() error {
		if n := runtime.NumGoroutine(); n > goroutines+50 { // other tests come and go
			return fmt.Errorf("%d goroutines, %d before", n, goroutines)
		}
		return nil
	})
}

// replay opens a session on a script: a message a request, the rest after the
// fifth. It reports whether the session read a database.
func replay(t *testing.T, script []string) bool {
	const patient = 20 * time.Millisecond
	client, server := net.Pipe()
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer server.Close()
		d := json.NewDecoder(server)
		_ = server.SetReadDeadline(time.Now().Add(patient)) // after a mutation there may be fewer
		for i := range 5 {
			var request json.RawMessage
			if d.Decode(&request) != nil {
				return
			}
			if _, err := io.WriteString(server, script[i]); err != nil {
				return
			}
		}
		_ = server.SetReadDeadline(time.Time{})
		go func() { _, _ = io.Copy(io.Discard, server) }()
		for _, m := range script[5:] {
			if _, err := io.WriteString(server, m); err != nil {
				return
			}
		}
	}()
	// A mutated id is of nobody: the call then waits for as long as it may.
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	s, err := vtep.Open(ctx, client, vtep.Opening{Config: ovsdb.Config{MaxFrame: 1 << 20}})
	if err == nil {
		<-s.Done()
		s.Facts()
		s.Locals(vtep.Anew{All: true}, func(string) bool { return true })
		s.Plan(&vtep.Want{Owners: managed{}, Prune: true}, vtep.Whole)
	}
	<-over
	return err == nil
}

// managed are Owners of all logical switches.
type managed struct{}

func (managed) Of(string, *int) vtep.Ownership { return vtep.Managed }

func (managed) Since(vtep.Owners) (iter.Seq[string], bool) { return nil, false }

// TestF53_WrongReplies: replies that answer nobody or say two things at once.
func TestF53_WrongReplies(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		stands bool
	}{
		"unknown id before": {`{"id":4711,"result":[],"error":null}` + rig.OK(`["hardware_vtep"]`), true},
		"string id before":  {`{"id":"1","result":[],"error":null}` + rig.OK(`["hardware_vtep"]`), true},
		"twice":             {rig.OK(`["hardware_vtep"]`) + rig.OK(`["hardware_vtep"]`), true},
		"result and error":  {`{"id":$ID,"result":["hardware_vtep"],"error":"x"}`, false},
		"neither":           {`{"id":$ID}`, false},
		"wrong type":        {rig.OK(`{"a":1}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			peer := rig.NewPeer(t)
			peer.Answers["list_dbs"] = c.answer
			inBubble(t, peer.Serve, 5*time.Second, func(t *testing.T, d model.DeviceStatus) {
				require.Equal(t, !c.stands, d.Phase == model.DeviceUnreachable, "%s: %s", d.Phase, d.Detail)
			})
		})
	}
}

// TestF54_OtherServers: a server without the newer monitors is a switch like any
// other; one without the database is none, and says so.
func TestF54_OtherServers(t *testing.T) {
	t.Parallel()
	t.Run("RFC 7047 only", func(t *testing.T) {
		peer := rig.NewPeer(t)
		unknown := `{"id":$ID,"result":null,"error":"unknown method"}`
		peer.Answers["monitor_cond_since"], peer.Answers["monitor_cond"] = unknown, unknown
		peer.Answers["lock"], peer.Answers["steal"] = unknown, unknown
		peer.Answers["monitor"] = rig.OK(`{"Physical_Switch":{"10000000-0000-4000-8000-000000000001":{"new":{"name":"fake","tunnel_ips":["set",["192.0.2.200"]],` +
			`"ports":["set",[["uuid","10000000-0000-4000-8000-000000000002"]]]}}},"Physical_Port":{"10000000-0000-4000-8000-000000000002":{"new":{"name":"p1"}}}}`)
		require.EqualValues(t, 1, inBubble(t, peer.Serve, 10*time.Minute, nil))
		require.Positive(t, peer.Asked.Load(), "it is written")
	})
	t.Run("no VTEP", func(t *testing.T) {
		peer := rig.NewPeer(t)
		peer.Answers["list_dbs"] = rig.OK(`["Open_vSwitch","_Server"]`)
		inBubble(t, peer.Serve, time.Second, func(t *testing.T, d model.DeviceStatus) {
			require.Equal(t, model.DeviceUnreachable, d.Phase)
			require.Contains(t, d.LastError, "not a hardware VTEP")
		})
	})
}

// TestF55_SchemaConverted: the schema of a running server is converted, which
// ends all monitors. A member of a cluster that is not the leader refuses.
func TestF55_SchemaConverted(t *testing.T) {
	t.Parallel()
	o := newOne(t, ovsdbtest.WithSchema("1.5.1"))
	newer := ovsdbtest.Start(t).Schema()
	began := time.Now()
	o.server.Convert(newer)
	rig.Eventually(t, rig.Patience, func() error {
		for _, r := range o.Loop.DeviceReports() {
			if r.SchemaVersion != "1.7.0" || r.Status.Phase != model.DeviceInSync {
				return fmt.Errorf("schema %s, %s", r.SchemaVersion, r.Status.Phase)
			}
		}
		return nil
	})
	measured(t, 0, time.Since(began))
	require.Equal(t, "source_node", o.server.Rows("Logical_Switch", "replication_mode")[0]["replication_mode"], "what is new is used")
	_, d, asked, _ := refusing(t, `{"error":"not leader","details":"ask another"}`)
	require.Equal(t, model.DeviceDegraded, d.Phase)
	require.Contains(t, d.LastError, "not leader")
	require.Less(t, asked, int64(200))
}

// TestF56_RenamedInPlace: a row changes its name: another name for our logical
// switch, two that swap theirs.
func TestF56_RenamedInPlace(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	o.Join(o.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	want := append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)
	rig.Holds(t, soon, o.server, want...)
	began := time.Now()
	o.server.VtepCtl("set", "Logical_Switch", "net", "name=other")
	rig.Holds(t, soon, o.server, want...)
	measured(t, 0, time.Since(began))
	a, b := reference(t, o.server, "Logical_Switch", "name", "net"), reference(t, o.server, "Logical_Switch", "name", "more")
	o.server.Transact(fmt.Sprintf(`[{"op":"update","table":"Logical_Switch","where":[["_uuid","==",["uuid",%q]]],"row":{"name":"more"}},`+
		`{"op":"update","table":"Logical_Switch","where":[["_uuid","==",["uuid",%q]]],"row":{"name":"net"}}]`, a, b))
	o.InSync(o.device)
	rig.Holds(t, 2*soon, o.server, want...)
}

// TestF57_OddIntegers: numbers in foreign rows that are no VNI.
func TestF57_OddIntegers(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	var foreign []string
	for i, key := range []string{"-5", "16777216", "9007199254740993", "9223372036854775807", "-9223372036854775808"} {
		server.Transact(fmt.Sprintf(`[{"op":"insert","table":"Logical_Switch","row":{"name":"odd%d","tunnel_key":%s}}]`, i, key))
		foreign = append(foreign, fmt.Sprintf("ls odd%d %s", i, key))
	}
	server.VtepCtl("bind-ls", "tor1", "p1", "4095", "odd0")
	device := s.Register("tor1", server.Port())
	s.InSync(device)
	s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, soon, server, append(append(foreign, "bind tor1 p1 4095 odd0"), carried...)...)
}

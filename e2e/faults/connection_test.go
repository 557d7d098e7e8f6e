package faults_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// TestF01_Refused: nobody listens. The reason is shown, others are in sync, and
// the switch is written when it comes.
func TestF01_Refused(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	late := ovsdbtest.Start(t)
	late.AddSwitch("late", "192.0.2.9", "p1")
	late.Stop()
	began := time.Now()
	device := o.Register("late", late.Port())
	o.Join("net", rig.At{Switch: "late", Port: "p1", VLAN: 100})
	o.Device(soon, device, model.DeviceUnreachable, "connection refused")
	detect := time.Since(began)
	o.InSync(o.device)
	late.Run()
	began = time.Now()
	rig.Holds(t, rig.Patience, late, "ls net 5001", "bind late p1 100 net", "flood net 192.0.2.1")
	measured(t, detect, time.Since(began))
}

// inBubble runs one device against a peer that dial reaches, for a time that
// passes at once, and returns how often it was dialled.
func inBubble(t *testing.T, serve func(net.Conn), during time.Duration, look func(*testing.T, model.DeviceStatus)) (dialled int64) {
	return int64(len(dialsInBubble(t, reached(serve), during, look)))
}

// reached is a dial that finds a peer.
func reached(serve func(net.Conn)) func() (net.Conn, error) {
	return func() (net.Conn, error) {
		client, server := net.Pipe()
		go serve(server)
		return client, nil
	}
}

// dialsInBubble is inBubble for any dial, and returns when it was dialled.
func dialsInBubble(t *testing.T, dial func() (net.Conn, error), during time.Duration, look func(*testing.T, model.DeviceStatus)) (dials []time.Time) {
	synctest.Test(t, func(t *testing.T) {
		s := rig.New(t, reconcile.Options{Dial: func(context.Context, *model.GatewayDevice) (net.Conn, error) {
			dials = append(dials, time.Now())
			return dial()
		}})
		id := s.Register("fake", 1)
		s.Join(s.Network("net", 5001), rig.At{Switch: "fake", Port: "p1", VLAN: 100})
		time.Sleep(during)
		synctest.Wait()
		if look != nil {
			look(t, s.Loop.DeviceStatus(id))
		}
		s.Stop()
		time.Sleep(time.Minute) // the peer's goroutines find that it is over
	})
	return dials
}

// gaps are the times between dials, those after the first "since".
func gaps(dials []time.Time, since time.Duration) (out []time.Duration) {
	for i := 1; i < len(dials); i++ {
		if dials[i-1].Sub(dials[0]) >= since {
			out = append(out, dials[i].Sub(dials[i-1]))
		}
	}
	return out
}

// silent takes what it is sent and says nothing.
func silent(c net.Conn) {
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

// TestF02_NoJSON: a port where something else listens, or nobody speaks.
func TestF02_NoJSON(t *testing.T) {
	for name, c := range map[string]struct{ says, reason string }{
		"silence": {"", "silent"},
		"SSH":     {"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH server"},
		"HTTP":    {"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP server"},
		"TLS":     {"\x15\x03\x01\x00\x02\x02\x46", "speaks TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			dials := dialsInBubble(t, reached(says(c.says)), 10*time.Minute, func(t *testing.T, d model.DeviceStatus) {
				require.Contains(t, d.LastError, c.reason)
			})
			require.LessOrEqual(t, len(dials), 30, "it is left alone for a while")
			require.Greater(t, len(dials), 5, "and tried again")
			for _, gap := range gaps(dials, 5*time.Minute) {
				require.InDelta(t, 45, gap.Seconds(), 15, "of silence, and of rest up to 30 s; or of quarantine")
			}
		})
	}
}

// says is a peer that greets with a text and takes what it is sent.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, text) // the session may end first
		silent(c)
	}
}

// TestF03_Garbage: noise and a message without end are cut off, cost no more
// memory than a message may have, and do not touch the other switch.
func TestF03_Garbage(t *testing.T) {
	// Not beside others, whose memory would count.
	o := newOne(t)
	var sent atomic.Int64
	endless := rig.Listen(t, func(c net.Conn) {
		defer c.Close()
		chunk := []byte(strings.Repeat("x", 1<<20))
		_, err := io.WriteString(c, `{"id":1,"result":["`)
		for n := 0; err == nil && n < 1<<30; n += len(chunk) {
			_, err = c.Write(chunk)
			sent.Add(int64(len(chunk)))
		}
	})
	noise := rig.Listen(t, func(c net.Conn) {
		_, _ = io.CopyN(c, rand.Reader, 1<<20) // the session ends first
		silent(c)
	})
	before := heap()
	began := time.Now()
	first, second := o.Register("endless", endless), o.Register("noise", noise)
	o.Device(rig.Patience, second, model.DeviceUnreachable, "protocol violation")
	detect := time.Since(began)
	o.Device(rig.Patience, first, model.DeviceUnreachable, "longer than 67108864 bytes")
	measured(t, detect, time.Since(began))
	require.Less(t, sent.Load(), int64(200<<20), "two attempts at the most")
	rig.Eventually(t, rig.Patience, func() error {
		if now := heap(); now > before+(16<<20) { // the next attempt is under way
			return fmt.Errorf("%d bytes are in use, %d were before", now, before)
		}
		return nil
	})
	o.Join(o.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	rig.Holds(t, soon, o.server, append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)...)
}

// heap is what is in use after a collection, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestF03_Quarantine: who sends rubbish is dialled once a minute at the most.
func TestF03_Quarantine(t *testing.T) {
	dialled := inBubble(t, says("rubbish"), 10*time.Minute, nil)
	require.LessOrEqual(t, dialled, int64(11))
	require.Greater(t, dialled, int64(5))
}

// TestF06_HalfOpen: a switch that stops without a word is found out within 20 s;
// until then, and after, nothing else waits for it.
func TestF06_HalfOpen(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	w.other.Pause()
	began := time.Now()
	w.Join(w.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200}, rig.At{Switch: "tor2", Port: "p2", VLAN: 200})
	want := append([]string{"ls more 5002", "bind tor1 p2 200 more", "flood more 192.0.2.2"}, carriedByOne...)
	rig.Holds(t, soon, w.server, want...)
	w.Device(21*time.Second, w.otherDevice, model.DeviceUnreachable, "silent")
	detect := time.Since(began)
	require.NoError(t, rig.Differs(w.server, want), "what the others hold stays")
	w.other.Resume()
	began = time.Now()
	rig.Holds(t, rig.Patience, w.other, append([]string{"ls more 5002", "bind tor2 p2 200 more", "flood more 192.0.2.1"}, carriedByTwo...)...)
	measured(t, detect, time.Since(began))
}

// TestF06_AnyMoment: silence from any moment of a session on is found out within
// 20 s (30 s for one that still answers echo requests and nothing else).
func TestF06_AnyMoment(t *testing.T) {
	for _, method := range []string{"list_dbs", "get_schema", "lock", "monitor_cond_since", "unlock", "steal", "transact"} {
		for _, echo := range []bool{false, true} {
			peer := rig.NewPeer(t)
			if method == "unlock" || method == "steal" {
				peer.Answers["lock"] = rig.OK(`{"locked":false}`) // somebody else has it
			}
			peer.Answers[method] = ""
			limit := 30 * time.Second
			if !echo {
				peer.Answers["echo"], limit = "", 20*time.Second
			}
			inBubble(t, peer.Serve, limit+100*time.Millisecond, func(t *testing.T, d model.DeviceStatus) {
				require.Equal(t, model.DeviceUnreachable, d.Phase, "%s %s", method, d.Detail)
				require.Contains(t, d.LastError, "silent")
			})
		}
	}
}

// TestF07_Echo: a switch that never probes, one that does all the time, and one
// that wants echo answered while it takes a large write.
func TestF07_Echo(t *testing.T) {
	t.Parallel()
	peer := rig.NewPeer(t)
	var answered atomic.Int64
	dialled := inBubble(t, func(c net.Conn) { probing(c, peer, &answered) }, 10*time.Minute, nil)
	require.EqualValues(t, 1, dialled, "one session all the time")
	require.InDelta(t, 600, answered.Load(), 2)
	require.EqualValues(t, 1, inBubble(t, peer.Serve, 10*time.Minute, nil), "a session without probes stands")
}

// probing serves a connection as the peer does, and probes it every second.
func probing(c net.Conn, peer *rig.Peer, answered *atomic.Int64) {
	defer c.Close()
	ours, theirs := net.Pipe()
	defer ours.Close()
	go peer.Serve(theirs)
	go func() {
		_, _ = io.Copy(c, ours) // ends with either
	}()
	go func() {
		for _, err := io.WriteString(c, ""); err == nil; _, err = io.WriteString(c, `{"id":"probe","method":"echo","params":[]}`) {
			time.Sleep(time.Second) // of the bubble
		}
	}()
	_, _ = io.Copy(&counter{Writer: ours, word: `"id":"probe","result"`, n: answered}, c)
}

// counter counts the writes that hold a word.
type counter struct {
	io.Writer
	word string
	n    *atomic.Int64
}

func (c *counter) Write(b []byte) (int, error) {
	c.n.Add(int64(strings.Count(string(b), c.word)))
	return c.Writer.Write(b)
}

// TestF08_ClosesAtOnce: a switch that has enough managers.
func TestF08_ClosesAtOnce(t *testing.T) {
	dials := dialsInBubble(t, reached(hangUp), 10*time.Minute, func(t *testing.T, d model.DeviceStatus) {
		require.Equal(t, model.DeviceUnreachable, d.Phase)
		require.NotEmpty(t, d.LastError)
	})
	require.LessOrEqual(t, len(dials), 60)
	for _, gap := range gaps(dials, 5*time.Minute) {
		require.InDelta(t, 22.5, gap.Seconds(), 7.5)
	}
}

func hangUp(c net.Conn) { _ = c.Close() }

// TestF08_IsExpectedBack: a switch that was in sync and then hangs up is tried
// often as long as what it had learned is held, and seldom from then on.
func TestF08_IsExpectedBack(t *testing.T) {
	peer := rig.NewPeer(t)
	var served atomic.Bool
	dials := dialsInBubble(t, reached(func(c net.Conn) {
		if served.Swap(true) {
			hangUp(c)
			return
		}
		time.AfterFunc(20*time.Second, func() { c.Close() })
		peer.Serve(c)
	}), 10*time.Minute, nil)
	const hold = 5 * time.Minute
	soon := gaps(dials, 20*time.Second)
	for _, gap := range soon[:40] {
		require.LessOrEqual(t, gap, 5*time.Second)
	}
	late := gaps(dials, 20*time.Second+hold+time.Minute)
	for _, gap := range late {
		require.GreaterOrEqual(t, gap, 5*time.Second)
	}
	require.Less(t, len(late), 20)
}

// TestF01_OftenTried: what can not be reached is tried for ever, at most 5 s
// apart: it is most likely a switch that is about to come.
func TestF01_OftenTried(t *testing.T) {
	dials := dialsInBubble(t, func() (net.Conn, error) { return nil, syscall.ECONNREFUSED }, 10*time.Minute, nil)
	require.Greater(t, len(dials), 120)
	for _, gap := range gaps(dials, 0) {
		require.LessOrEqual(t, gap, 5*time.Second)
	}
}

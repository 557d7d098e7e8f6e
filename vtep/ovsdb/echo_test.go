package ovsdb_test

import (
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bordergw/internal/poll"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

const echoed = `{"id":$ID,"result":[],"error":null}`

func TestSilentPeerIsFoundOutIn20Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, ovsdb.Config{}, nil)
		start := time.Now()
		require.ErrorIs(t, ended(t, c), ovsdb.ErrSilent)
		require.Equal(t, 20*time.Second, time.Since(start))
		require.EqualValues(t, 3, c.Stats().FramesOut)
	})
}

// A peer that works on a call answers nothing else meanwhile. If the call began in the
// silence of an idle session, the peer has its time all the same.
func TestCallInSilenceGetsItsTime(t *testing.T) {
	for took, dies := range map[time.Duration]bool{18 * time.Second: false, 23 * time.Second: true} {
		synctest.Test(t, func(t *testing.T) {
			c, peer := scripted(t, ovsdb.Config{}, nil)
			time.Sleep(4 * time.Second)
			go func() { _, _ = c.Transact(t.Context(), db) }()
			time.Sleep(took)
			_, _ = peer.Write([]byte(" "))
			synctest.Wait()
			require.Equal(t, dies, c.Err() != nil, "%v after %s", c.Err(), took)
			c.Close()
			synctest.Wait()
		})
	}
}

func TestIdlePeerThatAnswersLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, ovsdb.Config{}, script{"echo": echoed})
		time.Sleep(time.Hour + time.Second)
		require.NoError(t, c.Err())
		require.EqualValues(t, 720, c.Stats().FramesIn)
		require.Zero(t, c.Stats().Ignored)
	})
}

func TestAnyByteIsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := scripted(t, ovsdb.Config{}, nil)
		for range 100 {
			time.Sleep(4 * time.Second)
			_, err := peer.Write([]byte(" "))
			require.NoError(t, err)
		}
		require.NoError(t, c.Err())
		require.Zero(t, c.Stats().FramesOut)
	})
}

// TestLongMessage: while a long message is handled, the peer, whose own echo
// requests wait, hears of us.
func TestLongMessage(t *testing.T) {
	for size, said := range map[int]int{1 << 10: 0, 2 << 20: 7} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := scripted(t, ovsdb.Config{}, script{"transact": ok(`[{"rows":["` + strings.Repeat("x", size) + `"]}]`)})
			tx := ovsdb.NewTransaction(db, ovsdb.Select("T", nil))
			tx.Committed = func([]ovsdb.Result) { time.Sleep(19 * time.Second) }
			_, err := c.Send(t.Context(), tx)
			require.NoError(t, err)
			require.EqualValues(t, 1+said, c.Stats().FramesOut)
		})
	}
}

// TestCallWithoutAnswer: a peer that answers nothing but echo.
func TestCallWithoutAnswer(t *testing.T) {
	calls := map[string]struct {
		call  func(*ovsdb.Conn, *testing.T) error
		limit time.Duration
	}{
		"list_dbs": {func(c *ovsdb.Conn, t *testing.T) error {
			_, err := c.ListDBs(t.Context())
			return err
		}, 30 * time.Second},
		"transact": {func(c *ovsdb.Conn, t *testing.T) error {
			_, err := c.Transact(t.Context(), db, make([]ovsdb.Op, 2000)...)
			require.ErrorIs(t, err, ovsdb.ErrUnknownOutcome)
			return err
		}, 32 * time.Second},
	}
	for name, test := range calls {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := net.Pipe()
				c := own(t, ovsdb.NewConn(client, ovsdb.Config{}))
				go answerEchoOnly(server)
				start := time.Now()
				require.ErrorIs(t, test.call(c, t), ovsdb.ErrSilent)
				require.Equal(t, test.limit, time.Since(start))
				require.ErrorIs(t, ended(t, c), ovsdb.ErrSilent)
			})
		})
	}
}

// answerEchoOnly also takes requests that are not JSON.
func answerEchoOnly(server net.Conn) {
	defer server.Close()
	for buf := make([]byte, 1<<20); ; {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		for range strings.Count(string(buf[:n]), `"method":"echo"`) {
			if _, err := server.Write([]byte(`{"id":"echo","result":[],"error":null}`)); err != nil {
				return
			}
		}
	}
}

// TestSlowReplyThatMakesProgress takes five minutes, ten times Progress.
func TestSlowReplyThatMakesProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := scripted(t, ovsdb.Config{}, nil)
		go func() {
			text := `{"id":1,"error":null,"result":["` + strings.Repeat("x", 100_000) + `"]}`
			for ; len(text) > 0; text = text[min(len(text), 5000):] {
				time.Sleep(15 * time.Second)
				_, _ = peer.Write([]byte(text[:min(len(text), 5000)]))
			}
		}()
		names, err := c.ListDBs(t.Context())
		require.NoError(t, err)
		require.Len(t, names[0], 100_000)
	})
}

// TestEchoAndUpdatesWhileThePeerDoesNotRead: a full send buffer must not stop
// the reader, and the reply to the echo comes right after the request.
func TestEchoAndUpdatesWhileThePeerDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer server.Close()
		c := own(t, ovsdb.NewConn(client, ovsdb.Config{}))
		outcome := make(chan error, 1)
		go func() {
			_, err := c.Transact(t.Context(), db, insertLS("a"))
			outcome <- err
		}()
		synctest.Wait()
		for range 3 {
			_, err := io.WriteString(server, `{"id":["x",1],"method":"echo","params":[{"a":"}"}]}`)
			require.NoError(t, err)
		}
		synctest.Wait()
		require.EqualValues(t, 3, c.Stats().FramesIn)

		d := json.NewDecoder(server)
		var request struct{ Method string }
		require.NoError(t, d.Decode(&request))
		require.Equal(t, "transact", request.Method)
		for range 3 {
			var reply map[string]any
			require.NoError(t, d.Decode(&reply))
			require.Equal(t, map[string]any{"id": []any{"x", 1.0}, "result": []any{map[string]any{"a": "}"}}, "error": nil}, reply)
		}
		_, err := io.WriteString(server, `{"id":1,"result":[{"uuid":["uuid","`+rowID+`"]}],"error":null}`)
		require.NoError(t, err)
		require.NoError(t, <-outcome)
	})
}

// TestStuckWriterIsReleased: nothing is read, nothing is sent.
func TestStuckWriterIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer server.Close()
		c := own(t, ovsdb.NewConn(client, ovsdb.Config{}))
		first := make(chan error, 1)
		go func() {
			_, err := c.Transact(t.Context(), db)
			first <- err
		}()
		synctest.Wait()
		_, err := c.Transact(t.Context(), db)
		require.ErrorIs(t, err, ovsdb.ErrNotSent)
		require.ErrorIs(t, err, ovsdb.ErrSilent)
		require.ErrorIs(t, <-first, ovsdb.ErrUnknownOutcome)
		require.ErrorIs(t, ended(t, c), ovsdb.ErrSilent)
	})
}

func TestClose(t *testing.T) {
	c, _ := scripted(t, ovsdb.Config{}, nil)
	require.NoError(t, c.Err())
	outcome := make(chan error, 1)
	go func() {
		_, err := c.Transact(t.Context(), db)
		outcome <- err
	}()
	poll.True(t, patience, "a frame was sent", func() bool { return c.Stats().FramesOut == 1 })
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-outcome, ovsdb.ErrUnknownOutcome)
	require.Equal(t, ovsdb.ErrClosed, ended(t, c))
	require.NoError(t, c.Close())
	_, err := c.Transact(t.Context(), db)
	require.ErrorIs(t, err, ovsdb.ErrNotSent)
	require.ErrorIs(t, err, ovsdb.ErrClosed)
}

func TestPeerClosesInTheMiddle(t *testing.T) {
	c, peer := scripted(t, ovsdb.Config{}, nil)
	_, err := io.WriteString(peer, `{"id":1,`)
	require.NoError(t, err)
	require.NoError(t, peer.Close())
	require.ErrorContains(t, ended(t, c), "middle of a message")
}

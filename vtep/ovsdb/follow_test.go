package ovsdb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// A transaction that follows another is sent when that one has been carried out,
// before anybody waits, and not at all otherwise.
func TestThen(t *testing.T) {
	one := func() *ovsdb.Transaction { return ovsdb.NewTransaction(db, ovsdb.Delete("T", nil).MustMatch()) }
	for name, test := range map[string]struct {
		answer string
		sent   uint64
		ends   bool
	}{
		"carried out":        {ok(`[{"count":1}]`), 2, false},
		"refused":            {ok(`[{"error":"no"}]`), 1, false},
		"refused as a whole": {refuse(`"no"`), 1, false},
		"matches nothing":    {ok(`[{"count":0}]`), 1, false},
		"not understood":     {ok(`[]`), 1, true},
	} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", late: ", late), func(t *testing.T) {
				c, _ := scripted(t, ovsdb.Config{}, script{"transact": test.answer, "list_dbs": ok(`["hardware_vtep"]`)})
				first := c.Begin(t.Context(), one())
				if late && !test.ends {
					alive(t, c) // the reply has come
				}
				then := first.Then(one())
				_, err := first.Wait(t.Context())
				require.Equal(t, test.sent == 1, err != nil)
				_, err = then.Wait(t.Context())
				if test.sent == 2 {
					require.NoError(t, err)
					require.Positive(t, then.Took())
				} else {
					require.ErrorIs(t, err, ovsdb.ErrNotSent)
				}
				if late && !test.ends {
					test.sent++ // alive
				}
				require.Equal(t, test.sent, c.Stats().FramesOut)
				require.Equal(t, test.ends, c.Err() != nil)
			})
		}
	}
}

func TestThenOfOneThatWasNotSent(t *testing.T) {
	c, _ := scripted(t, ovsdb.Config{}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	first := c.Begin(ctx, ovsdb.NewTransaction(db))
	then := first.Then(ovsdb.NewTransaction(db))
	for _, s := range []*ovsdb.Sending{first, then} {
		_, err := s.Wait(t.Context())
		require.ErrorIs(t, err, ovsdb.ErrNotSent)
	}
	require.NoError(t, c.Err())
}

// A long transaction that waits to be sent is none of the replies that a peer does
// not read.
func TestLongFollowerAndEcho(t *testing.T) {
	c, _ := scripted(t, ovsdb.Config{}, script{"transact": ok(`[{}]`) + `{"id":"probe","method":"echo","params":[]}`})
	first := c.Begin(t.Context(), ovsdb.NewTransaction(db, ovsdb.Comment("first")))
	then := first.Then(ovsdb.NewTransaction(db, ovsdb.Comment(strings.Repeat("x", 2<<20))))
	for _, s := range []*ovsdb.Sending{first, then} {
		_, err := s.Wait(t.Context())
		require.NoError(t, err)
	}
}

// moody answers transactions as it likes, and counts those that come while it has
// not answered the one before.
func moody(conn net.Conn, r *rand.Rand, double *atomic.Int64) {
	defer conn.Close()
	asked := make(chan json.RawMessage, 100)
	go func() {
		defer close(asked)
		for d := json.NewDecoder(conn); ; {
			var m struct {
				ID     json.RawMessage
				Method string
			}
			if d.Decode(&m) != nil {
				return
			}
			if m.Method == "transact" {
				asked <- m.ID
			}
		}
	}()
	moods := []string{ok(`[{"error":"no"}]`), refuse(`"no"`), ok(`[{"count":0}]`), ok(`[]`), ""}
	for id := range asked {
		if len(asked) > 0 {
			double.Add(1)
		}
		answer := ok(`[{"count":1}]`)
		if n := r.IntN(8 * len(moods)); n < len(moods) {
			answer = moods[n]
		}
		if answer == "" {
			return
		}
		if r.IntN(3) == 0 {
			answer += `{"id":"probe","method":"echo","params":[]}`
		}
		if _, err := conn.Write([]byte(strings.ReplaceAll(answer, "$ID", string(id)))); err != nil {
			break
		}
	}
	conn.Close()
	for range asked { // until its goroutine has gone
	}
}

// However a peer answers: never are two transactions under way, nothing follows what
// was not carried out, and nobody waits for ever.
func TestChainsWithAMoodyPeer(t *testing.T) {
	var double atomic.Int64
	carried := 0
	for seed := range uint64(300) {
		client, server := net.Pipe()
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			moody(server, rand.New(rand.NewPCG(seed, 2)), &double)
		}()
		c := ovsdb.NewConn(client, ovsdb.Config{})
		carried += chain(t, c, rand.New(rand.NewPCG(seed, 1)))
		c.Close()
		<-c.Done()
		<-gone
	}
	require.Zero(t, double.Load())
	require.Greater(t, carried, 1000)
}

// chain sends one after the other until the session ends or is cancelled.
func chain(t *testing.T, c *ovsdb.Conn, r *rand.Rand) (carried int) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	one := func() *ovsdb.Transaction { return ovsdb.NewTransaction(db, ovsdb.Delete("T", nil).MustMatch()) }
	var now *ovsdb.Sending
	for range 50 {
		if now == nil {
			now = c.Begin(ctx, one())
		}
		next := now.Then(one())
		if r.IntN(100) == 0 {
			go cancel()
		}
		if _, err := now.Wait(ctx); err == nil {
			carried++
			now = next
			continue
		}
		_, err := next.Wait(t.Context())
		require.ErrorIs(t, err, ovsdb.ErrNotSent)
		if c.Err() != nil || ctx.Err() != nil {
			return carried
		}
		now = nil
	}
	if now != nil {
		_, _ = now.Wait(ctx) // as it is
	}
	return carried
}

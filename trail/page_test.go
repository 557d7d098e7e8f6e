package trail

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

func TestPages(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.events(time.Second)
		r, _ := f.Range()
		for i := range 25_000 {
			e := model.Event{Type: "a.even", Object: device("sw1"), Severity: model.SeverityInfo, Message: fmt.Sprint(i)}
			if i%2 == 1 {
				e.Type, e.Object, e.Severity = "a.odd", device("sw2"), model.SeverityError
			}
			f.Happened(e)
			if i%10_000 == 0 {
				time.Sleep(2 * time.Second)
			}
		}
		f.events(time.Minute)
		for name, q := range map[string]model.EventQuery{
			"by type":     {Filter: model.EventFilter{Types: []string{"a.odd"}}},
			"by object":   {Filter: model.EventFilter{Kind: "device", Object: "sw2"}},
			"by severity": {Filter: model.EventFilter{Severity: "error"}},
			"newest":      {Filter: model.EventFilter{Types: []string{"a.odd"}}, Newest: true},
		} {
			q.Epoch, q.Limit = r.Epoch, 700
			n, last := 0, uint64(0)
			for {
				page, err := f.Page(q)
				require.NoError(t, err)
				require.LessOrEqual(t, len(page.Events), q.Limit)
				for _, e := range page.Events {
					require.Equal(t, "a.odd", e.Type)
					require.True(t, last == 0 || q.Newest == (e.ID.Seq < last), name)
					last = e.ID.Seq
					n++
				}
				if q.From = page.Seen; !page.More {
					break
				}
			}
			require.Equal(t, 12_500, n, name)
		}
		page, err := f.Page(model.EventQuery{Epoch: r.Epoch, Newest: true, Limit: 1})
		require.NoError(t, err)
		require.Contains(t, string(page.Events[0].JSON), `"message":"24999"`)
		at := time.Now()
		f.Happened(model.Event{Type: "late", Object: device("sw1")})
		f.events(time.Second)
		last, _ := f.Range()
		page, err = f.Page(model.EventQuery{Epoch: r.Epoch, From: last.Last - 5, Since: at, Limit: 100})
		require.NoError(t, err)
		require.Len(t, page.Events, 1)
	})
}

// TestReadersWait: a reader is woken by the next event, and by nothing else.
func TestReadersWait(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.events(time.Second)
		before, newer := f.Range()
		select {
		case <-newer:
			t.Fatal("nothing happened")
		case <-time.After(10 * time.Minute):
		}
		f.Happened(model.Event{Type: "a", Object: device("sw")})
		began := time.Now()
		<-newer
		require.LessOrEqual(t, time.Since(began), 100*time.Millisecond)
		after, _ := f.Range()
		require.Equal(t, before.Last+1, after.Last)
	})
}

func FuzzDecodeRecord(f *testing.F) {
	good, err := encodeRecord(model.EventID{Epoch: 1, Seq: 2}, model.Event{Type: "a", Severity: "error", Object: device("sw"), Related: []model.ObjectRef{device("x")}, Message: "a\nb\x1b"})
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte{1, 0})
	f.Fuzz(func(t *testing.T, value []byte) {
		h, text, err := decodeRecord(value)
		if err == nil {
			require.NotContains(t, string(text), "\n")
			require.LessOrEqual(t, len(h.objects), maxRelated+1)
		}
	})
}

func FuzzDecodePlace(f *testing.F) {
	f.Add(place{from: time.Unix(1, 0), device: "d", how: howMoved, endpoint: model.VTEPAddress{10, 0, 0, 1}}.encode())
	f.Fuzz(func(t *testing.T, value []byte) {
		if p, err := decodePlace(value); err == nil {
			require.Equal(t, value, p.encode())
		}
	})
}

func TestRecords(t *testing.T) {
	e := model.Event{
		Time: time.Unix(5, 7), Type: "device.phase", Severity: "warning", Object: device("sw"), Message: "a\nb\x1b[31m" + string(make([]byte, 10_000)),
		Related: []model.ObjectRef{{Kind: "network", ID: "n", Name: "blue", Project: "p"}},
	}
	record, err := encodeRecord(model.EventID{Epoch: 1, Seq: 2}, e)
	require.NoError(t, err)
	h, text, err := decodeRecord(record)
	require.NoError(t, err)
	require.Equal(t, header{"warning", "device.phase", time.Unix(5, 7).UTC(), append([]model.ObjectRef{device("sw")}, e.Related...)}, h)
	require.NotContains(t, string(text), "\x1b")
	require.Contains(t, string(text), `"id":"00000001-2"`)
	require.Less(t, len(record), 20_000)
}

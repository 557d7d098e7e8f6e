package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEventStreamIsPrinted(t *testing.T) {
	var out bytes.Buffer
	v := &eventView{out: &out, form: output{form: "table"}, since: "x"}
	require.NoError(t, v.read(strings.NewReader(strings.Join([]string{
		"retry: 2000", "",
		"id: 00000001-7", "event: device.phase",
		`data: {"id":"00000001-7","time":"2026-11-29T00:47:02.5Z","type":"device.phase","severity":"error","object":{"kind":"device","id":"d","name":"sw2"},"message":"switch sw2: IN_SYNC -> UNREACHABLE"}`, "",
		": alive", "",
		"event: gap", `data: {"lost_from":"00000001-8","lost_to":"00000001-127","oldest":"00000001-128"}`, "",
		"event: gap", `data: {"lost_from":"00000001-8","lost_to":null,"oldest":"00000002-1"}`, "",
		"event: bookmark", "id: 00000001-200", "",
		"event: bye", "data: {}", "",
	}, "\n"))))
	require.Equal(t, []string{
		"TIME                   SEVERITY   TYPE                   OBJECT                     MESSAGE",
		"2026-11-29T00:47:02Z   error      device.phase           device/sw2                 switch sw2: IN_SYNC -> UNREACHABLE",
		"# lost 120 events",
		"# lost events: the history was begun anew",
	}, strings.Split(strings.TrimSpace(out.String()), "\n"))
	require.Equal(t, "00000001-200", v.after, "goes on from there")
	require.Empty(t, v.since)
}

// TestEventsThatNobodyGets end the stream.
func TestEventsThatNobodyGets(t *testing.T) {
	v := &eventView{out: &terminal{w: fullDisk{}}, form: output{form: "table"}}
	err := v.read(strings.NewReader("event: device.phase\ndata: {}\n\n"))
	require.ErrorIs(t, err, errNotShown)
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 11, 29, 1, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{"": "", "1h": "2026-11-29T00:00:00Z", "2026-11-29T00:47:02Z": "2026-11-29T00:47:02Z",
		"2026-11-30": "2026-11-30T00:00:00Z", "yesterday": "2026-11-28T00:00:00Z", "today": "2026-11-29T00:00:00Z"} {
		got, err := parseWhen("since", in, now)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, in := range []string{"-1h", "2026-13-01", "tomorrow"} {
		_, err := parseWhen("until", in, now)
		require.ErrorContains(t, err, "--until: ")
	}
}

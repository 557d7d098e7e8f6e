package lab

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const pinged = `PING 192.168.50.2 (192.168.50.2) 56(84) bytes of data.
[1700000000.000100] 64 bytes from 192.168.50.2: icmp_seq=1 ttl=64 time=0.9 ms
[1700000000.610100] 64 bytes from 192.168.50.2: icmp_seq=4 ttl=64 time=0.5 ms
[1700000000.611000] 64 bytes from 192.168.50.2: icmp_seq=4 ttl=64 time=0.6 ms (DUP!)
[1700000001.010100] 64 bytes from 192.168.50.2: icmp_seq=6 ttl=64 time=0.5 ms

--- 192.168.50.2 ping statistics ---
7 packets transmitted, 3 received, +1 duplicates, 57% packet loss, time 1200ms
`

func TestParsePing(t *testing.T) {
	l, err := parsePing(pinged, 200*time.Millisecond)
	require.NoError(t, err)
	require.Equal(t, Loss{Sent: 6, Answered: 3, Silence: 410 * time.Millisecond}, l, "number 7 is under way")
	require.Equal(t, "3 of 6 lost, silence of 410ms", l.String())
	_, err = parsePing("ping: connect: Network is unreachable", time.Second)
	require.ErrorContains(t, err, "unreachable")
}

func TestAnsweredAfter(t *testing.T) {
	var s Stream
	s.out.text.WriteString(pinged)
	at, ok := s.AnsweredAfter(time.Unix(1700000000, 100*1000))
	require.True(t, ok)
	require.Equal(t, time.Unix(1700000000, 610100*1000), at)
	_, ok = s.AnsweredAfter(time.Unix(1700000002, 0))
	require.False(t, ok)
}

func FuzzParsePing(f *testing.F) {
	f.Add(pinged)
	f.Add("99999999999999999999 packets transmitted")
	f.Fuzz(func(t *testing.T, out string) {
		if l, err := parsePing(out, time.Second); err == nil {
			require.GreaterOrEqual(t, l.Silence, time.Duration(0))
		}
	})
}

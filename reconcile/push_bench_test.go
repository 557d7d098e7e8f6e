package reconcile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
)

const benchNetworks = 100

// BenchmarkPush brings a new switch in sync with MACs that another one has
// learned, from its registration to the last row: 100 networks.
func BenchmarkPush(b *testing.B) {
	for _, rows := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			s, nets := newLearnedSite(b, rows)
			warm := s.pausedMember(nets)
			warm.Resume()
			poll.True(b, time.Minute, "all rows are there", func() bool { return warm.remoteRows() == rows })
			var own time.Duration
			for b.Loop() {
				b.StopTimer()
				dst := s.pausedMember(nets)
				before := cpuTime()
				b.StartTimer()
				dst.Resume()
				for s.loop.DeviceStatus(dst.id).Phase != model.DeviceInSync {
					time.Sleep(time.Millisecond)
				}
				b.StopTimer()
				own += cpuTime() - before
				require.Equal(b, rows, dst.remoteRows())
				dst.Stop()
				b.StartTimer()
			}
			perRow := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(b.N) / float64(rows) }
			b.ReportMetric(perRow(b.Elapsed()), "µs/row")
			b.ReportMetric(perRow(own), "cpu-µs/row")
		})
	}
}

// pausedMember registers a new switch, a member of all networks, whose database
// hangs: it is dialled while all is being defined, and answers when resumed.
func (s *site) pausedMember(nets []string) *tor {
	name, tunnelIP := fmt.Sprintf("dst%d", len(s.tors)), fmt.Sprintf("192.0.2.%d", len(s.tors)+1)
	server := ovsdbtest.Start(s.t)
	server.AddSwitch(name, tunnelIP, "p1")
	server.Pause()
	t := s.register(server, name, tunnelIP)
	for i, net := range nets {
		s.connectVLAN(net, model.VLAN(i+1), name)
	}
	return t
}

func (t *tor) remoteRows() int {
	var got []struct{ Rows []json.RawMessage }
	require.NoError(t.t, json.Unmarshal([]byte(t.Transact(`[{"op":"select","table":"Ucast_Macs_Remote","where":[],"columns":["_uuid"]}]`)), &got))
	return len(got[0].Rows)
}

// cpuTime is what this process has used, without its children.
func cpuTime() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// learnAt has a switch learn MACs, evenly over the networks.
func learnAt(b *testing.B, s *site, t *tor, nets []string, rows int) {
	ops := []string{`{"op":"insert","table":"Physical_Locator","uuid-name":"own","row":{"encapsulation_type":"vxlan_over_ipv4","dst_ip":"` + t.tunnelIP + `"}}`}
	for i, net := range nets {
		n, ok := s.store.Definitions().Networks.Get(net)
		require.True(b, ok)
		ops = append(ops, fmt.Sprintf(`{"op":"insert","table":"Logical_Switch","uuid-name":"n%d","row":{"name":%q,"tunnel_key":%d}}`, i, net, n.VNI))
		for j := range rows / len(nets) {
			ops = append(ops, fmt.Sprintf(`{"op":"insert","table":"Ucast_Macs_Local","row":{"MAC":"02:00:%02x:%02x:%02x:%02x","logical_switch":["named-uuid","n%d"],"locator":["named-uuid","own"]}}`,
				i>>8, i&255, j>>8, j&255, i))
		}
	}
	t.Transact("[" + strings.Join(ops, ",") + "]")
}

package vtep_test

import (
	"fmt"
	"testing"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// placedWant has a MAC that a source answers for, with an IP address unless that is the zero value,
// and one that a switch has learned.
func placedWant(t *testing.T, ip model.IPv4) *vtep.Want {
	w := parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:01 10.0.0.51\nmac net-a 02:00:00:00:00:02 10.0.0.2 2")
	if ip != (model.IPv4{}) {
		w.Segment("net-a").IPs = []vtep.HostIP{{MAC: w.Segment("net-a").MACs[0].MAC, IP: ip}}
	}
	return w
}

// ipaddrs are those of the remote MACs of a database.
func ipaddrs(server *ovsdbtest.Server) map[string]string {
	out := map[string]string{}
	for _, row := range server.Rows(remoteTable, "MAC", "ipaddr") {
		out[fmt.Sprint(row["MAC"])] = fmt.Sprint(row["ipaddr"])
	}
	return out
}

const remoteTable = "Ucast_Macs_Remote"

func setIPAddr(server *ovsdbtest.Server, mac, ip string) {
	server.Transact(fmt.Sprintf(`[{"op":"update","table":"Ucast_Macs_Remote","where":[["MAC","==","%s"]],"row":{"ipaddr":"%s"}}]`, mac, ip))
}

// TestIPAddr: a switch answers ARP with ipaddr (vtep(5)), so that it is what a source says now, and
// nothing for all other MACs, whoever has written it. A source that has let a MAC go may have given
// its address to another one.
func TestIPAddr(t *testing.T) {
	const placed, learned = "02:00:00:00:00:01", "02:00:00:00:00:02"
	server := seed(t, "1.7.0", oneSwitch)
	s := open(t, server, nil)
	ip := model.IPv4{10, 9, 0, 5}
	converges(t, s, placedWant(t, ip))
	require.Equal(t, map[string]string{placed: "10.9.0.5", learned: ""}, ipaddrs(server))

	setIPAddr(server, learned, "192.0.2.7")
	setIPAddr(server, placed, "192.0.2.8")
	poll.True(t, patience, "the changes are reported", func() bool { return len(s.Plan(placedWant(t, ip), vtep.Whole).Ops) == 2 })
	require.Equal(t, "move mac net-a 02:00:00:00:00:01 -> 10.0.0.51 ip 10.9.0.5", s.Plan(placedWant(t, ip), vtep.Whole).Ops[0].String())
	converges(t, s, placedWant(t, ip))
	require.Equal(t, map[string]string{placed: "10.9.0.5", learned: ""}, ipaddrs(server))

	left := parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:01 10.0.0.2 2\nmac net-a 02:00:00:00:00:02 10.0.0.2 2")
	again := open(t, server, nil)
	require.Empty(t, again.Plan(placedWant(t, ip), vtep.Whole).Ops, "a new session reads it")
	converges(t, again, left)
	require.Equal(t, map[string]string{placed: "", learned: ""}, ipaddrs(server), "it has left for a port")
	converges(t, again, placedWant(t, ip))
	converges(t, again, placedWant(t, model.IPv4{}))
	require.Equal(t, map[string]string{placed: "", learned: ""}, ipaddrs(server))
	setIPAddr(server, placed, "not an address")
	poll.True(t, patience, "still nothing to do", func() bool { return ipaddrs(server)[placed] != "" })
	require.Empty(t, again.Plan(placedWant(t, model.IPv4{}), vtep.Whole).Ops)
	agree(t, server, again)
}

package reconcile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

// standing fills logical switches, as another controller left them, with MACs that
// each of the switches has learned and that the others have rows of. The VNIs are 5001
// and those that follow.
func (s *site) standing(macs int, names ...string) {
	for i, at := range s.tors {
		var ops []string
		insert := func(format string, args ...any) {
			ops = append(ops, `{"op":"insert","table":`+fmt.Sprintf(format, args...)+"}")
		}
		for n, name := range names {
			insert(`"Logical_Switch","uuid-name":"ls%d","row":{"name":%q,"tunnel_key":%d}`, n, name, 5001+n)
		}
		for j, behind := range s.tors {
			insert(`"Physical_Locator","uuid-name":"l%d","row":{"encapsulation_type":"vxlan_over_ipv4","dst_ip":%q}`, j, behind.tunnelIP)
			table := "Ucast_Macs_Remote"
			if i == j {
				table = "Ucast_Macs_Local"
			}
			for k := range macs * len(names) {
				insert(`%q,"row":{"MAC":"02:00:00:%02x:%02x:%02x","ipaddr":"","logical_switch":["named-uuid","ls%d"],"locator":["named-uuid","l%d"]}`,
					table, j, k>>8, k&255, k%len(names), j)
			}
		}
		at.Transact("[" + strings.Join(ops, ",") + "]")
	}
}

// remote gives the rows of the MACs that a switch has rows of.
func (t *tor) remote() (out []string) {
	for _, r := range t.Rows("Ucast_Macs_Remote", "_uuid", "MAC", "locator") {
		out = append(out, fmt.Sprint(r["_uuid"], r["MAC"], r["locator"]))
	}
	return out
}

// F-77: a network is defined over rows that stand, long after the start. No row of a
// MAC is written or deleted, also where one of the switches speaks late.
func TestNetworkDefinedOverStandingRows(t *testing.T) {
	s := newSite(t, 3, reconcile.Options{Settle: 8 * time.Second})
	before := map[*tor][]string{}
	s.standing(300, "net", "late")
	for _, at := range s.tors {
		before[at] = at.remote()
		require.Len(t, before[at], 1200)
	}
	s.settled(t)
	for i, name := range []string{"net", "late"} {
		_, err := s.store.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: name}, VNI: model.VNI(5001 + i)})
		require.NoError(t, err)
		if name == "late" {
			s.tors[2].Pause()
		}
		c := s.connectVLAN(name, model.VLAN(100+i), s.tors[0].name, s.tors[1].name, s.tors[2].name)
		s.eventually(func() bool { return strings.Contains(s.tors[0].VtepCtl("list-bindings", "tor0", "p1"), name) }, "tor0 is written")
		s.tors[2].Resume()
		s.active(c)
	}
	for _, at := range s.tors {
		require.Equal(t, before[at], at.remote(), at.name)
	}
}

// settled waits until the caution of the start is over: rows with our mark that nothing
// explains are removed only then.
func (s *site) settled(t *testing.T) {
	s.tors[0].Transact(fmt.Sprintf(`[{"op":"insert","table":"Logical_Switch","row":{"name":"stray","tunnel_key":9999,"other_config":["map",[["bordergw",%q]]]}}]`,
		s.store.Definitions().StoreID))
	n := s.network()
	s.connectVLAN(n, 7, s.tors[0].name)
	s.eventually(func() bool { return !strings.Contains(s.tors[0].VtepCtl("list-ls"), "stray") }, "what nothing explains is removed")
}

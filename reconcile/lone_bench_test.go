package reconcile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/vtep/ovsdb"
)

// BenchmarkLoneMAC is the time from the row of a MAC that one switch has
// learned to that of another one, with others standing; 100 networks.
func BenchmarkLoneMAC(b *testing.B) {
	for _, rows := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			s, nets := newLearnedSite(b, rows)
			dst := s.pausedMember(nets)
			dst.Resume()
			poll.True(b, time.Minute, "all rows are there", func() bool { return dst.remoteRows() == rows })
			rowCame := watchRemote(b, dst)
			hand := dialDatabase(b, s.tors[0])
			own := s.tors[0].ownLocator(nets[0])
			var took []time.Duration
			var cpu time.Duration
			for b.Loop() {
				b.StopTimer()
				time.Sleep(200 * time.Millisecond) // a lone change is not one of a burst
				n := len(took)
				row := ovsdb.Insert("Ucast_Macs_Local", "", ovsdb.Column{Name: "MAC", Value: ovsdb.String(model.MAC{2, 1, 0, 0, byte(n >> 8), byte(n)}.String())},
					ovsdb.Column{Name: "logical_switch", Value: ovsdb.Ref(own.logicalSwitch)}, ovsdb.Column{Name: "locator", Value: ovsdb.Ref(own.locator)})
				before := cpuTime()
				b.StartTimer()
				began := time.Now()
				_, err := hand.Transact(b.Context(), "hardware_vtep", row)
				require.NoError(b, err)
				<-rowCame
				took = append(took, time.Since(began))
				cpu += cpuTime() - before
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(cpu.Microseconds())/float64(len(took)), "cpu-µs")
		})
	}
}

type ownRows struct{ logicalSwitch, locator ovsdb.UUID }

// ownLocator finds the logical switch of a network and the switch's own end
// point.
func (t *tor) ownLocator(network string) ownRows {
	var got []struct {
		Rows []struct {
			UUID [2]string `json:"_uuid"`
		}
	}
	reply := t.Transact(fmt.Sprintf(`[{"op":"select","table":"Logical_Switch","where":[["name","==",%q]],"columns":["_uuid"]},`+
		`{"op":"select","table":"Physical_Locator","where":[["dst_ip","==",%q]],"columns":["_uuid"]}]`, network, t.tunnelIP))
	require.NoError(t.t, json.Unmarshal([]byte(reply), &got))
	ls, err := ovsdb.ParseUUID(got[0].Rows[0].UUID[1])
	require.NoError(t.t, err)
	locator, err := ovsdb.ParseUUID(got[1].Rows[0].UUID[1])
	require.NoError(t.t, err)
	return ownRows{logicalSwitch: ls, locator: locator}
}

func dialDatabase(b *testing.B, t *tor) *ovsdb.Conn {
	conn, err := ovsdb.Dial(b.Context(), t.TCP(), nil)
	require.NoError(b, err)
	c := ovsdb.NewConn(conn, ovsdb.Config{})
	b.Cleanup(func() { c.Close() })
	return c
}

// watchRemote tells each remote MAC that is inserted from now on.
func watchRemote(b *testing.B, t *tor) <-chan struct{} {
	w := make(watch, 1)
	table := ovsdb.MonitorTable{Table: "Ucast_Macs_Remote", Columns: []string{"ipaddr"}, Insert: true}
	_, err := dialDatabase(b, t).Monitor(b.Context(), "hardware_vtep", []ovsdb.MonitorTable{table}, w)
	require.NoError(b, err)
	return w
}

type watch chan struct{}

func (w watch) Row(ovsdb.RowUpdate) error {
	w <- struct{}{}
	return nil
}

func (w watch) Commit() {}

// newLearnedSite is a site whose one switch has learned MACs of 100 networks.
func newLearnedSite(b *testing.B, rows int) (*site, []string) {
	s := newSite(b, 0, reconcile.Options{})
	nets := make([]string, benchNetworks)
	for i := range nets {
		nets[i] = s.network()
	}
	s.add("src", "192.0.2.1")
	learnAt(b, s, s.tors[0], nets, rows)
	for i, net := range nets {
		s.connectVLAN(net, model.VLAN(i+1), "src")
	}
	s.enters(s.tors[0], model.DeviceInSync)
	return s, nets
}

package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
)

// The size of BenchmarkPages: each network is on a group of switches, each switch in as many networks.
const (
	manySwitches = 500
	groupSize    = 10
	macsEach     = 20 // of a network, on a switch
)

// BenchmarkPages asks for each page at 500 switches, 5,000 connections and 100,000 MACs while MACs come and go. It needs 8 GB and minutes.
func BenchmarkPages(b *testing.B) {
	s := &scene{daemon: serve(b), switches: map[string]*ovsdbtest.Server{}}
	s.large()
	stop := make(chan struct{})
	moved := make(chan int)
	go s.churn("sw000", stop, moved)
	pages := (&scene{}).pages()
	s.objects(pages, "sw000", "net000", "gw000/net000", "02:01:00:00:00:00")
	pages["macs of a network"] = "/ui/macs?network=net000"
	pages["a long list"] = "/ui/switches?limit=500"
	pages["trace"] = "/ui/trace?from=02:01:00:00:00:00&to=02:01:00:01:00:00"
	for name, path := range pages {
		b.Run(name, func(b *testing.B) { s.timed(b, path) })
	}
	close(stop)
	b.Logf("%d transactions of a switch meanwhile", <-moved)
}

// timed asks for a page again and again.
func (s *scene) timed(b *testing.B, path string) {
	var took []time.Duration
	size := 0
	for b.Loop() {
		began := time.Now()
		answer, err := http.Get(s.url + path)
		if err != nil {
			b.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode >= 500 {
			b.Fatal(answer.Status, err)
		}
		took, size = append(took, time.Since(began)), max(size, len(text))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "p99-ms")
	b.ReportMetric(float64(size)/1024, "KiB")
}

// large defines everything and waits until it stands.
func (s *scene) large() {
	var switches, networks, gateways, connections strings.Builder
	for i := range manySwitches {
		name := fmt.Sprintf("sw%03d", i)
		s.database(name, fmt.Sprintf("10.0.%d.%d", i/250, 1+i%250), "p1")
		fmt.Fprintf(&switches, "  %s: {address: %q, location: site%02d}\n", name, s.address(name), i/25)
		fmt.Fprintf(&networks, "  net%03d:\n", i)
		fmt.Fprintf(&gateways, "  gw%03d: {devices: [{switch: %s, ports: {p1: []}}]}\n", i, name)
		for j := range groupSize {
			fmt.Fprintf(&connections, "  - {gateway: gw%03d, network: net%03d, vlan: %d}\n", i, i/groupSize*groupSize+j, 100+j)
		}
	}
	s.apply("bordergw: 1\nsite: dc1\nswitches:\n" + switches.String() + "networks:\n" + networks.String() +
		"gateways:\n" + gateways.String() + "connections:\n" + connections.String())
	s.know()
	for i := range manySwitches {
		name := fmt.Sprintf("sw%03d", i)
		s.reaches(name, "IN_SYNC")
		var args []string
		for j := range groupSize {
			for k := range macsEach {
				args = append(args, "--", "add-ucast-local", s.networks[fmt.Sprintf("net%03d", i/groupSize*groupSize+j)],
					fmt.Sprintf("02:01:%02x:%02x:%02x:%02x", i>>8, i&0xff, j, k), fmt.Sprintf("10.0.%d.%d", i/250, 1+i%250))
			}
		}
		s.switches[name].VtepCtl(args[1:]...)
	}
	s.waitForMACs(manySwitches * groupSize * macsEach)
}

// churn has a switch learn and forget a MAC until it is stopped, and says how often.
func (s *scene) churn(name string, stop <-chan struct{}, moved chan<- int) {
	sw := s.switches[name]
	network := sw.VtepCtl("get", "Logical_Switch", s.networks["net000"], "_uuid")
	for n := 0; ; n++ {
		select {
		case <-stop:
			moved <- n
			return
		default:
		}
		sw.Transact(`[{"op":"insert","table":"Physical_Locator","uuid-name":"here","row":{"dst_ip":"10.0.0.1","encapsulation_type":"vxlan_over_ipv4"}},
			{"op":"delete","table":"Ucast_Macs_Local","where":[["MAC","==","02:ff:00:00:00:01"]]},
			{"op":"insert","table":"Ucast_Macs_Local","row":{"MAC":"02:ff:00:00:00:01","logical_switch":["uuid","` + network + `"],"locator":["named-uuid","here"]}}]`)
	}
}

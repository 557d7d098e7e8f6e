// Command checkprometheus waits until a Prometheus scrapes bordergw, has loaded dist's rules, and has data for every
// expression of the rules and of Grafana's dashboard.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"bordergw/internal/monitoring"
)

// pause is between two looks: scrapes are seconds apart.
const pause = time.Second

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "checkprometheus:", err)
		os.Exit(1)
	}
}

func run() error {
	url := flag.String("url", "http://localhost:9090", "Prometheus")
	dir := flag.String("dist", "dist", "directory with the rules and the dashboard")
	within := flag.Duration("within", 2*time.Minute, "how long to wait")
	without := flag.String("without", "", "regular expression of the expressions that have no data here")
	alert := flag.String("alert", "", "NAME=TEXT: wait only until this alert is active and its summary contains the text")
	flag.Parse()
	d, err := monitoring.ReadDist(*dir)
	if err != nil {
		return err
	}
	lack, err := regexp.Compile(*without)
	if err != nil {
		return err
	}
	if *without == "" {
		lack = nil
	}
	p := monitoring.Prometheus(strings.TrimSuffix(*url, "/"))
	if name, text, ok := strings.Cut(*alert, "="); ok {
		return until(*within, func() error { return p.Alerts(name, text) })
	}
	if err := until(*within, func() error { return p.Takes(d, lack) }); err != nil {
		return err
	}
	fmt.Printf("%d rules and %d queries of the dashboard have data\n", len(d.Alerts), len(d.Dashboard.Questions()))
	return nil
}

// until calls check until it finds nothing wrong, and returns what was wrong at last.
func until(limit time.Duration, check func() error) error {
	for end := time.Now().Add(limit); ; time.Sleep(pause) {
		err := check()
		if err == nil || time.Now().After(end) {
			return err
		}
	}
}

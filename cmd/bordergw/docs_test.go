package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/reconcile"
	"bordergw/trail"
)

// guide is the operator's guide, the reference, and the pages that they lead to.
func guide(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, page := range []string{"guide", "reference", "tls", "api"} {
		content, err := os.ReadFile("../../docs/" + page + ".md")
		require.NoError(t, err)
		text.Write(content)
	}
	return text.String()
}

func TestEveryKeyIsInTheGuide(t *testing.T) {
	text := guide(t)
	keys := pflag.NewFlagSet("", pflag.ContinueOnError)
	c := defaultConfig()
	c.bind(keys)
	keys.VisitAll(func(f *pflag.Flag) { require.Contains(t, text, "`"+strings.ReplaceAll(f.Name, "-", "_")+"`") })
}

// TestEveryEventTypeIsInTheReference: a shell offers the types that the reference has, and no others.
func TestEveryEventTypeIsInTheReference(t *testing.T) {
	content, err := os.ReadFile("../../docs/reference.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(content), "| type | when |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	var documented []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
				documented = append(documented, m[1])
			}
		}
	}
	documented = append(documented, "mac.summary") // stands in the text of its line
	types := slices.DeleteFunc(eventTypes(), func(s string) bool { return strings.HasSuffix(s, ".*") })
	require.ElementsMatch(t, documented, types)
}

// described is a registry that notes the names of the metrics it is given, also
// of those that have no value yet.
type described struct {
	*prometheus.Registry
	names map[string]bool
}

func (d described) MustRegister(cs ...prometheus.Collector) {
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	for _, c := range cs {
		descs := make(chan *prometheus.Desc)
		go func() {
			defer close(descs)
			c.Describe(descs)
		}()
		for desc := range descs {
			d.names[name.FindStringSubmatch(desc.String())[1]] = true
		}
	}
}

func TestTheGuideHasEveryMetricAndNoOther(t *testing.T) {
	registered := registeredMetrics(t)
	written := map[string]bool{}
	for _, name := range regexp.MustCompile(`bordergw_[a-z_]+`).FindAllString(guide(t), -1) {
		written[name] = true
	}
	require.Equal(t, registered, written)
}

// registeredMetrics are the names of all that the daemon shows.
func registeredMetrics(t *testing.T) map[string]bool {
	registered := described{prometheus.NewRegistry(), map[string]bool{}}
	d := daemon{cfg: daemonConfig(t)}
	db, err := d.openStore()
	require.NoError(t, err)
	defer db.Close()
	registered.MustRegister(buildInfo())
	loop := reconcile.New(db, reconcile.Options{Registry: registered})
	_, err = trail.Open(trail.Options{Path: t.TempDir() + "/history.db", Audit: db, Registry: registered})
	require.NoError(t, err)
	api.New(api.Config{Store: db, Status: loop, Log: logrus.New(), Registry: registered})
	return registered.names
}

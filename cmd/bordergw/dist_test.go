package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"bordergw/internal/monitoring"
)

const dist = "../../dist"

func readDist(t *testing.T) monitoring.Dist {
	d, err := monitoring.ReadDist(dist)
	require.NoError(t, err)
	require.NotEmpty(t, d.Alerts)
	require.NotEmpty(t, d.Dashboard.Panels)
	return d
}

// readYAML reads a file of the checkout, and knows all keys of it.
func readYAML(t *testing.T, into any, path ...string) {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{"../.."}, path...)...))
	require.NoError(t, err)
	defer f.Close()
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	require.NoError(t, dec.Decode(into), path)
}

// What rules and dashboard ask for is there, under that name. (e2e asks a real Prometheus all of it.)
func TestDistAsksForMetricsThatThereAre(t *testing.T) {
	is := registeredMetrics(t)
	for _, q := range readDist(t).Questions() {
		names := regexp.MustCompile(`bordergw_[a-z_]+`).FindAllString(q.Expr, -1)
		for _, name := range names {
			require.True(t, is[strings.TrimSuffix(name, "_bucket")], "%s in %s", name, q.Of)
		}
		require.True(t, len(names) > 0 || regexp.MustCompile(`up\{|process_|ALERTS\{`).MatchString(q.Expr), q.Of)
	}
}

// Each alert says what is the matter, and where it stands what to do; there is no other such place.
func TestAlertsSayWhatToDo(t *testing.T) {
	text, err := os.ReadFile("../../docs/alerts.md")
	require.NoError(t, err)
	var written []string
	for _, title := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(string(text), -1) {
		written = append(written, title[1])
	}
	var alerts []string
	for _, a := range readDist(t).Alerts {
		alerts = append(alerts, a.Name)
		require.Equal(t, "docs/alerts.md#"+strings.ToLower(a.Name), a.Annotations["runbook"])
		require.NotEmpty(t, a.Annotations["summary"], a.Name)
		require.NotEmpty(t, a.Annotations["description"], a.Name)
		require.Contains(t, []string{"critical", "warning"}, a.Labels["severity"])
	}
	require.Equal(t, alerts, written)
}

// Each alert is seen to fire, by promtool.
func TestEachAlertIsTested(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(dist, "prometheus", "bordergw.rules.test.yaml"))
	require.NoError(t, err)
	var tests struct {
		Tests []struct {
			Alerts []struct {
				Name string           `yaml:"alertname"`
				Fire []map[string]any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &tests))
	fires, rests := map[string]bool{}, map[string]bool{}
	for _, group := range tests.Tests {
		for _, a := range group.Alerts {
			fires[a.Name] = fires[a.Name] || len(a.Fire) > 0
			rests[a.Name] = rests[a.Name] || len(a.Fire) == 0
		}
	}
	for _, a := range readDist(t).Alerts {
		require.True(t, fires[a.Name], "%s is not seen to fire", a.Name)
		require.True(t, rests[a.Name], "%s is not seen not to fire", a.Name)
	}
}

// Prometheus itself takes the rules, and they fire when they are to; the dashboard asks for nothing that it does not
// understand.
func TestPrometheusTakesIt(t *testing.T) {
	run := func(args ...string) {
		cmd := exec.Command("promtool", args...)
		cmd.Dir = filepath.Join(dist, "prometheus")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s (make deps installs promtool)", out)
	}
	run("check", "rules", "bordergw.rules.yaml")
	run("check", "config", "--syntax-only", "prometheus.yaml")
	run("check", "config", "--syntax-only", "../compose/prometheus.yaml")
	run("test", "rules", "bordergw.rules.test.yaml")

	type rule struct{ Record, Expr string }
	var rules []rule
	for i, q := range readDist(t).Dashboard.Questions() {
		rules = append(rules, rule{fmt.Sprint("panel_", i), q.Expr})
	}
	text, err := yaml.Marshal(map[string]any{"groups": []map[string]any{{"name": "dashboard", "rules": rules}}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "dashboard.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	run("check", "rules", file)
}

// The form of the dashboard is what Grafana 10.3 and later take: panels and questions have ids, ask the data source that
// the user chooses, and do not cover each other; each variable that is used is one.
func TestDashboardIsWhole(t *testing.T) {
	d := readDist(t).Dashboard
	require.Equal(t, "bordergw", d.UID)
	require.Equal(t, 39, d.SchemaVersion)
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		require.NotEmpty(t, p.Title)
		require.False(t, ids[p.ID] || p.ID == 0, "id %d of %s", p.ID, p.Title)
		ids[p.ID] = true
		require.Contains(t, []string{"row", "stat", "table", "timeseries"}, p.Type)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				require.Empty(t, taken[at], "%s covers another panel", p.Title)
				require.Less(t, at[0], 24, p.Title)
				taken[at] = p.Title
			}
		}
		asksChosenSource(t, p)
	}
	text, err := os.ReadFile(filepath.Join(dist, "grafana", "bordergw.json"))
	require.NoError(t, err)
	for _, used := range regexp.MustCompile(`\$\{?([a-z_]+)`).FindAllStringSubmatch(string(text), -1) {
		is := func(v monitoring.Variable) bool { return v.Name == used[1] }
		require.True(t, used[1] == "__all" || slices.ContainsFunc(d.Templating.List, is), used[0])
	}
}

// asksChosenSource: a panel that is no row has questions, each with an id, of the data source that is a variable.
func asksChosenSource(t *testing.T, p monitoring.Panel) {
	if p.Type == "row" {
		require.Empty(t, p.Targets, p.Title)
		return
	}
	require.NotEmpty(t, p.Targets, p.Title)
	chosen := &monitoring.Datasource{Type: "prometheus", UID: "${datasource}"}
	require.Equal(t, chosen, p.Datasource, p.Title)
	refs := map[string]bool{}
	for _, target := range p.Targets {
		require.Equal(t, chosen, target.Datasource, p.Title)
		require.False(t, refs[target.RefID] || target.RefID == "", "%s: refId %q", p.Title, target.RefID)
		refs[target.RefID] = true
	}
}

// provisioning are Grafana's files of this kind, with the keys that ours use.
type provisioning struct {
	APIVersion int `yaml:"apiVersion"`
	Providers  []struct {
		Name, Type string
		Options    struct{ Path string }
	} `yaml:",omitempty"`
	Datasources []struct {
		Name, UID, Type, Access, URL string
		IsDefault                    bool `yaml:"isDefault"`
	} `yaml:",omitempty"`
}

// Grafana finds the dashboard and its data source by files that have no key but those that it knows.
func TestGrafanaProvisioning(t *testing.T) {
	for _, file := range []string{"dist/grafana/provisioning/datasource.yaml", "dist/compose/datasource.yaml"} {
		var p provisioning
		readYAML(t, &p, file)
		require.Equal(t, 1, p.APIVersion)
		require.Len(t, p.Datasources, 1)
		require.Equal(t, "prometheus", p.Datasources[0].Type)
		require.Equal(t, "proxy", p.Datasources[0].Access)
		require.Contains(t, p.Datasources[0].URL, ":9090")
		require.True(t, p.Datasources[0].IsDefault)
	}
	var p provisioning
	readYAML(t, &p, "dist/grafana/provisioning/dashboards.yaml")
	require.Equal(t, 1, p.APIVersion)
	require.Len(t, p.Providers, 1)
	require.Equal(t, "file", p.Providers[0].Type)
	require.Equal(t, "/var/lib/grafana/dashboards", p.Providers[0].Options.Path)
}

package main

import (
	"encoding/json"
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
)

const (
	rulesFile     = "../../dist/prometheus/bordergw.rules.yaml"
	dashboardFile = "../../dist/grafana/bordergw.json"
)

// alertRule is one of the rules for Prometheus.
type alertRule struct {
	Alert, Expr string
	Labels      map[string]string
	Annotations map[string]string
}

func alertRules(t *testing.T) []alertRule {
	text, err := os.ReadFile(rulesFile)
	require.NoError(t, err)
	var file struct{ Groups []struct{ Rules []alertRule } }
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.Len(t, file.Groups, 1)
	require.NotEmpty(t, file.Groups[0].Rules)
	return file.Groups[0].Rules
}

// dashboard is what is looked at of Grafana's.
type dashboard struct {
	Panels []struct {
		Title   string
		Targets []struct{ Expr string }
		GridPos struct{ H, W, X, Y int }
	}
	Templating struct{ List []struct{ Name, Type string } }
}

func readDashboard(t *testing.T) (d dashboard) {
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &d))
	return d
}

// expressions are those of the dashboard, with its variables as Grafana fills them in.
func (d dashboard) expressions() (out []string) {
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			out = append(out, strings.NewReplacer("$instance", ".*", "$device", ".*").Replace(target.Expr))
		}
	}
	return out
}

// What rules and dashboard ask for is there, under that name.
func TestDistAsksForMetricsThatThereAre(t *testing.T) {
	var asked []string
	for _, r := range alertRules(t) {
		asked = append(asked, r.Expr)
	}
	asked = append(asked, readDashboard(t).expressions()...)
	is := registeredMetrics(t)
	for _, expr := range asked {
		names := regexp.MustCompile(`bordergw_[a-z_]+`).FindAllString(expr, -1)
		for _, name := range names {
			name = strings.TrimSuffix(name, "_bucket")
			require.True(t, is[name], "%s in %s", name, expr)
		}
		require.True(t, len(names) > 0 || strings.Contains(expr, "up{") || strings.Contains(expr, "process_"), expr)
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
	for _, r := range alertRules(t) {
		alerts = append(alerts, r.Alert)
		require.Equal(t, "docs/alerts.md#"+strings.ToLower(r.Alert), r.Annotations["runbook"])
		require.NotEmpty(t, r.Annotations["summary"], r.Alert)
		require.NotEmpty(t, r.Annotations["description"], r.Alert)
		require.Contains(t, []string{"critical", "warning"}, r.Labels["severity"])
	}
	require.Equal(t, alerts, written)
}

// No panel of the dashboard covers another, and each variable that is used is one.
func TestDashboardIsWhole(t *testing.T) {
	d := readDashboard(t)
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				require.Empty(t, taken[at], "%s covers another panel", p.Title)
				require.Less(t, at[0], 24, p.Title)
				taken[at] = p.Title
			}
		}
	}
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	for _, used := range regexp.MustCompile(`\$\{?([a-z_]+)`).FindAllStringSubmatch(string(text), -1) {
		require.True(t, used[1] == "__all" || slices.ContainsFunc(d.Templating.List, func(v struct{ Name, Type string }) bool { return v.Name == used[1] }), used[0])
	}
}

// Prometheus itself takes the rules, and they fire when they are to; the dashboard asks for nothing that it does not
// understand.
func TestPrometheusTakesIt(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	require.NoError(t, err, "make deps installs it")
	run := func(args ...string) {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = filepath.Dir(rulesFile)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	run("check", "rules", "bordergw.rules.yaml")
	run("check", "config", "--syntax-only", "prometheus.yaml")
	run("test", "rules", "bordergw.rules.test.yaml")

	type rule struct{ Record, Expr string }
	var rules []rule
	for i, expr := range readDashboard(t).expressions() {
		rules = append(rules, rule{fmt.Sprint("panel_", i), expr})
	}
	text, err := yaml.Marshal(map[string]any{"groups": []map[string]any{{"name": "dashboard", "rules": rules}}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "dashboard.yaml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	run("check", "rules", file)
}

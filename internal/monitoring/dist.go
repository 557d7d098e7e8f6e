package monitoring

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Alert is one of the alert rules for Prometheus.
type Alert struct {
	Name        string `yaml:"alert"`
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

// Dashboard is what is looked at of Grafana's.
type Dashboard struct {
	UID           string
	SchemaVersion int
	Panels        []Panel
	Templating    struct{ List []Variable }
}

// Panel is one rectangle of a dashboard.
type Panel struct {
	ID         int
	Type       string
	Title      string
	Datasource *Datasource
	Targets    []Target
	GridPos    struct{ H, W, X, Y int }
}

// Datasource says where a panel or a variable asks.
type Datasource struct{ Type, UID string }

// Target is one question of a panel.
type Target struct {
	Expr, RefID string
	Datasource  *Datasource
}

// Variable is what users of a dashboard choose.
type Variable struct{ Name, Type string }

// Question is an expression, and who asks it.
type Question struct{ Of, Expr string }

// Dist is what dist has for Prometheus and Grafana.
type Dist struct {
	Alerts    []Alert
	Dashboard Dashboard
}

// ReadDist reads the files below a directory dist.
func ReadDist(dir string) (d Dist, err error) {
	if d.Alerts, err = readAlerts(filepath.Join(dir, "prometheus", "bordergw.rules.yaml")); err != nil {
		return d, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "grafana", "bordergw.json"))
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(text, &d.Dashboard); err != nil {
		return d, fmt.Errorf("dashboard: %w", err)
	}
	return d, nil
}

func readAlerts(file string) (out []Alert, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rules struct{ Groups []struct{ Rules []Alert } }
	if err := yaml.Unmarshal(text, &rules); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, g := range rules.Groups {
		out = append(out, g.Rules...)
	}
	return out, nil
}

// Questions are those of the panels, with the variables as Grafana fills them in for "All".
func (d Dashboard) Questions() (out []Question) {
	all := strings.NewReplacer("$instance", ".*", "$device", ".*")
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			out = append(out, Question{"panel " + p.Title, all.Replace(t.Expr)})
		}
	}
	return out
}

// Questions are those of the alerts and of the dashboard.
func (d Dist) Questions() (out []Question) {
	for _, a := range d.Alerts {
		out = append(out, Question{"alert " + a.Name, a.Expr})
	}
	return append(out, d.Dashboard.Questions()...)
}

// threshold is a comparison with a number, which may be a product.
var threshold = regexp.MustCompile(`\s*(==|!=|>=|<=|>|<)\s*[0-9][0-9.]*(\s*\*\s*[0-9][0-9.]*)*`)

// Unfiltered is the expression without its thresholds: it has data also while all is well, if its metrics are there
// and its labels fit.
func Unfiltered(expr string) string { return threshold.ReplaceAllString(expr, "") }

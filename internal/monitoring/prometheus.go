package monitoring

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Prometheus is the URL of a server.
type Prometheus string

var client = http.Client{Timeout: 10 * time.Second}

// get asks the API and reads the data of its answer.
func (p Prometheus) get(path string, params url.Values, data any) error {
	resp, err := client.Get(string(p) + "/api/v1/" + path + "?" + params.Encode())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("prometheus, %s: %s: %w", path, resp.Status, err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("prometheus, %s: %s: %s", path, resp.Status, answer.Error)
	}
	return nil
}

// Series says how many series an expression has now.
func (p Prometheus) Series(expr string) (int, error) {
	var data struct{ Result []any }
	err := p.get("query", url.Values{"query": {expr}}, &data)
	return len(data.Result), err
}

// target is where Prometheus gets metrics.
type target struct {
	Labels    map[string]string
	ScrapeURL string
	Health    string
	LastError string
}

func (p Prometheus) targets() ([]target, error) {
	var data struct{ ActiveTargets []target }
	err := p.get("targets", url.Values{"state": {"active"}}, &data)
	return data.ActiveTargets, err
}

// loadedRule is an alert rule as Prometheus evaluates it.
type loadedRule struct {
	Name, Health, LastError string
	Alerts                  []activeAlert
}

// activeAlert is one that is pending or firing.
type activeAlert struct {
	State       string
	Annotations map[string]string
}

// rules are the alert rules, by name.
func (p Prometheus) rules() (map[string]loadedRule, error) {
	var data struct {
		Groups []struct{ Rules []loadedRule }
	}
	if err := p.get("rules", url.Values{"type": {"alert"}}, &data); err != nil {
		return nil, err
	}
	out := map[string]loadedRule{}
	for _, g := range data.Groups {
		for _, r := range g.Rules {
			out[r.Name] = r
		}
	}
	return out, nil
}

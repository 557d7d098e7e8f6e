package monitoring

import (
	"fmt"
	"regexp"
	"strings"
)

// Job is the name of the scrape job that the rules and the dashboard ask for.
const Job = "bordergw"

// Scrapes returns nil when Prometheus gets metrics from each target of the job, and there is one.
func (p Prometheus) Scrapes() error {
	targets, err := p.targets()
	if err != nil {
		return err
	}
	up := 0
	for _, t := range targets {
		switch {
		case t.Labels["job"] != Job:
		case t.Health != "up":
			return fmt.Errorf("target %s is %s: %s", t.ScrapeURL, t.Health, t.LastError)
		default:
			up++
		}
	}
	if up == 0 {
		return fmt.Errorf("no target of job %s", Job)
	}
	return nil
}

// Loaded returns nil when Prometheus has evaluated each of the rules.
func (p Prometheus) Loaded(alerts []Alert) error {
	rules, err := p.rules()
	if err != nil {
		return err
	}
	for _, a := range alerts {
		switch r, ok := rules[a.Name]; {
		case !ok:
			return fmt.Errorf("rule %s is not loaded", a.Name)
		case r.Health != "ok":
			return fmt.Errorf("rule %s is %s: %s", a.Name, r.Health, r.LastError)
		}
	}
	return nil
}

// Answers returns nil when Prometheus has data for each question, thresholds left out. Those that lack matches have
// none, and must not: who leaves questions out says exactly which.
func (p Prometheus) Answers(questions []Question, lack *regexp.Regexp) error {
	for _, q := range questions {
		n, err := p.Series(Unfiltered(q.Expr))
		if err != nil {
			return fmt.Errorf("%s: %s: %w", q.Of, q.Expr, err)
		}
		lacks := lack != nil && lack.MatchString(q.Expr)
		if n == 0 && !lacks {
			return fmt.Errorf("%s: no data for %s", q.Of, q.Expr)
		}
		if n > 0 && lacks {
			return fmt.Errorf("%s: there is data for %s, which is to have none", q.Of, q.Expr)
		}
	}
	return nil
}

// Takes returns nil when Prometheus scrapes, has loaded and answers all of dist. Of lack see Answers.
func (p Prometheus) Takes(d Dist, lack *regexp.Regexp) error {
	if err := p.Scrapes(); err != nil {
		return err
	}
	if err := p.Loaded(d.Alerts); err != nil {
		return err
	}
	return p.Answers(d.Questions(), lack)
}

// Alerts returns nil when an alert is pending or fires, and its summary contains text.
func (p Prometheus) Alerts(name, text string) error {
	rules, err := p.rules()
	if err != nil {
		return err
	}
	for _, a := range rules[name].Alerts {
		if strings.Contains(a.Annotations["summary"], text) {
			return nil
		}
	}
	return fmt.Errorf("alert %s is not active with %q: %v", name, text, rules[name].Alerts)
}

package main

import (
	"net/url"
	"time"

	"github.com/spf13/pflag"
)

// timeForms is what flags that take a time say of it.
const timeForms = "1h (ago), 2026-11-30 (UTC), yesterday or 2026-11-29T00:47:02Z"

// parseWhen reads a time, or how long ago it was. A day is its beginning in UTC, as all times are shown.
func parseWhen(flag, s string, now time.Time) (string, error) {
	day := now.UTC().Truncate(24 * time.Hour)
	switch s {
	case "":
		return "", nil
	case "today":
		return day.Format(time.RFC3339), nil
	case "yesterday":
		return day.AddDate(0, 0, -1).Format(time.RFC3339), nil
	}
	if ago, err := time.ParseDuration(s); err == nil && ago > 0 {
		return now.Add(-ago).UTC().Format(time.RFC3339Nano), nil
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day.Format(time.RFC3339), nil
	}
	if _, err := time.Parse(time.RFC3339, s); err != nil {
		return "", usagef("--%s: %q is neither a duration such as 1h, nor a day such as 2026-11-30 or yesterday, nor a time such as 2026-11-29T00:47:02Z", flag, s)
	}
	return s, nil
}

// period says when something was done, and by whom.
type period struct{ since, until, user string }

func (p *period) bind(fs *pflag.FlagSet, what string) {
	fs.StringVar(&p.since, "since", "", "only "+what+" since then: "+timeForms)
	fs.StringVar(&p.until, "until", "", "only "+what+" before then")
	fs.StringVar(&p.user, "user", "", "only "+what+" by this user")
}

// put adds what is given to a query.
func (p *period) put(q url.Values, now time.Time) error {
	since, err := parseWhen("since", p.since, now)
	if err != nil {
		return err
	}
	until, err := parseWhen("until", p.until, now)
	if err != nil {
		return err
	}
	for key, value := range map[string]string{"since": since, "until": until, "user": p.user} {
		if value != "" {
			q.Set(key, value)
		}
	}
	return nil
}

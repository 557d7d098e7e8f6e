package web

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"bordergw/model"
)

//go:embed templates
var templates embed.FS

// sheets are the templates of pages, by the name of the page.
type sheets map[string]*template.Template

// readSheets reads the templates, which are embedded and tested.
func readSheets() sheets {
	common := template.Must(template.New("").Funcs(functions).ParseFS(templates, "templates/common/*.html"))
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is right
	}
	out := sheets{}
	for _, file := range files {
		out[strings.TrimSuffix(path.Base(file), ".html")] = template.Must(template.Must(common.Clone()).ParseFS(templates, file))
	}
	return out
}

// functions are what templates call.
var functions = template.FuncMap{
	"tone":     toneOf,
	"glyph":    func(status string) string { return glyphs[toneOf(status)] },
	"word":     func(status string) string { return strings.ToLower(strings.ReplaceAll(status, "_", " ")) },
	"utc":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"ago":      func(t time.Time) string { return ago(time.Since(t)) },
	"link":     link,
	"query":    query,
	"short":    short,
	"port":     portVLAN,
	"clock":    func(t time.Time) string { return clock(t, time.Now()) },
	"join":     func(list []string) string { return strings.Join(list, ", ") },
	"count":    count,
	"contains": func(list []string, one string) bool { return slices.Contains(list, one) },
	"actTone":  tone,
	"choices":  func(all []string, chosen string) choices { return choices{all, chosen} },
	"yes":      yesOrNo,
	"has":      programmedOn,
	"broken":   func(at *int, n int) bool { return at != nil && *at == n },
}

// link is the address of a page: its path in parts, each as it is.
func link(parts ...string) string {
	var b strings.Builder
	b.WriteString("/ui")
	for _, part := range parts {
		b.WriteString("/" + url.PathEscape(part))
	}
	return b.String()
}

// query adds parameters to an address, but none that is empty.
func query(address string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return address
	}
	return address + "?" + q.Encode()
}

// tones are what a status means for who looks: well, on its way, look at it, broken, or neither.
const (
	toneGood    = "good"
	toneBusy    = "busy"
	toneWarning = "warn"
	toneBad     = "bad"
	toneNone    = "none"
)

var tones = map[string]string{
	model.DeviceInSync: toneGood, model.ConnectionActive: toneGood, model.MACOK: toneGood, model.TraceReaches: toneGood, "yes": toneGood,
	model.DeviceSyncing: toneBusy, model.DeviceReading: toneBusy, model.ConnectionPending: toneBusy, model.MACHeld: toneBusy, model.TraceFloods: toneBusy,
	model.DeviceDegraded: toneWarning, model.DeviceDrivenElsewhere: toneWarning, model.DeviceDiscovered: toneWarning, model.MACFrozen: toneWarning,
	model.SeverityWarning: toneWarning, model.HopWrong: toneBad,
	model.DeviceUnreachable: toneBad, model.ConnectionError: toneBad, model.SeverityError: toneBad, model.TraceBreaks: toneBad, model.TraceLoops: toneBad,
	model.HopMiss: toneBad, "no": toneBad,
}

func toneOf(status string) string {
	if tone, ok := tones[status]; ok {
		return tone
	}
	return toneNone
}

// glyphs give each tone a shape of its own: colours alone say nothing to many.
var glyphs = map[string]string{toneGood: "●", toneBusy: "◐", toneWarning: "▲", toneBad: "✖", toneNone: "○"}

// ago is how long something has been so, as people say it.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// short is the beginning of a long id. Names stay whole.
func short(id string) string {
	if len(id) == 36 && strings.Count(id, "-") == 4 {
		return id[:8] + "…"
	}
	return id
}

// portVLAN is a VLAN of a port, as people call it.
func portVLAN(v model.VLAN) string {
	if v == 0 {
		return "untagged"
	}
	return "vlan " + v.String()
}

// clock is a time of the last day without its date.
func clock(t, now time.Time) string {
	if t = t.UTC(); now.Sub(t) < 24*time.Hour {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// count is a number with what is counted, in the singular for one.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes large numbers so that they can be read.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// choices are what a form lets choose from.
type choices struct {
	All    []string
	Chosen string
}

// programmedOn counts the switches that have a row.
func programmedOn(all []model.ProgrammedOn) (n int) {
	for _, p := range all {
		if p.Has {
			n++
		}
	}
	return n
}

package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPictures makes the pictures of docs/ui.md, where -pictures says so.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		return
	}
	all := map[string]func(testing.TB) *scene{
		"none": nothing,
		"one":  func(t testing.TB) *scene { return one(t) },
		"many": many,
	}
	for name, build := range all {
		if only := os.Getenv("ONLY"); only != "" && only != name {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := build(t)
			b := open(t, s.url)
			for _, width := range []int64{1280, 400} {
				for _, scheme := range []string{"light", "dark"} {
					b.scheme(scheme)
					for page, path := range s.pages() {
						b.do(chromedp.EmulateViewport(width, 800))
						b.see(path)
						ctx, cancel := context.WithTimeout(b.ctx, patience)
						png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
						cancel()
						b.must(err)
						file := filepath.Join(*pictures, name+"-"+page+"-"+scheme+"-"+map[int64]string{1280: "wide", 400: "narrow"}[width]+".png")
						b.must(os.WriteFile(file, png, 0o600))
						if over := asked[float64](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
							t.Errorf("%s %s %d overflows by %v", name, page, width, over)
						}
					}
				}
			}
		})
	}
}

// pages are all pages, by name.
func (s *scene) pages() map[string]string {
	out := map[string]string{
		"overview": "/ui/", "switches": "/ui/switches", "networks": "/ui/networks", "connections": "/ui/connections", "macs": "/ui/macs",
		"trace": "/ui/trace", "events": "/ui/events", "plan": "/ui/plan", "revisions": "/ui/revisions", "help": "/ui/help",
		"search": "/ui/search?q=e", "error": "/ui/nowhere",
	}
	device, network, connection, mac := "leaf1", "blue", "gw1/blue", "02:00:00:00:00:01"
	if len(s.switches) > 1 {
		device, connection, mac = "ber-leaf2", "ber-leaves/red", "02:00:5e:10:00:01"
		out["down"] = "/ui/switches/" + s.devices["cpt-border"]
		out["problem"] = "/ui/connections/" + s.connections["ber-legacy/red"]
		out["trace-found"] = "/ui/trace?from=02:00:5e:10:00:01&to=02:00:5e:10:00:61"
	}
	if len(s.switches) > 0 {
		out["switch"] = "/ui/switches/" + s.devices[device]
		out["network"] = "/ui/networks/" + s.networks[network]
		out["connection"] = "/ui/connections/" + s.connections[connection]
		out["mac"] = "/ui/macs/" + mac
		out["revision"] = fmt.Sprintf("/ui/revisions/%d", s.revision())
		out["compare"] = fmt.Sprintf("/ui/revisions?from=0&to=%d", s.revision())
	}
	return out
}

// revision is the number of the latest.
func (s *scene) revision() uint64 {
	s.t.Helper()
	var found struct{ Revisions []struct{ Revision uint64 } }
	s.get("/v1/revisions?limit=1", &found)
	return found.Revisions[0].Revision
}

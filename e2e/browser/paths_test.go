package browser_test

import "fmt"

// pages are the addresses of all pages that the scene has something for, by name.
func (s *scene) pages() map[string]string {
	out := map[string]string{
		"overview": "/ui/", "switches": "/ui/switches", "networks": "/ui/networks", "connections": "/ui/connections", "macs": "/ui/macs",
		"trace": "/ui/trace", "events": "/ui/events", "plan": "/ui/plan", "revisions": "/ui/revisions", "help": "/ui/help",
		"search": "/ui/search?q=e", "error": "/ui/nowhere",
	}
	switch {
	case len(s.switches) > 1:
		s.ofMany(out)
	case len(s.switches) == 1:
		s.objects(out, "leaf1", "blue", "gw1/blue", "02:00:00:00:00:01")
	}
	return out
}

func (s *scene) objects(out map[string]string, device, network, connection, mac string) {
	out["switch"] = "/ui/switches/" + s.devices[device]
	out["network"] = "/ui/networks/" + s.networks[network]
	out["connection"] = "/ui/connections/" + s.connections[connection]
	out["mac"] = "/ui/macs/" + mac
	out["revision"] = fmt.Sprintf("/ui/revisions/%d", s.revision())
	out["compared"] = fmt.Sprintf("/ui/revisions?from=0&to=%d", s.revision())
}

func (s *scene) ofMany(out map[string]string) {
	s.objects(out, "ber-leaf2", "blue", "ber-legacy/red", "02:00:5e:10:00:01")
	out["switch-down"] = "/ui/switches/" + s.devices["cpt-border"]
	out["trace"] = "/ui/trace?from=02:00:5e:10:00:01&to=02:00:5e:10:00:51"
	out["events"] = "/ui/events?severity=warning"
}

// revision is the number of the latest.
func (s *scene) revision() uint64 {
	s.t.Helper()
	var found struct{ Revisions []struct{ Revision uint64 } }
	s.get("/v1/revisions?limit=1", &found)
	return found.Revisions[0].Revision
}

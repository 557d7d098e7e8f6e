package web

import (
	"net/url"

	"bordergw/model"
)

// maxDiscovered is how many switches the page shows that dialled in and are not registered.
const maxDiscovered = 50

// readDiscovered reads which switches have dialled in that no device is registered for: none for those who may not know, as
// the page has more than them.
func readDiscovered(p *page) (out []model.DeviceReport) {
	var o struct{ Devices map[string]int }
	if err := p.get("/v1/overview", nil, &o); err != nil || o.Devices[model.DeviceDiscovered] == 0 {
		return nil
	}
	var found struct{ Devices []model.DeviceReport }
	if err := p.get("/v1/devices", url.Values{"ports": {"false"}}, &found); err != nil {
		return nil
	}
	for _, d := range found.Devices {
		if d.ID == "" && len(out) < maxDiscovered {
			out = append(out, d)
		}
	}
	return out
}

package web

import (
	"net/url"
	"time"

	"bordergw/model"
)

// overview is what GET /v1/overview answers.
type overview struct {
	Revision       uint64         `json:"revision"`
	Ready          string         `json:"ready"`
	Settled        bool           `json:"settled"`
	FrozenMACs     int            `json:"frozen_macs"`
	Networks       int            `json:"networks"`
	Devices        map[string]int `json:"devices"`
	Connections    map[string]int `json:"connections"`
	Attention      []attention    `json:"attention"`
	AttentionTotal int            `json:"attention_total"`
	Sites          []place        `json:"sites"`
	Stretches      []stretch      `json:"stretches"`
}

// attention is something that somebody should look at.
type attention struct {
	Kind    string    `json:"kind"`
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Status  string    `json:"status"`
	Since   time.Time `json:"since"`
	Message string    `json:"message"`
}

// Called is what people call it.
func (a *attention) Called() string {
	switch a.Kind {
	case model.KindDevice:
		return "switch " + a.Name
	case model.KindMAC:
		return "MACs"
	}
	return a.Kind + " " + a.Name
}

// Page is where more is said of it.
func (a *attention) Page() string {
	switch {
	case a.Kind == model.KindDevice && a.ID != "":
		return link("switches", a.ID)
	case a.Kind == model.KindDevice:
		return link("switches")
	case a.Kind == model.KindConnection:
		return link("connections", a.ID)
	}
	return query(link("macs"), "state", model.MACFrozen)
}

// place is a site with its switches.
type place struct {
	Name    string       `json:"name"`
	Devices []siteDevice `json:"devices"`
}

type siteDevice struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
	Border bool   `json:"border"`
}

// stretch is how many networks borders join between two sites.
type stretch struct {
	Sites    [2]string `json:"sites"`
	Networks int       `json:"networks"`
	// Down are the borders that are not in sync.
	Down []string `json:"down"`
}

// tally is how many things have a status.
type tally struct {
	Status string
	Count  int
	Page   string
}

// overviewView is the first page: what needs attention, and where.
type overviewView struct {
	*overview
	Switches, Connections []tally
	Drawing               drawing
	Events                []event
	EventsOff             string
	More                  int
}

func overviewPage(p *page) error {
	p.about("overview", "Overview", "/ui/")
	p.Live = true
	var o overview
	if err := p.get("/v1/overview", nil, &o); err != nil {
		return err
	}
	v := overviewView{overview: &o, Drawing: draw(o.Sites, o.Stretches), More: o.AttentionTotal - len(o.Attention)}
	v.Switches = tallies(o.Devices, "switches", model.DeviceInSync, model.DeviceSyncing, model.DeviceReading, model.DeviceDegraded,
		model.DeviceUnreachable, model.DeviceDrivenElsewhere, model.DeviceDiscovered, model.DeviceUnsupported)
	v.Connections = tallies(o.Connections, "connections", model.ConnectionActive, model.ConnectionPending, model.ConnectionError, model.ConnectionUnsupported)
	var err error
	if v.Events, _, err = readEvents(p, url.Values{"limit": {"12"}, "type": {definitionEvents}}); err != nil {
		v.EventsOff = err.Error()
	}
	p.View = v
	return nil
}

// tallies are counts in a fixed order, without those of nothing but the first.
func tallies(counts map[string]int, plural string, order ...string) (out []tally) {
	for i, status := range order {
		if n := counts[status]; n > 0 || i == 0 {
			out = append(out, tally{status, n, query(link(plural), "status", status)})
		}
	}
	return out
}

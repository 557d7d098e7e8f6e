package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bordergw/model"
)

// registered is a gateway device, as the API shows it.
type registered struct {
	ID           string            `json:"id"`
	Name         string            `json:"name"`
	Site         string            `json:"site"`
	Profile      string            `json:"profile"`
	BorderMode   string            `json:"border_mode"`
	DriftPolicy  string            `json:"drift_policy"`
	ManagedBy    string            `json:"managed_by"`
	Status       string            `json:"status"`
	StatusDetail string            `json:"status_detail"`
	LastError    string            `json:"last_error"`
	Conditions   []model.Condition `json:"conditions"`
}

// Called is the name, or the id of what has none.
func (d *registered) Called() string {
	if d.Name == "" {
		return d.ID
	}
	return d.Name
}

// Since is when the device came to be as it is.
func (d *registered) Since() time.Time {
	for _, typ := range []string{model.InSync, model.Reachable} {
		if c := condition(d.Conditions, typ); c != nil {
			return c.Since
		}
	}
	return time.Time{}
}

// Trouble is the last error of a device that is not well, unless its status says so already.
func (d *registered) Trouble() string {
	if d.Status == model.DeviceInSync || strings.Contains(d.StatusDetail, d.LastError) {
		return ""
	}
	return d.LastError
}

// isRead reports whether the database is read now: who asks for what it holds gets an answer.
func (d *registered) isRead() bool {
	c := condition(d.Conditions, model.Reachable)
	return c != nil && c.True
}

// deviceFields are those of a gateway device that pages show: without its remote MACs, of which there may be many.
var deviceFields = []string{"id", "name", "site", "profile", "border_mode", "drift_policy", "managed_by", "status", "status_detail", "last_error", "conditions"}

// switchRow is a line of the list of switches.
type switchRow struct {
	Device registered
	Report model.DeviceReport
	// Read: there is something to say of rows.
	Read bool
}

// switchesView lists switches.
type switchesView struct {
	Switches []switchRow
	Pages    pager
	Statuses []string
	// Discovered have dialled in, and no device is registered for them.
	Discovered []model.DeviceReport
}

func switchesPage(p *page) error {
	p.about("switches", "Switches", "/ui/switches")
	p.Live = true
	q := p.listQuery("status", "site", "name", "page_reverse")
	q["fields"], q["sort_key"], q["sort_dir"] = deviceFields, []string{"name"}, []string{"asc"}
	var found struct {
		Devices []registered `json:"gateway_devices"`
		Links   links        `json:"gateway_devices_links"`
	}
	if err := p.get("/v2.0/gw/gateway_devices", q, &found); err != nil {
		return err
	}
	v := switchesView{Pages: found.Links.pager(p), Statuses: []string{model.DeviceInSync, model.DeviceSyncing, model.DeviceReading, model.DeviceDegraded,
		model.DeviceUnreachable, model.DeviceDrivenElsewhere, model.DeviceUnsupported}}
	if p.q.Get("marker") == "" {
		v.Discovered = readDiscovered(p)
	}
	for _, d := range found.Devices {
		row := switchRow{Device: d}
		if err := p.get(apiPath("v1", "devices", d.ID), url.Values{"ports": {"false"}}, &row.Report); err == nil {
			row.Read = len(row.Report.Switches) > 0
		}
		v.Switches = append(v.Switches, row)
	}
	p.View = v
	return nil
}

// switchView is one switch.
type switchView struct {
	Device  registered
	Report  model.DeviceReport
	Rows    []heldRows
	RowsOff string
	// RowsNext is the page with the logical switches after these.
	RowsNext string
	Plan     devicePlan
	PlanOff  string
	Events   []event
}

// heldRows are those of a logical switch, with what people call it.
type heldRows struct {
	model.LogicalSwitchRows
	Called string
}

// boundVLAN is a VLAN of a port, and the logical switch that it is bound to.
type boundVLAN struct {
	model.BoundPort
	LogicalSwitch, Called string
	// Ours: it is a network.
	Ours bool
}

// Bound are the VLANs of a port that are bound to the logical switches that the page shows.
func (v *switchView) Bound(sw, port string) (out []boundVLAN) {
	for _, r := range v.Rows {
		for _, b := range r.Bindings {
			if b.Switch == sw && b.Port == port {
				out = append(out, boundVLAN{b, r.Name, r.Called, r.Owner == model.RowsOurs})
			}
		}
	}
	return out
}

// devicePlan is what would be sent to a switch now.
type devicePlan struct {
	Known     bool     `json:"known"`
	Detail    string   `json:"detail"`
	Steps     []string `json:"steps"`
	MoreSteps int      `json:"more_steps"`
}

// planShown is how many steps of a plan a page has.
const planShown = 50

func switchPage(p *page) error {
	p.Live = true
	id := p.r.PathValue("id")
	var found struct {
		Device registered `json:"gateway_device"`
	}
	if err := p.get(apiPath("v2.0", "gw", "gateway_devices", id), url.Values{"fields": deviceFields}, &found); err != nil {
		return err
	}
	v := switchView{Device: found.Device}
	p.about("switch", "Switch "+v.Device.Called(), "/ui/switches")
	p.View = &v
	if err := p.get(apiPath("v1", "devices", id), nil, &v.Report); err != nil && !isStatus(err, http.StatusNotFound) {
		return err
	}
	if v.RowsOff = "Nothing is read from the switch now."; v.Device.isRead() {
		v.RowsOff = readRows(p, id, &v)
	}
	v.PlanOff = readPlan(p, id, &v.Plan)
	v.Events, _, _ = readEvents(p, url.Values{"object": {model.KindDevice + "/" + id}, "limit": {"15"}}) // none without a history
	return nil
}

// readRows reads what the database holds, and returns why that can not be said.
func readRows(p *page, id string, v *switchView) string {
	var found struct {
		Rows []model.LogicalSwitchRows `json:"logical_switches"`
		Next *string                   `json:"next"`
	}
	q := url.Values{"limit": {"100"}}
	if marker := p.q.Get("rows"); marker != "" {
		q.Set("marker", marker)
	}
	if err := p.get(apiPath("v1", "devices", id, "rows"), q, &found); err != nil {
		return err.Error()
	}
	for _, r := range found.Rows {
		held := heldRows{r, r.Name}
		if r.Owner == model.RowsOurs {
			held.Called = short(p.name("networks", r.Name))
		}
		v.Rows = append(v.Rows, held)
	}
	if found.Next != nil {
		v.RowsNext = p.with("rows", *found.Next)
	}
	return ""
}

// readPlan reads what would be sent, and returns why that can not be said.
func readPlan(p *page, id string, plan *devicePlan) string {
	var found struct{ Plans []devicePlan }
	if err := p.get("/v1/plan", url.Values{"format": {"json"}, "device": {id}, "limit": {strconv.Itoa(planShown)}}, &found); err != nil {
		return err.Error()
	}
	if len(found.Plans) != 1 {
		return "nothing is driven for this device"
	}
	*plan = found.Plans[0]
	return ""
}

// links are those between pages of a list of /v2.0.
type links []struct{ Rel, Href string }

// pager is where the pages before and after are.
type pager struct {
	*filters
	Previous, Next string
}

// pager makes addresses of our pages of those of the API.
func (ls links) pager(p *page) pager {
	out := pager{filters: &filters{p.q}}
	for _, l := range ls {
		u, err := url.Parse(l.Href)
		if err != nil {
			continue
		}
		q := u.Query()
		address := p.with("marker", q.Get("marker"), "page_reverse", q.Get("page_reverse"))
		switch {
		case l.Rel == "next":
			out.Next = address
		case l.Rel == "previous" && p.q.Get("marker") != "": // Neutron has one on the first page too
			out.Previous = address
		}
	}
	return out
}

// filters are the parameters of an address, which forms show.
type filters struct{ q url.Values }

// Value is that of a parameter.
func (f *filters) Value(name string) string { return f.q.Get(name) }

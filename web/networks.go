package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"bordergw/model"
)

// network is one, as the API shows it.
type network struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	VNI         *int     `json:"provider:segmentation_id"`
	FarEnds     []string `json:"far_ends"`
	ManagedBy   string   `json:"managed_by"`
	Project     string   `json:"project_id"`
}

// Called is the name, or the id of what has none.
func (n *network) Called() string { return cmp.Or(n.Name, n.ID) }

var networkFields = []string{"id", "name", "description", "provider:segmentation_id", "far_ends", "managed_by", "project_id"}

// networksView lists networks.
type networksView struct {
	Networks []network
	Pages    pager
}

func networksPage(p *page) error {
	p.about("networks", "Networks", "/ui/networks")
	p.Live = true
	q := p.listQuery("name", "provider:segmentation_id", "managed_by", "page_reverse")
	q["fields"], q["sort_key"], q["sort_dir"] = networkFields, []string{"name"}, []string{"asc"}
	var found struct {
		Networks []network
		Links    links `json:"networks_links"`
	}
	err := p.get("/v2.0/networks", q, &found)
	p.View = networksView{found.Networks, found.Links.pager(p)}
	return err
}

// maxMatrix is how many members the flood matrix has.
const maxMatrix = 24

// networkView is one network.
type networkView struct {
	Network     network
	Connections []connection
	More        bool
	Members     []model.EndpointMember
	Far         []string
	MembersOff  string
	Matrix      []matrixRow
	// Cut: there are more members than the matrix has.
	Cut    int
	MACs   []model.MACEntry
	Total  int
	MACOff string
	Events []event
}

// newMatrixRow is to whom one member floods.
type matrixRow struct {
	Member model.EndpointMember
	// Off says why nothing is known of it.
	Off   string
	Cells []cell
}

// cell says whether one member's flood list has another one.
type cell struct {
	State, Title string
}

// States of a cell.
const (
	cellSelf    = "self"
	cellThere   = "there"
	cellMissing = "missing"
	cellNone    = "none"
	cellUnknown = "unknown"
)

func networkPage(p *page) error {
	p.Live = true
	id := p.r.PathValue("id")
	var found struct{ Network network }
	if err := p.get(apiPath("v2.0", "networks", id), url.Values{"fields": networkFields}, &found); err != nil {
		return err
	}
	v := &networkView{Network: found.Network}
	p.about("network", "Network "+v.Network.Called(), "/ui/networks")
	p.View = v
	var err error
	if v.Connections, v.More, err = readConnections(p, url.Values{"network_id": {id}, "limit": {"50"}}); err != nil {
		return err
	}
	readMembers(p, id, v)
	readMACs(p, id, v)
	v.Events, _, _ = readEvents(p, url.Values{"object": {model.KindNetwork + "/" + id}, "limit": {"15"}}) // none without a history
	return nil
}

// readMembers reads who carries a network, and to whom each of them floods.
func readMembers(p *page, id string, v *networkView) {
	var found struct {
		Members []model.EndpointMember `json:"members"`
		Far     []string               `json:"far"`
	}
	if err := p.get(apiPath("v1", "networks", id, "members"), nil, &found); err != nil {
		v.MembersOff = err.Error()
		return
	}
	v.Members, v.Far = found.Members, found.Far
	slices.SortFunc(v.Members, func(a, b model.EndpointMember) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Switch, b.Switch), a.TunnelIP.Compare(b.TunnelIP))
	})
	shown := v.Members[:min(len(v.Members), maxMatrix)]
	v.Cut = len(v.Members) - len(shown)
	if len(shown) < 2 {
		return // there is nobody to flood to
	}
	for _, m := range shown {
		v.Matrix = append(v.Matrix, newMatrixRow(p, id, m, shown))
	}
}

// newMatrixRow compares a member's flood list with the others.
func newMatrixRow(p *page, network string, of model.EndpointMember, all []model.EndpointMember) matrixRow {
	row := matrixRow{Member: of}
	var found struct {
		Rows []floodRows `json:"logical_switches"`
	}
	if !of.Reachable {
		row.Off = "not read now"
	} else if err := p.get(apiPath("v1", "devices", of.DeviceID, "rows"), url.Values{"network": {network}}, &found); err != nil {
		row.Off = err.Error()
	}
	var floods, missing []string
	for _, r := range found.Rows {
		floods, missing = append(floods, addresses(r.Flood)...), append(missing, r.Missing...)
	}
	for _, to := range all {
		row.Cells = append(row.Cells, newCell(of, to, row.Off != "", floods, missing))
	}
	return row
}

// floodRows is what the matrix needs of a switch's rows.
type floodRows struct {
	Flood   []string `json:"flood"`
	Missing []string `json:"flood_missing"`
}

func newCell(of, to model.EndpointMember, unread bool, floods, missing []string) cell {
	title := func(what string) string { return of.Name + " " + what + " " + to.Name }
	ip := to.TunnelIP.String()
	switch {
	case of.DeviceID == to.DeviceID:
		return cell{cellSelf, ""}
	case unread:
		return cell{cellUnknown, title("is not read: it may flood to")}
	case slices.Contains(floods, ip):
		return cell{cellThere, title("floods to")}
	case slices.Contains(missing, ip):
		return cell{cellMissing, title("does not flood, as it should, to")}
	}
	return cell{cellNone, title("is not to flood to")}
}

// addresses are locators without their keys.
func addresses(locators []string) []string {
	out := make([]string, len(locators))
	for i, l := range locators {
		out[i], _, _ = strings.Cut(l, "#")
	}
	return out
}

// readMACs reads the first MACs of a network.
func readMACs(p *page, id string, v *networkView) {
	var found struct {
		MACs  []model.MACEntry `json:"macs"`
		Total int              `json:"total"`
	}
	if err := p.get("/v1/macs", url.Values{"network": {id}, "limit": {"20"}}, &found); err != nil {
		v.MACOff = err.Error()
		return
	}
	v.MACs, v.Total = found.MACs, found.Total
}

// Glyph is a cell's sign.
func (c cell) Glyph() string {
	return map[string]string{cellSelf: "", cellThere: "●", cellMissing: "✖", cellNone: "·", cellUnknown: "?"}[c.State]
}

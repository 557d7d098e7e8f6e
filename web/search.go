package web

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"bordergw/model"
)

// maxFound is how many objects of a kind a search shows.
const maxFound = 20

// searchView is what has a name in which a text occurs.
type searchView struct {
	Text  string
	Kinds []foundKind
}

type foundKind struct {
	Title   string
	Objects []foundObject
	More    bool
}

type foundObject struct{ Name, Page string }

// searchPage finds what people type: a MAC or its beginning, an IP address, a VNI, a name or an id.
func searchPage(p *page) error {
	text := strings.TrimSpace(p.q.Get("q"))
	p.about("search", "Search", "")
	if _, err := model.ParseMAC(text); err == nil {
		return &elsewhere{link("macs", text)}
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Is4() {
		return &elsewhere{query(link("macs"), "ip", text)}
	}
	if strings.Contains(text, ":") && strings.Trim(strings.ToLower(text), "0123456789abcdef:") == "" {
		return &elsewhere{query(link("macs"), "q", text)}
	}
	v := searchView{Text: text}
	p.View = &v
	if text == "" {
		return nil
	}
	if n, err := strconv.ParseUint(text, 10, 24); err == nil {
		if err := findVNI(p, &v, n); err != nil {
			return err
		}
	}
	for _, kind := range []struct{ title, at, plural, page string }{
		{"Switches", "/v2.0/gw/gateway_devices", "gateway_devices", "switches"}, {"Networks", "/v2.0/networks", "networks", "networks"},
		{"Gateways", "/v2.0/l2-gateways", "l2_gateways", ""},
	} {
		if err := findNamed(p, &v, kind.title, kind.at, kind.plural, kind.page); err != nil {
			return err
		}
	}
	if len(v.Kinds) == 1 && len(v.Kinds[0].Objects) == 1 {
		return &elsewhere{v.Kinds[0].Objects[0].Page}
	}
	return nil
}

// findVNI finds the network with a VNI.
func findVNI(p *page, v *searchView, vni uint64) error {
	var found struct{ Networks []network }
	err := p.get("/v2.0/networks", url.Values{"provider:segmentation_id": {strconv.FormatUint(vni, 10)}, "fields": {"id", "name"}}, &found)
	if len(found.Networks) > 0 {
		n := &found.Networks[0]
		v.Kinds = append(v.Kinds, foundKind{Title: "VNI " + v.Text, Objects: []foundObject{{n.Called(), link("networks", n.ID)}}})
	}
	return err
}

// findNamed finds objects of one kind by a part of their names or ids. Gateways have no page: their connections are shown.
func findNamed(p *page, v *searchView, title, at, plural, page string) error {
	var found map[string][]struct{ ID, Name string }
	if err := p.get(at, url.Values{"fields": {"id", "name"}}, &found); err != nil {
		return err
	}
	kind, wanted := foundKind{Title: title}, strings.ToLower(v.Text)
	for _, o := range found[plural] {
		if !strings.Contains(strings.ToLower(o.Name), wanted) && !strings.Contains(strings.ToLower(o.ID), wanted) {
			continue
		}
		if kind.More = len(kind.Objects) == maxFound; kind.More {
			break
		}
		f := foundObject{Name: o.Name, Page: link(page, o.ID)}
		if f.Name == "" {
			f.Name = o.ID
		}
		if page == "" {
			f.Page = query(link("connections"), "l2_gateway_id", o.ID)
		}
		kind.Objects = append(kind.Objects, f)
	}
	if len(kind.Objects) > 0 {
		v.Kinds = append(v.Kinds, kind)
	}
	return nil
}

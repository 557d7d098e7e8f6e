package web

import (
	"net/http"
	"net/url"
	"time"

	"bordergw/model"
)

// macsView lists the MAC table.
type macsView struct {
	filters
	MACs     []model.MACEntry `json:"macs"`
	Total    int              `json:"total"`
	Next     *string          `json:"next"`
	States   []string         `json:"-"`
	NextPage string           `json:"-"`
}

func macsPage(p *page) error {
	p.about("macs", "MACs", "/ui/macs")
	p.Live, p.Events = p.q.Get("marker") == "", "mac.*,"+definitionEvents
	q := p.listQuery("q", "network", "device", "state", "ip", "sort")
	v := macsView{filters: filters{p.q}, States: model.MACStates}
	p.View = &v
	err := p.get("/v1/macs", q, &v)
	if v.Next != nil {
		v.NextPage = p.with("marker", *v.Next)
	}
	return err
}

// macView is one MAC in each of its networks.
type macView struct {
	MAC  string `json:"-"`
	MACs []struct {
		model.MACEntry
		Programmed []model.ProgrammedOn `json:"programmed"`
		History    []struct {
			From     time.Time
			To       *time.Time
			Device   model.Named
			Endpoint string
			How      string
		} `json:"history"`
	} `json:"macs"`
	HistorySince *time.Time `json:"history_since"`
}

func macPage(p *page) error {
	mac := p.r.PathValue("mac")
	p.about("mac", "MAC "+mac, "/ui/macs")
	p.Live, p.Events = true, "mac.*,"+definitionEvents
	v := macView{MAC: mac}
	q := url.Values{"history": {"1"}}
	if network := p.q.Get("network"); network != "" {
		q.Set("network", network)
	}
	err := p.get(apiPath("v1", "macs", mac), q, &v)
	p.View = &v
	return err
}

// traceView is what frames pass between two hosts.
type traceView struct {
	filters
	Asked   bool
	Problem string
	model.Trace
}

func tracePage(p *page) error {
	p.about("trace", "Trace", "/ui/trace")
	v := traceView{filters: filters{p.q}, Asked: p.q.Get("from") != "" || p.q.Get("to") != ""}
	p.View = &v
	if !v.Asked {
		return nil
	}
	q := url.Values{"from": {p.q.Get("from")}, "to": {p.q.Get("to")}}
	if network := p.q.Get("network"); network != "" {
		q.Set("network", network)
	}
	err := p.get("/v1/trace", q, &v.Trace)
	switch status := statusOf(err); {
	case err == nil:
	case status == http.StatusBadRequest || status == http.StatusNotFound: // what was asked for can be asked for otherwise
		v.Problem = err.Error()
	default:
		return err
	}
	return nil
}

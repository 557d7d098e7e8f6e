package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"bordergw/model"
)

// macHistory is where a MAC was and is, by network.
type macHistory struct {
	places map[string][]model.FormerPlace
	kept   model.PlacesKept
	// off: no history is kept.
	off bool
}

// historyOf is that of a MAC in one network, or in all for "".
func (c *call) historyOf(mac model.MAC, network string) (*macHistory, error) {
	h := &macHistory{places: map[string][]model.FormerPlace{}, off: c.cfg.History == nil}
	if h.off {
		return h, nil
	}
	places, err := c.cfg.History.Places(mac, network)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		h.places[p.Network] = append(h.places[p.Network], p)
	}
	h.kept, err = c.cfg.History.Kept()
	return h, err
}

// answer has what is kept.
func (h *macHistory) answer() macAnswer {
	out := macAnswer{MACs: []macDetail{}, HistoryDays: h.kept.Days}
	if !h.off && !h.kept.Since.IsZero() {
		out.HistorySince = &h.kept.Since
	}
	return out
}

// now shows where a MAC is. A network that it has left counts as long as that is known.
func (h *macHistory) now(c *call, mac model.MAC, network string, history bool) (macAnswer, error) {
	page, err := c.cfg.Status.MACs(model.MACQuery{First: mac, Last: mac, Network: network, Limit: maxPage})
	if err != nil {
		return macAnswer{}, err
	}
	c.dateEntries(page.Entries)
	out, present := h.answer(), map[string]bool{}
	for _, e := range page.Entries {
		present[e.Network.ID] = true
		out.MACs = append(out.MACs, macDetail{MACEntry: e, Programmed: c.cfg.Status.ProgrammedOn(e.Network.ID, mac), History: []formerPlace{}})
	}
	for _, id := range slices.Sorted(maps.Keys(h.places)) {
		if !present[id] && page.Next == "" { // else it may be in one of those that are left out
			out.MACs = append(out.MACs, macDetail{MACEntry: gone(c.defs, mac, h.places[id]), Programmed: []model.ProgrammedOn{}, History: []formerPlace{}})
		}
	}
	if history {
		for i := range out.MACs {
			out.MACs[i].History = shownPlaces(c.defs, h.places[out.MACs[i].Network.ID])
		}
	}
	return out, nil
}

// shownPlaces are former places, the latest first.
func shownPlaces(defs *model.Definitions, places []model.FormerPlace) []formerPlace {
	out := []formerPlace{}
	for _, p := range slices.Backward(places) {
		is := formerPlace{From: p.From, Device: model.NamedPlace(defs, p.Device), Endpoint: p.Endpoint, How: "learned"}
		if p.Moved {
			is.How = "moved"
		}
		if !p.To.IsZero() {
			is.To = &p.To
		}
		out = append(out, is)
	}
	return out
}

// gone is a MAC that has left a network. Its last place may still be open for a moment.
func gone(defs *model.Definitions, mac model.MAC, places []model.FormerPlace) model.MACEntry {
	last := places[len(places)-1]
	e := model.MACEntry{
		MAC: mac, Network: model.RefNetwork(defs, last.Network).Named(), Ports: []model.BoundPort{}, Source: model.MACLocal,
		Since: last.To, State: model.MACGone, Others: []model.OtherPlace{},
	}
	if last.To.IsZero() {
		e.Since = time.Now().UTC()
	}
	return e
}

// at shows where a MAC was at a time. Before what is kept nobody knows.
func (h *macHistory) at(c *call, mac model.MAC, at time.Time) (reply, error) {
	if h.off || at.Before(h.kept.Since) {
		return reply{}, h.notKept(at, h.kept.Since)
	}
	out := h.answer()
	for _, id := range slices.Sorted(maps.Keys(h.places)) {
		places := h.places[id]
		if closed(places) >= maxPlacesOfMAC && at.Before(places[0].From) {
			return reply{}, h.notKept(at, places[0].From)
		}
		e := gone(c.defs, mac, places)
		for _, p := range places {
			if at.Before(p.From) || !p.To.IsZero() && !at.Before(p.To) {
				continue
			}
			device := model.NamedPlace(c.defs, p.Device)
			e.Device, e.Endpoint, e.Since, e.State = &device, p.Endpoint, p.From, model.MACOK
			if !p.To.IsZero() {
				e.Until = &p.To
			}
		}
		if e.State == model.MACGone {
			e.Since = lastLeft(places, at)
		}
		out.MACs = append(out.MACs, macDetail{MACEntry: e, Programmed: []model.ProgrammedOn{}, History: shownPlaces(c.defs, places)})
	}
	return ok(out)
}

// closed counts the places that a MAC has left.
func closed(places []model.FormerPlace) (n int) {
	for i := range places {
		if !places[i].To.IsZero() {
			n++
		}
	}
	return n
}

// maxPlacesOfMAC is how many former places of a MAC in a network the history keeps.
const maxPlacesOfMAC = 16

// lastLeft is when a MAC left the last place that it had before a time, zero for none.
func lastLeft(places []model.FormerPlace, at time.Time) (left time.Time) {
	for _, p := range places {
		if !p.To.IsZero() && !p.To.After(at) {
			left = p.To
		}
	}
	return left
}

// notKept says when what is kept begins.
func (h *macHistory) notKept(at, since time.Time) error {
	e := &model.Error{Kind: model.Gone, Type: "HistoryGone", Message: fmt.Sprintf("Where MACs were at %s is not known: no history is kept.", at.UTC().Format(time.RFC3339))}
	if !h.off {
		e.Message = fmt.Sprintf("Where the MAC was at %s is not known: its history begins at %s.", at.UTC().Format(time.RFC3339), since.UTC().Format(time.RFC3339))
	}
	return e
}

// resolveMACs serves what is below /v1/macs.
func resolveMACs(c *call, seg []string) endpoint {
	switch len(seg) {
	case 0:
		return get("/v1/macs", false, permitted(actionMACs, macs))
	case 1:
		c.id = seg[0]
		return only(http.MethodGet, "/v1/macs/{mac}", permitted(actionMACs, showMAC))
	}
	return notFound()
}

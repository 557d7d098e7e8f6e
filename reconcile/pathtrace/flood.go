package pathtrace

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// way is where a copy of a flooded frame goes: through a tunnel, or the cable to another logical switch.
type way struct {
	to    vtep.Locator
	cable string
	near  nearness
}

// flood follows the copies of a flooded frame that may lead to the host, the nearest first. If none
// arrives it shows the first of them, or that a nearer one is missing.
func (w *walk) flood(o *exit) bool {
	w.floods = true
	ways, before := w.ways(o), w.soFar()
	shown := before
	for i := range ways {
		if i > 0 && w.spent() {
			shown.unknown = true
			break
		}
		w.back(before)
		if w.follow(o, &ways[i]) {
			return true
		}
		if i == 0 {
			shown = w.soFar()
		}
	}
	missing := w.missing(o)
	if len(ways) > 0 && ways[0].near >= missing.near {
		w.back(shown)
		return false
	}
	w.back(before)
	w.noFlood(o, missing)
	return false
}

// follow follows one copy.
func (w *walk) follow(o *exit, next *way) bool {
	if next.cable != "" {
		return w.cross(o.Switch, o.ls, next.cable)
	}
	hop := w.hop(o.Switch, model.CheckFlood, model.HopOK, "unknown-dst has %s: frames arrive flooded", next.to)
	in(hop, "Mcast_Macs_Remote", "mac", "unknown-dst", "logical_switch", o.ls)
	return w.arrive(o, next.to)
}

// ways are where copies go that may lead to the host, the nearest first.
func (w *walk) ways(o *exit) (all []way) {
	for _, l := range o.rows.Flood {
		if near := w.near(o, l); near > nowhere {
			all = append(all, way{to: l, near: near})
		}
	}
	if o.cable != "" && w.member(w.fabric.Switch(w.to.device())) {
		all = append(all, way{cable: o.cable, near: w.beyondCable(o)})
	}
	slices.SortStableFunc(all, func(a, b way) int { return int(b.near - a.near) })
	return all
}

// missing is the nearest member that the flood list is to have; its near is nowhere if none leads to the host.
func (w *walk) missing(o *exit) (best way) {
	seg := o.segment(o.ls)
	if seg == nil {
		return best
	}
	for _, e := range seg.Flood {
		own := e.Location != 0 && e.Location == o.Want.Self || slices.Contains(o.Addresses, e.Locator.Addr)
		if near := w.near(o, e.Locator); !own && near > best.near && !slices.Contains(o.rows.Flood, e.Locator) {
			best = way{to: e.Locator, near: near}
		}
	}
	return best
}

// noFlood notes that flooded frames do not get to the host either: the member of the flood list is
// missing that would lead there. Its near is nowhere if none is to.
func (w *walk) noFlood(o *exit, missing way) {
	to, why := "the switch of "+w.to.Name, cause{}
	switch {
	case missing.near > nowhere:
		to, why = missing.to.String(), w.why(o.Switch, rowOf(o.ls))
		if n := w.owner(missing.to.Addr); n != nil && !o.asked {
			to += " (" + n.Device.Name + ")"
		}
	case o.asked: // the MAC has a row, and its switch is no member
		to, why = o.expected.String(), w.whyNoMember(o)
	default:
		why = w.whyNoMember(o)
	}
	found := locatorTexts(o.rows.Flood)
	state := model.HopWrong
	if o.rows.Flood == nil {
		state, found = model.HopMiss, ""
	}
	hop := w.hop(o.Switch, model.CheckFlood, state, "unknown-dst of %s lacks %s", w.fabric.Network(o.ls), to)
	in(hop, "Mcast_Macs_Remote", "mac", "unknown-dst", "logical_switch", o.ls)
	because(hop, to, found, why)
}

// whyNoMember says why no member of the flood list is to lead to the host: its switch is not in the network.
func (w *walk) whyNoMember(o *exit) cause {
	if o.segment(o.ls) == nil {
		return w.undefined(o.Switch, o.ls)
	}
	if s := w.fabric.Switch(w.to.device()); s != nil && s.segment(w.to.Network) == nil {
		return w.undefined(s, w.to.Network)
	}
	return cause{model.WhyNotDefined, "no tunnel from " + o.Device.Name + " is to lead there"}
}

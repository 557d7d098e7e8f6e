package reconcile

import (
	"slices"
	"time"

	"bordergw/model"
)

// remembered is what to keep of a database's switches. One that is being set up
// again shows no tunnel address, or is not there, for a while: it keeps its last
// address, and its place as long as the stations behind it are held, so that
// nothing is taken away from others for lack of facts.
func (w *worker) remembered(old *model.Inventory, seen []model.SwitchInventory, now time.Time) []model.SwitchInventory {
	out, missing := slices.Clone(seen), map[string]time.Time{}
	for i := range out {
		was, ok := old.Switch(out[i].Name)
		if ok && len(out[i].TunnelIPs) == 0 && vacant(was, seen) {
			out[i].TunnelIPs, out[i].NoTunnelIP = was.TunnelIPs, true
		}
	}
	for _, was := range switchesOf(old) {
		if slices.ContainsFunc(seen, func(s model.SwitchInventory) bool { return s.Name == was.Name }) || !vacant(&was, seen) {
			continue
		}
		since, known := w.missing[was.Name]
		if !known {
			since = now
		}
		if now.Sub(since) < w.loop.opts.Hold {
			missing[was.Name] = since
			was.Missing, was.Faults = true, nil
			out = append(out, was)
		}
	}
	w.missing = missing
	out, _ = model.BoundInventory(out) // what is shown now first
	return out
}

// rememberedAddresses are those of a device's switches that are not shown now; all
// of them in a database without any switch, which is being set up again.
func rememberedAddresses(defs *model.Definitions, device string, none bool) (out []model.VTEPAddress) {
	inv, _ := defs.Inventories.Get(device)
	for _, sw := range switchesOf(inv) {
		if none || sw.Missing || sw.NoTunnelIP {
			out = append(out, sw.TunnelIPs...)
		}
	}
	return out
}

func switchesOf(inv *model.Inventory) []model.SwitchInventory {
	if inv == nil {
		return nil
	}
	return inv.Switches
}

// vacant reports whether a switch had tunnel addresses and no other switch of its
// database shows one of them now: if one does, it is the switch under another
// name, or in its place.
func vacant(was *model.SwitchInventory, seen []model.SwitchInventory) bool {
	return len(was.TunnelIPs) > 0 && !slices.ContainsFunc(seen, func(s model.SwitchInventory) bool {
		return slices.ContainsFunc(s.TunnelIPs, func(ip model.VTEPAddress) bool { return slices.Contains(was.TunnelIPs, ip) })
	})
}

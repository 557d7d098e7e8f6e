package reconcile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
)

// inventoryKeeper has the store remember what a database says of its switches.
type inventoryKeeper struct {
	device *device
	seat   *connector.Seat
	// hold is how long a switch of the database that is missing keeps its place.
	hold time.Duration
	// last is what the store was last given, stored what it has of it since.
	last   []model.SwitchInventory
	stored *model.Inventory
	// rate bounds how often the store is written, total how often it is for all devices; due is when it is given what had to
	// wait, which is waiting.
	rate    bucket
	total   *bucket
	due     *time.Timer
	waiting []model.SwitchInventory
	// missing are switches of the database that are not in it now, since when.
	missing map[string]time.Time
}

func newInventoryKeeper(d *device, seat *connector.Seat, hold time.Duration, total *bucket) *inventoryKeeper {
	return &inventoryKeeper{device: d, seat: seat, hold: hold, rate: bucket{burst: deviceBurst, gap: deviceGap}, total: total}
}

// remembered is what to keep of a database's switches. One that is being set up
// again shows no tunnel address, or is not there, for a while: it keeps its last
// address, and its place as long as the MACs behind it are held, so that
// nothing is taken away from others for lack of facts.
func (k *inventoryKeeper) remembered(old *model.Inventory, seen []model.SwitchInventory, now time.Time) []model.SwitchInventory {
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
		since, known := k.missing[was.Name]
		if !known {
			since = now
		}
		if now.Sub(since) < k.hold {
			missing[was.Name] = since
			was.Missing, was.Faults = true, nil
			out = append(out, was)
		}
	}
	k.missing = missing
	out, _ = model.BoundInventory(out) // what is shown now first
	return out
}

// recorded reports whether the store knows that the database has been read: from then
// on it may hold rows of ours, which a deletion of the device must not forget.
func (k *inventoryKeeper) recorded() bool {
	return k.device.inventory() != nil || !k.device.registered()
}

// kept reports whether the store has these very switches already, as it has
// nearly always: what a switch says is mostly of its MACs. While one is missing
// time alone changes what is to be remembered.
func (k *inventoryKeeper) kept(switches []model.SwitchInventory) bool {
	now := k.device.inventory()
	return len(k.missing) == 0 && len(switches) > 0 && len(k.last) > 0 && now != nil && now == k.stored && &k.last[0] == &switches[0] &&
		now.Revision > k.device.Load().Accepted
}

// keepInTime has the store remember the switches of the database, at a bounded rate. What
// is said first in a session is remembered at once: plans are made from it.
func (k *inventoryKeeper) keepInTime(ctx context.Context, switches []model.SwitchInventory) error {
	if wait := max(k.rate.wait(time.Now()), k.total.wait(time.Now())); wait > 0 && k.stored != nil {
		k.waiting = switches
		k.due.Reset(wait)
		return nil
	}
	return k.keep(ctx, switches)
}

// waitingName is the name of a switch that the store does not know yet, "" for none:
// until then it is not known whether another device has it too, and nothing is planned.
func (k *inventoryKeeper) waitingName() string {
	if k.waiting == nil {
		return ""
	}
	return unknownName(k.device.inventory(), k.waiting)
}

func unknownName(inv *model.Inventory, switches []model.SwitchInventory) string {
	for i := range switches {
		if _, known := inv.Switch(switches[i].Name); !known {
			return switches[i].Name
		}
	}
	return ""
}

// flush has the store remember, at the end of a session, what had to wait.
func (k *inventoryKeeper) flush() {
	if k.waiting == nil || k.device.identity().Foreign(k.device.Load(), k.waiting) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeRetry)
	defer cancel()
	_ = k.keep(ctx, k.waiting) // it is logged, and nothing is written any more
}

// keep has the store remember the switches of the database. What the store does not
// take is tried again at the next pass, and what is wanted still kept in sync: but
// not on a switch that the store knows nothing of, which may be another device's.
func (k *inventoryKeeper) keep(ctx context.Context, switches []model.SwitchInventory) error {
	k.waiting = nil
	old, now := k.device.inventory(), time.Now()
	inv := model.Inventory{Switches: k.remembered(old, switches, now), Peer: k.seat.Link().From, SeenAt: now}
	err := k.device.store.SetInventory(ctx, k.device.id, inv)
	switch {
	case err == nil:
		k.last = switches
		k.stored = k.device.inventory()
		if k.stored != old {
			k.rate.passed(now)
			k.total.passed(now)
		}
		return nil
	case model.KindOf(err) == model.NotFound:
		return nil // it is deleted
	case ctx.Err() != nil:
		return ctx.Err()
	}
	k.device.logger().WithField("err", err).Warn("remembering what the switch says of itself")
	if name := unknownName(old, switches); name != "" {
		return fmt.Errorf("switch %s can not be remembered: %w", name, err)
	}
	return nil
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

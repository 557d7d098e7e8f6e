package model

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// What is kept of what a switch database says of itself. A switch may say anything: what
// is beyond is left out, and that is said. A real one does not come near.
const (
	// maxInventory bounds an inventory, in bytes as it is stored: 1000 switches of
	// 500 ports with names of 12 bytes are three quarters of it.
	maxInventory = 16 << 20
	// maxSwitches bounds the switches of a database.
	maxSwitches = 4096
	// maxSwitchName bounds the name of a switch or port in bytes: the longest that a
	// request may give.
	maxSwitchName = 4 * 255
	// maxFaults bounds the faults of one switch or port, maxFault each in bytes.
	maxFaults = 16
	maxFault  = 255
	// maxTunnelIPs bounds the tunnel addresses of a switch. vtep(5) knows one.
	maxTunnelIPs = 16
	// portSize and textSize are what JSON adds to a port and to a text, switchSize is
	// what a switch takes but for its texts, in bytes.
	portSize, textSize, switchSize = 12, 3, 512
)

// maxClipNote is what Clip adds at most, in bytes.
const maxClipNote = 40

// Clip cuts a text that is longer than that many bytes, and shows that it did.
func Clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return fmt.Sprintf("%s… (%d bytes more)", text[:most], len(text)-most)
}

// maxShown bounds what Shown gives, in bytes, what Clip adds aside.
const maxShown = 255

// Shown is a name or word that a switch gave as it enters a text for people: a switch
// may name a row of its database anything, and of any length.
func Shown(name string) string { return Clip(name, maxShown) }

// BoundInventory leaves out what is not kept of the switches of one database, and says
// what that is, "" for nothing. All switches go before the first of the ports. It does
// not change what it is given.
func BoundInventory(seen []SwitchInventory) (kept []SwitchInventory, cut string) {
	b := inventoryBound{left: maxInventory}
	for i := range seen {
		if sw, fits := b.switchOf(&seen[i]); fits {
			kept = append(kept, sw)
		}
	}
	ports := 0
	for i := range kept {
		ports += len(kept[i].Ports)
		b.portsOf(&kept[i])
	}
	return kept, b.text(len(seen), ports)
}

// inventoryBound counts what is left of the bytes, and what was left out.
type inventoryBound struct {
	left, kept                         int // bytes, switches
	switches, ports, faults, addresses int
}

func (b *inventoryBound) take(size int) bool {
	if size > b.left {
		return false
	}
	b.left -= size
	return true
}

// switchOf is what is kept of a switch, its ports aside.
func (b *inventoryBound) switchOf(seen *SwitchInventory) (sw SwitchInventory, fits bool) {
	sw = *seen
	if len(sw.Name) > maxSwitchName || b.kept == maxSwitches || !b.take(switchSize+len(sw.Name)) {
		b.switches++
		return sw, false
	}
	b.kept++
	if n := len(sw.TunnelIPs) - maxTunnelIPs; n > 0 {
		sw.TunnelIPs = slices.Clone(sw.TunnelIPs[:maxTunnelIPs])
		b.addresses += n
	}
	sw.Faults = b.faultsOf(sw.Faults)
	return sw, true
}

// faultsOf are those that are kept, the last of which says how many are not.
func (b *inventoryBound) faultsOf(seen []string) (kept []string) {
	for i, f := range seen {
		if len(f) > maxFault {
			f = Clip(f, maxFault-maxClipNote)
		}
		if full := i == maxFaults-1 && len(seen) > maxFaults; full || !b.take(len(f)+textSize) {
			b.faults += len(seen) - i
			return append(kept, fmt.Sprintf("and %d more", len(seen)-i))
		}
		kept = append(kept, f)
	}
	return kept
}

func (b *inventoryBound) portsOf(sw *SwitchInventory) {
	var kept []PortInventory
	for _, p := range sw.Ports {
		if len(p.Name) > maxSwitchName || !b.take(portSize+len(p.Name)) {
			b.ports++
			sw.PortsCut++
			continue
		}
		p.Faults = b.faultsOf(p.Faults)
		kept = append(kept, p)
	}
	sw.Ports = kept
}

// text says what was left out.
func (b *inventoryBound) text(switches, ports int) string {
	var parts []string
	add := func(n int, format string, args ...any) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(b.switches, "%d of %d switches", b.switches, switches)
	add(b.ports, "%d of %d ports", b.ports, ports)
	add(b.faults, "%d fault texts", b.faults)
	add(b.addresses, "%d tunnel addresses", b.addresses)
	if len(parts) == 0 {
		return ""
	}
	return "the switch says more of itself than is kept, left out are " + strings.Join(parts, ", ")
}

package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bordergw/model"
)

// A request may be carried out and yet most likely be a mistake: a switch's name
// is misspelled, a VNI is used by nobody. The answer then has a Warning header
// for each remark (RFC 7234 section 5.5, code 299): our command line prints
// them, and other clients go on as if there were none.

// Texts of the warnings.
const (
	warnNameTaken  = "%s %s has the same name %q: commands need the id"
	warnNoSwitch   = "switch %s is not known: no device that has been read has a switch of that name, and no device is called so; connections to it are refused, or wait while a device has not been read yet"
	warnNoPort     = "switch %s has no port %s: connections to the gateway are refused, unless provision_ahead (--allow-missing-ports) is set"
	warnNoVNI      = "VNI %s is used by no network and no border connection: the entry has no effect until one uses it"
	warnKeyIgnored = "key %q of a device or interface is not known and ignored"
	warnPreempt    = "preempt has no effect: it needs ha_mode active-passive"
	noteIdleMACs   = "remote MACs of VNI %s have no effect: it is used by no network and no border connection"
	warnEnded      = "%s of network %s may still be in use on %s: another network that gets it is then joined to that one there"
	warnNoStitch   = "stitch_ports have no effect: they need border_mode stitch"
	warnTunnelIP   = "tunnel_ips have no effect: switch %s shows %s, and that is used"
)

const (
	// maxWarnings bounds the remarks that are looked for.
	maxWarnings = 20
	// maxWarning bounds a header, and maxWarningBytes all of an answer: proxies give
	// up on long ones (nginx at 4 kB).
	maxWarning      = 512
	maxWarningBytes = 3 << 10
)

func (c *call) warn(format string, args ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, args...))
}

// setWarnings writes the headers once, as many as there is room for.
func (c *call) setWarnings() {
	room := maxWarningBytes
	defer func() { c.warnings = nil }()
	for _, text := range c.warnings {
		value := "299 - " + quoted(text)
		if room -= len("Warning: \r\n") + len(value); room < 0 {
			return
		}
		c.w.Header().Add("Warning", value)
	}
}

// quoted is a text in ASCII with quotes; a long one loses its end.
func quoted(text string) string {
	q := strconv.QuoteToASCII(text)
	for rest := []rune(text); len(q) > maxWarning; q = strconv.QuoteToASCII(string(rest) + " ...") {
		rest = rest[:len(rest)*9/10]
	}
	return q
}

// warnName remarks on another item of the same name that the caller may see: a
// command that is given the name does not know which is meant.
func (c *call) warnName(kind, name, id string) {
	if name == "" {
		return
	}
	for o := range c.cfg.Store.Called(kind, name) {
		if o.ID != id && c.cfg.Policy["get_"+kind].allows(c.who, o.ProjectID) {
			c.warn(warnNameTaken, kind, o.ID, name)
			return
		}
	}
}

func (c *call) warnNetwork(n *model.Network) { c.warnName("network", n.Name, n.ID) }

func (c *call) warnDevice(d deviceView) {
	c.warnName("gateway_device", d.Name, d.ID)
	if len(d.StitchPorts) > 0 && d.BorderMode != model.BorderStitch {
		c.warn(warnNoStitch)
	}
	c.warnTunnelIPs(d)
}

// warnTunnelIPs remarks on a given tunnel address that is not used: what the switch
// itself shows comes first.
func (c *call) warnTunnelIPs(d deviceView) {
	seen, known := c.defs.Inventories.Get(d.ID)
	if !known || len(d.TunnelIPs) == 0 {
		return
	}
	for _, sw := range seen.Switches {
		if len(sw.TunnelIPs) > 0 && !sw.NoTunnelIP && !slices.Equal(sw.TunnelIPs[:1], d.TunnelIPs) {
			c.warn(warnTunnelIP, sw.Name, sw.TunnelIPs[0])
		}
	}
}

func (c *call) warnGateway(g *model.L2Gateway) {
	c.warnName("l2_gateway", g.Name, g.ID)
	if g.Preempt && g.HAMode != model.ActivePassive {
		c.warn(warnPreempt)
	}
	where := model.NewPlaces(c.defs)
	for i := range g.Devices {
		c.warnGatewayDevice(where, &g.Devices[i])
	}
}

// warnGatewayDevice remarks on a switch or ports that nobody has.
func (c *call) warnGatewayDevice(where *model.Places, d *model.Device) {
	at, known := where.Find(d)
	if !known {
		c.warn(warnNoSwitch, d.DeviceName)
		return
	}
	sw := where.Seen(at)
	if sw == nil {
		return
	}
	for _, i := range d.Interfaces {
		if sw.Lacks(i.Name) && !i.ProvisionAhead {
			c.warn(warnNoPort, sw.Name, i.Name)
		}
	}
}

// warnVNI remarks on a remote MAC that nothing makes use of.
func (c *call) warnVNI(m macView) {
	if !c.cfg.Store.UsesVNI(m.SegmentationID) {
		c.warn(warnNoVNI, m.SegmentationID)
	}
}

// maxIdle bounds the VNIs that a device's status names.
const maxIdle = 5

// idleMACs says for the status of a device which of its remote MACs nothing makes use
// of, "" for none.
func (c *call) idleMACs(of model.DeviceMACs) string {
	var idle []string
	for v := range of.VNIs() {
		if c.cfg.Store.UsesVNI(v) {
			continue
		}
		if idle = append(idle, v.String()); len(idle) == maxIdle {
			break
		}
	}
	if len(idle) == 0 {
		return ""
	}
	return fmt.Sprintf(noteIdleMACs, strings.Join(idle, ", "))
}

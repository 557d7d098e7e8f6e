package e2e_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"bordergw/internal/ovsdbtest"
)

// rack is a switch database with what the test put into it.
type rack struct {
	*ovsdbtest.Server
	device  string            // id of the registered device
	stands  string            // the switch it stands for
	tunnels map[string]string // tunnel IP by switch
}

// definitions are all resources as the API shows them.
type definitions struct {
	Networks    []networkShown    `json:"networks"`
	Gateways    []gatewayShown    `json:"l2_gateways"`
	Connections []connectionShown `json:"l2_gateway_connections"`
	Devices     []deviceShown     `json:"gateway_devices"`
}

type networkShown struct {
	ID  string
	VNI int `json:"provider:segmentation_id"`
}

type gatewayShown struct {
	ID      string
	Devices []struct {
		Name       string `json:"device_name"`
		Device     string `json:"device_id"`
		BorderVNI  string `json:"segmentation_id"`
		Interfaces []struct {
			Name  string
			VLANs []string `json:"segmentation_id"`
		}
	}
}

type connectionShown struct {
	ID      string
	Gateway string `json:"l2_gateway_id"`
	Network string `json:"network_id"`
}

type deviceShown struct {
	ID   string
	MACs []struct {
		ID   string
		MAC  string `json:"mac_address"`
		VTEP string `json:"vtep_address"`
		VNI  int    `json:"segmentation_id"`
	} `json:"remote_mac_entries"`
}

func (c *controller) definitions() (d definitions) {
	c.t.Helper()
	for _, path := range []string{networks, gateways, connections, devices} {
		c.do(http.StatusOK, http.MethodGet, path, nil, &d)
	}
	return d
}

// part is a switch's share of a network by one connection.
type part struct {
	rack     *rack
	tunnel   string
	border   int // VNI between sites, 0 for none
	bindings []string
}

// expectation says, for gateways whose interfaces carry the VLANs, what each
// database must hold of ours.
type expectation struct {
	definitions
	racks []*rack
	lines map[*rack][]string
}

func expect(d definitions, racks []*rack) map[*rack][]string {
	e := expectation{d, racks, map[*rack][]string{}}
	for _, n := range d.Networks {
		e.network(n)
	}
	return e.lines
}

func (e *expectation) network(n networkShown) {
	var parts []part
	for _, c := range e.Connections {
		if c.Network == n.ID {
			parts = append(parts, e.connection(n, c)...)
		}
	}
	macs, ends := map[string]string{}, map[string]bool{}
	for _, p := range parts {
		ends[p.tunnel] = true
		for mac, vtep := range e.farMACs(p, n.VNI) {
			macs[mac] = vtep
			ends[vtep] = true
		}
	}
	done := map[*rack]bool{}
	for _, p := range parts {
		e.lines[p.rack] = append(e.lines[p.rack], p.bindings...)
		if done[p.rack] {
			continue
		}
		done[p.rack] = true
		e.lines[p.rack] = append(e.lines[p.rack], fmt.Sprintf("ls %s key %d", n.ID, n.VNI))
		for mac, vtep := range macs {
			e.lines[p.rack] = append(e.lines[p.rack], fmt.Sprintf("mac %s %s %s", n.ID, mac, vtep))
		}
		if others := otherEnds(ends, p.rack); len(others) > 0 {
			e.lines[p.rack] = append(e.lines[p.rack], "flood "+n.ID+" "+strings.Join(others, " "))
		}
	}
}

// otherEnds is a flood list: everybody but the rack's own switches.
func otherEnds(ends map[string]bool, r *rack) []string {
	own := slices.Collect(maps.Values(r.tunnels))
	return slices.DeleteFunc(slices.Sorted(maps.Keys(ends)), func(ip string) bool { return slices.Contains(own, ip) })
}

// farMACs are the remote MACs of the part's device for its VNI, with their tunnel IPs.
func (e *expectation) farMACs(p part, vni int) map[string]string {
	if p.border != 0 {
		vni = p.border
	}
	found := map[string]string{}
	for _, d := range e.Devices {
		for _, m := range d.MACs {
			if d.ID == p.rack.device && m.VNI == vni {
				found[m.MAC] = m.VTEP
			}
		}
	}
	return found
}

// connection gives nothing for one that no default switch can realise: its VNI
// between sites is not the network's.
func (e *expectation) connection(n networkShown, c connectionShown) (parts []part) {
	i := slices.IndexFunc(e.Gateways, func(g gatewayShown) bool { return g.ID == c.Gateway })
	for _, d := range e.Gateways[i].Devices {
		p, sw := part{}, d.Name
		p.border, _ = strconv.Atoi(d.BorderVNI)
		if p.border != 0 && p.border != n.VNI {
			return nil
		}
		for _, r := range e.racks {
			if r.tunnels[d.Name] != "" || r.device == d.Device {
				p.rack = r
			}
		}
		if sw == "" {
			sw = p.rack.stands
		}
		p.tunnel = p.rack.tunnels[sw]
		for _, itf := range d.Interfaces {
			for _, vlan := range itf.VLANs {
				p.bindings = append(p.bindings, fmt.Sprintf("bind %s %s %s %s", sw, itf.Name, vlan, n.ID))
			}
		}
		parts = append(parts, p)
	}
	return parts
}

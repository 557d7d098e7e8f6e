package site_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/site"
)

// words are names that YAML takes for something else, or that need quotes.
var words = []string{"blue", "null", "~", "yes", "0100", "1e3", "12:30", "02:00:00:03:00:03", "a: b", "a #b", "-", "- a", "?", ":", "a:", "[x", "x]", "{", "'", `"`, `\`, "#", "&a", "*a", "!t", "|", ">", "%x",
	"@", "`", " lead", "trail ", "a, b", "<<", "=", "2026-11-29", "...", "---", "--- a", "... b", "ü", "\u200b", "\u2028", "\ufeff", "\u00a0", "日本", "\U0001F600", "\U000e0001", ".inf", "0x1f", "0o7", "1_0", "+1", "a\"b", "id:x", "10.0.0.1", "true", "\ufffd", "\u0301",
	strings.Repeat("\u200b", 255), strings.Repeat("é", 255), strings.Repeat("[", 255), strings.Repeat("\"", 255)}

type maker struct{ *rand.Rand }

func (m maker) word() string { return words[m.IntN(len(words))] }

func (m maker) coin() bool { return m.IntN(2) == 0 }

func (m maker) object(n int) site.Object {
	name := fmt.Sprintf("%s%d", m.word(), n)
	if len([]rune(name)) > 255 {
		name = string([]rune(name)[:250]) + fmt.Sprint(n)
	}
	o := site.Object{Key: name, Name: name, Project: []string{"default", "other", "null"}[m.IntN(3)]}
	switch {
	case strings.HasPrefix(name, "id:") || m.IntN(4) == 0:
		o.Key, o.ID, o.Name = fmt.Sprintf("id:k%d", n), fmt.Sprintf("k%d", n), m.word()
	case m.coin():
		o.ID, o.RenamedFrom = fmt.Sprintf("k%d", n), m.word()
	}
	return o
}

func (m maker) vtep() model.VTEPAddress {
	return model.VTEPAddress{10, byte(m.IntN(3)), 0, byte(m.IntN(9))}
}

func (m maker) file() *site.File {
	f := &site.File{Site: "dc1", Project: []string{"default", "p", "0100"}[m.IntN(3)]}
	for n := range m.IntN(4) {
		f.Switches = append(f.Switches, m.sw(n))
	}
	for n := range m.IntN(4) {
		f.Networks = append(f.Networks, &site.Network{Object: m.object(n), VNI: model.VNI(m.IntN(3)), Description: []string{"", m.word()}[m.IntN(2)], FarEnds: m.farEnds(),
			Shared: m.coin(), AdminStateUp: m.coin()})
	}
	for n := range m.IntN(4) {
		f.Gateways = append(f.Gateways, m.gateway(n, f))
	}
	for _, g := range f.Gateways {
		for _, n := range f.Networks {
			f.Connections = append(f.Connections, &site.Connection{ID: []string{"", "c"}[m.IntN(2)], Gateway: g.Key, Network: n.Key,
				Segmentation: []model.SegmentationID{{}, model.VLANID(0), model.VLANID(10), model.VXLANID(7000)}[m.IntN(4)]})
		}
	}
	m.Shuffle(len(f.Connections), func(i, j int) { f.Connections[i], f.Connections[j] = f.Connections[j], f.Connections[i] })
	return f
}

func (m maker) sw(n int) *site.Switch {
	s := &site.Switch{Object: m.object(n), Type: model.HWVTEP, Profile: "auto", BorderMode: model.BorderDirect, Drift: model.DriftRepair}
	if m.IntN(5) == 0 {
		s.Type, s.ResourceID = model.NetworkVLAN, m.word()
		return s
	}
	s.Address, s.Listen = []string{"10.0.0.1:6640", "[2001:db8::1]:6640"}[m.IntN(2)], m.coin()
	if s.Listen && m.coin() {
		s.Address = ""
	}
	if m.coin() {
		s.Secure, s.TLS = true, m.word()
	}
	if m.coin() {
		s.Location, s.Profile, s.Drift = m.word(), "ovs-vtep+bfd", model.DriftReport
	}
	if m.coin() {
		s.BorderMode, s.StitchPorts, s.TunnelIPs = model.BorderStitch, []string{m.word(), m.word()}, []model.VTEPAddress{m.vtep()}
	}
	for n := range m.IntN(3) {
		s.RemoteMACs = append(s.RemoteMACs, site.RemoteMAC{MAC: model.MAC{2, 0, 0, byte(m.IntN(20)), 0, byte(n)}, VTEP: model.VTEPAddress{10, 1, 1, 1}, VNI: 7000})
	}
	m.Shuffle(len(s.RemoteMACs), func(i, j int) { s.RemoteMACs[i], s.RemoteMACs[j] = s.RemoteMACs[j], s.RemoteMACs[i] })
	return s
}

func (m maker) farEnds() (out []model.VTEPAddress) {
	for range m.IntN(4) {
		out = append(out, model.VTEPAddress{10, 9, byte(m.IntN(3)), byte(m.IntN(3))})
	}
	return out
}

func (m maker) gateway(n int, f *site.File) *site.Gateway {
	g := &site.Gateway{Object: m.object(n), HA: []model.HAMode{model.ActiveActive, model.ActivePassive}[m.IntN(2)], Preempt: m.coin()}
	for range 1 + m.IntN(2) {
		d := site.Device{Switch: m.word()}
		ports := 1 + m.IntN(3)
		if m.IntN(3) == 0 {
			d = site.Device{Border: "id:somewhere", VNI: model.VNI(m.IntN(3))}
			if len(f.Switches) > 0 {
				d.Border = f.Switches[m.IntN(len(f.Switches))].Key
			}
			ports = m.IntN(2)
		}
		for _, i := range m.Perm(len(words))[:ports] {
			d.Ports = append(d.Ports, site.Port{Name: words[i], VLANs: []model.VLAN{0, 10, 4094}[:m.IntN(4)], Ahead: m.coin()})
		}
		g.Devices = append(g.Devices, d)
	}
	return g
}

// TestPrintedIsParsed: what is printed is parsed to the same file, and printed in the same bytes.
func TestPrintedIsParsed(t *testing.T) {
	for seed := range uint64(300) {
		m := maker{rand.New(rand.NewPCG(seed, 1))}
		f := m.file()
		text := site.Print(f)
		parsed, err := site.Parse("f", text)
		require.NoError(t, err, "seed %d:\n%s", seed, text)
		require.Equal(t, string(text), string(site.Print(parsed)), "seed %d", seed)
		forget(parsed)
		forget(f)
		require.Equal(t, f, parsed, "seed %d:\n%s", seed, text)
	}
}

// forget removes what differs although it means the same: lines, and empty lists.
func forget(f *site.File) {
	f.Origin, f.SiteLine = "", 0
	for _, s := range f.Switches {
		s.Line = 0
	}
	for _, n := range f.Networks {
		n.Line = 0
	}
	for _, c := range f.Connections {
		c.Line = 0
	}
	for _, s := range f.Switches {
		s.Secure = s.Secure && !(s.Listen && s.TLS == "")
	}
	for _, g := range f.Gateways {
		g.Line = 0
		for i := range g.Devices {
			for j := range g.Devices[i].Ports {
				if p := &g.Devices[i].Ports[j]; len(p.VLANs) == 0 {
					p.VLANs = nil
				}
			}
		}
	}
}

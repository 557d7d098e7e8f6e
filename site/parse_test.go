package site_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/site"
)

const example = `bordergw: 1                     # form, required
site: dc1
project: default
switches:
  sw1:
    address: 10.0.0.1:6640      # or listen: true
    tls: ca-dc1
    location: a
    profile: ovs-vtep+bfd
    border_mode: stitch
    stitch_ports: [xb, xa]
    tunnel_ips: [10.9.0.1]
    drift: report
    remote_macs:
      - {mac: "02:00:00:03:00:03", vtep: 10.250.2.3, vni: 7000}
  sw2: {listen: true}
networks:
  blue: {vni: 10000, far_ends: [10.9.9.9, 10.9.9.8, 10.9.9.9]}
  red:
gateways:
  gw1:
    ha: active-passive
    preempt: true
    devices:
      - switch: sw1
        ports: {p3: [], p2: [untagged], p1: [20, 10, 10]}
      - border: sw2
        vni: 7000
connections:
  - {gateway: gw1, network: red}
  - {gateway: gw1, network: blue, vlan: 100}
`

const canonical = `# Site dc1, as bordergw export prints it.
bordergw: 1
site: dc1
switches:
  sw1:
    address: 10.0.0.1:6640
    tls: ca-dc1
    location: a
    profile: ovs-vtep+bfd
    border_mode: stitch
    stitch_ports: [xa, xb]
    tunnel_ips: [10.9.0.1]
    drift: report
    remote_macs:
      - {mac: "02:00:00:03:00:03", vtep: 10.250.2.3, vni: 7000}
  sw2:
    listen: true
networks:
  blue:
    vni: 10000
    far_ends: [10.9.9.8, 10.9.9.9]
  red: {}
gateways:
  gw1:
    ha: active-passive
    preempt: true
    devices:
      - switch: sw1
        ports: {p1: [10, 20], p2: [untagged], p3: []}
      - border: sw2
        vni: 7000
connections:
  - {gateway: gw1, network: blue, vlan: 100}
  - {gateway: gw1, network: red}
`

func TestCanonicalText(t *testing.T) {
	f, err := site.Parse("dc1.yaml", []byte(example))
	require.NoError(t, err)
	require.Equal(t, canonical, string(site.Print(f)))
}

// TestRefused: every line says where the problem is.
func TestRefused(t *testing.T) {
	const head = "bordergw: 1\nsite: dc1\n"
	for text, want := range map[string]string{
		"":                                                 "f:1:1: the file is empty: it needs the keys bordergw and site",
		"a\xff":                                            "f:1:2: this is not UTF-8",
		"site: dc1\n":                                      "f:1:1: the key bordergw is missing",
		"bordergw: 2\nsite: dc1\n":                         "f:1:11: form 2 is not known, 1 is",
		"bordergw: 1\nsite: DC\n":                          `f:2:7: site: "DC" is not a name of up to 63 letters a-z, digits and '-'`,
		"[]":                                               "f:1:1: the file: a mapping of keys to values is expected, not a list",
		head + "colour: red\n":                             "f:3:1: the file: unknown key colour; known are bordergw, connections, gateways, networks, project, site, switches",
		head + "networks: {a: , a: }\n":                    "f:3:17: networks: the key a is given twice, first in line 3",
		head + "networks: &x {a: }\n":                      "f:3:11: anchors (&x) are not allowed",
		head + "networks: {a: !!map {}}\n":                 "f:3:15: tags (!!map) are not allowed",
		head + "networks: {<<: {}}\n":                      "f:3:12: merge keys (<<) are not allowed",
		head + "---\nbordergw: 1\n":                        "f:3:1: a second document begins here, only one is allowed",
		head + "networks: {a: {vni: 0100}}":                `f:3:21: vni: a decimal number without leading zeros is expected, not "0100"`,
		head + "networks: {a: {vni: 0x10}}":                `f:3:21: vni: a decimal number without leading zeros is expected, not "0x10"`,
		head + "networks: {a: {vni: \"1\"}}":               `f:3:21: vni: a decimal number without leading zeros is expected, not "1"`,
		head + "networks: {a: {vni: 0}}":                   "f:3:21: vni: 0 is not in 1..16777215",
		head + "networks: {a: {shared: yes}}":              `f:3:24: shared: true or false is expected, not "yes"`,
		head + "networks: {\"\": }":                        "f:3:12: networks: a name is empty; an object without one is called id:ID",
		head + "networks: {id:a b: }":                      `f:3:12: id: "a b" is not a valid id`,
		head + "networks: {id:a: {id: b}}":                 "f:3:19: network id:a: unknown key id; known are admin_state_up, description, far_ends, name, project, shared, vni",
		head + "networks: {a: {far_ends: [\"::1\"]}}":      `f:3:27: far_ends: "::1": only IPv4 tunnel addresses exist in hardware_vtep`,
		head + "switches: {a: }":                           "f:3:15: switch a: it needs address: IP:PORT, or listen: true if the switch dials",
		head + "switches: {a: {address: leaf:6640}}":       `f:3:25: address: "leaf:6640" is not IP:PORT, such as 192.0.2.1:6640 or [2001:db8::1]:6640`,
		head + "switches: {a: {listen: true, profile: x}}": `f:3:39: profile: "x" is not one of the profiles`,
		head + "switches: {a: {listen: true, tunnel_ips: [\"::1\"]}}":                         `f:3:43: tunnel_ips: "::1": only IPv4 tunnel addresses exist in hardware_vtep`,
		head + "switches: {a: {listen: true, remote_macs: [{}]}}":                             "f:3:44: remote MAC: the key mac is missing",
		head + "gateways: {g: {}}":                                                            "f:3:15: gateway g: the key devices is missing",
		head + "gateways: {g: {devices: []}}":                                                 "f:3:25: devices: a gateway has at least one device",
		head + "gateways: {g: {devices: [{switch: a}]}}":                                      "f:3:26: device: switch a needs ports",
		head + "gateways: {g: {devices: [{border: a}]}}":                                      "f:3:35: switch a is not in the file",
		head + "gateways: {g: {devices: [{switch: a, ports: {p: [4095]}}]}}":                  "f:3:50: vlan: 4095 is not in 0..4094",
		head + "connections: [{gateway: g, network: n}]":                                      "f:3:25: gateway g is not in the file",
		head + "connections: [{gateway: id:g, network: id:n, vlan: 1, vni: 1}]":               "f:3:15: connection: it has vlan or vni, not both",
		head + "connections: [{gateway: id:g, network: id:n},{gateway: id:g, network: id:n}]": "f:3:46: connection id:g id:n: it is given twice, first in line 3",
		head + "networks: {a: [}\n":                                                           "f:3:1: this is not YAML: did not find expected node content",
		head + "networks: {a: *x}\n":                                                          "f:3:15: aliases (*x) are not allowed",
	} {
		_, err := site.Parse("f", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestAtMostTwentyProblems: the first twenty in the order of the file, and how many more.
func TestAtMostTwentyProblems(t *testing.T) {
	var b strings.Builder
	b.WriteString("bordergw: 1\nsite: dc1\nconnections:\n")
	for range 1000 {
		b.WriteString("- {gateway: id:g, network: n}\n")
	}
	_, err := site.Parse("f", []byte(b.String()))
	var problems *site.Problems
	require.True(t, errors.As(err, &problems))
	require.Len(t, problems.List, 20)
	lines := problems.Lines()
	require.Equal(t, "f:4:28: network n is not in the file", lines[0])
	require.Contains(t, lines[20], "more")
}

// hostile are texts that make parsers work hard.
func hostile(size int) map[string]string {
	nested := func(unit string) string {
		var b strings.Builder
		for depth := 0; b.Len() < size; depth++ {
			b.WriteString(strings.Repeat(" ", depth) + unit + "\n")
		}
		return b.String()
	}
	out := map[string]string{"nested keys": nested("a:"), "nested lists": nested("-"), "nested comments": nested("a: #b")}
	for _, unit := range []string{"[", "{", "{a: ", "- ", "? ", "a: #\n", "- #x\n", "---\n", ":", "\"", "!", "&a ", "#\n", " #a\n\n", "*a\n", "\"\\\n", "%YAML 1.1\n", "a\n", "'"} {
		out[unit] = strings.Repeat(unit, size/len(unit))
		out["in a file "+unit] = "bordergw: 1\nsite: a\nnetworks:\n" + out[unit]
	}
	out["commas"] = "[" + strings.Repeat("a,", size/2) + "]"
	out["block"] = "a: |\n" + strings.Repeat("\n", size)
	out["folded"] = "a: >\n" + strings.Repeat(" b\n", size/3)
	var flat strings.Builder
	for i := 0; flat.Len() < size; i++ {
		fmt.Fprintf(&flat, "k%d: 1\n", i)
	}
	out["flat"] = flat.String()
	return out
}

// TestWorkGrowsWithTheText: the parser allocates at most in proportion to what it reads, so
// that no 64 KiB cost more than others do by much.
func TestWorkGrowsWithTheText(t *testing.T) {
	const size, most = 64 << 10, 2048 // bytes allocated for each byte read
	for name, text := range hostile(size) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = site.Parse("f", []byte(text))
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(size*most), name)
	}
}

// FuzzParse: nothing panics, and what is accepted is printed in its canonical form.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte(canonical))
	for _, text := range hostile(64) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := site.Parse("f", text)
		if err != nil {
			var problems *site.Problems
			require.True(t, errors.As(err, &problems))
			require.NotEmpty(t, problems.List)
			return
		}
		printed := site.Print(file)
		again, err := site.Parse("f", printed)
		require.NoError(t, err, "%s", printed)
		require.Equal(t, string(printed), string(site.Print(again)))
	})
}

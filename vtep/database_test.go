package vtep_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// database is a hardware_vtep database as plain records that point at each
// other. It is read from text, one record a line:
//
//	switch NAME [IP...]
//	port SWITCH NAME
//	bind SWITCH PORT VLAN LS
//	ls NAME [key N] [mode M] [description WORD] [config KEY=VALUE]...
//	remote|local LS MAC LOCATOR [ip IP]
//	flood|localflood LS GROUP LOCATOR...
//
// A LOCATOR is IP or IP#KEY and springs up when it is named.
type database struct {
	caps     vtep.Caps
	rng      *rand.Rand // nil: UUIDs count up
	count    uint64
	switches []*physicalSwitch
	ls       []*logicalSwitch
	locators map[string]*locator
	remote   []*mac
	local    []*mac
	flood    []*group
	floodLoc []*group
}

type physicalSwitch struct {
	id    ovsdb.UUID
	name  string
	ips   []string
	ports []*port
}

type port struct {
	id    ovsdb.UUID
	name  string
	vlans map[int]*logicalSwitch
}

type logicalSwitch struct {
	id                      ovsdb.UUID
	name, description, mode string
	key                     *int
	config                  map[string]string
}

type locator struct {
	id  ovsdb.UUID
	ip  string
	key int
}

type mac struct {
	id  ovsdb.UUID
	mac string
	ls  *logicalSwitch
	at  *locator
	ip  string
}

type group struct {
	id, set ovsdb.UUID
	mac     string
	ls      *logicalSwitch
	members []*locator
}

func capsOf(t testing.TB, version string) vtep.Caps {
	var missing []string
	for since, column := range map[string]string{
		"1.5.0": "Physical_Locator.tunnel_key", "1.5.1": "Logical_Switch.other_config", "1.6.0": "Logical_Switch.replication_mode",
	} {
		if version < since {
			missing = append(missing, column)
		}
	}
	c, err := vtep.NewCaps(vtep.SchemaWithout(version, missing...))
	require.NoError(t, err)
	return c
}

func parseDatabase(t testing.TB, caps vtep.Caps, rng *rand.Rand, text string) *database {
	d := &database{caps: caps, rng: rng, locators: map[string]*locator{}}
	lines := strings.Split(text, "\n")
	// What others refer to comes first, whatever the order of the text.
	for _, words := range [][]string{{"switch", "ls"}, {"port"}, {"bind", "remote", "local", "flood", "localflood"}} {
		for _, line := range lines {
			if f := strings.Fields(line); len(f) > 0 && slices.Contains(words, f[0]) {
				d.parse(t, f)
			}
		}
	}
	return d
}

func (d *database) parse(t testing.TB, f []string) {
	switch f[0] {
	case "switch":
		d.switches = append(d.switches, &physicalSwitch{id: d.uuid(), name: f[1], ips: f[2:]})
	case "port":
		s := d.physical(f[1])
		s.ports = append(s.ports, &port{id: d.uuid(), name: f[2], vlans: map[int]*logicalSwitch{}})
	case "bind":
		d.port(f[1], f[2]).vlans[number(t, f[3])] = d.logical(f[4])
	case "ls":
		d.parseLogical(t, f)
	case "remote":
		d.remote = append(d.remote, &mac{d.uuid(), f[2], d.logical(f[1]), d.locator(f[3]), strings.Join(f[min(5, len(f)):], "")})
	case "local":
		d.local = append(d.local, &mac{d.uuid(), f[2], d.logical(f[1]), d.locator(f[3]), ""})
	case "flood":
		d.flood = append(d.flood, d.group(f))
	case "localflood":
		d.floodLoc = append(d.floodLoc, d.group(f))
	}
}

func (d *database) group(f []string) *group {
	g := &group{id: d.uuid(), set: d.uuid(), mac: f[2], ls: d.logical(f[1])}
	for _, l := range f[3:] {
		g.members = append(g.members, d.locator(l))
	}
	return g
}

func (d *database) parseLogical(t testing.TB, f []string) {
	l := &logicalSwitch{id: d.uuid(), name: f[1], config: map[string]string{}}
	for i := 2; i+1 < len(f); i += 2 {
		switch f[i] {
		case "key":
			n := number(t, f[i+1])
			l.key = &n
		case "mode":
			l.mode = f[i+1]
		case "description":
			l.description = f[i+1]
		case "config":
			k, v, _ := strings.Cut(f[i+1], "=")
			l.config[k] = v
		default:
			require.Fail(t, "bad line", "%v", f)
		}
	}
	d.ls = append(d.ls, l)
}

func number(t testing.TB, s string) int {
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

func (d *database) uuid() (id ovsdb.UUID) {
	d.count++
	if d.rng != nil {
		binary.BigEndian.PutUint64(id[:], d.rng.Uint64())
	}
	binary.BigEndian.PutUint64(id[8:], d.count)
	return id
}

func (d *database) physical(name string) *physicalSwitch {
	return d.switches[slices.IndexFunc(d.switches, func(s *physicalSwitch) bool { return s.name == name })]
}

func (d *database) port(sw, name string) *port {
	for _, p := range d.physical(sw).ports {
		if p.name == name {
			return p
		}
	}
	return nil
}

func (d *database) logical(name string) *logicalSwitch {
	if i := slices.IndexFunc(d.ls, func(l *logicalSwitch) bool { return l.name == name }); i >= 0 {
		return d.ls[i]
	}
	return nil
}

func (d *database) locator(text string) *locator {
	if d.locators[text] == nil {
		ip, key, _ := strings.Cut(text, "#")
		n, _ := strconv.Atoi(key)
		d.locators[text] = &locator{id: d.uuid(), ip: ip, key: n}
	}
	return d.locators[text]
}

// of are the lines of a dump that concern a logical switch, sorted.
func of(dump, ls string) (out []string) {
	for line := range strings.Lines(dump) {
		f := strings.Fields(line)
		if f[0] == "bind" && f[4] == ls || f[0] != "bind" && f[0] != "switch" && f[0] != "port" && f[1] == ls {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

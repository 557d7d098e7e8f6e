package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

// brownField is a switch that somebody else has written: what stands there, and how it was when the
// test began.
type brownField struct {
	*ovsdbtest.Server
	t        *testing.T
	name     string
	ops      []string
	switches map[string]int // by name, their place in the transaction
	locators map[string]int
	before   map[string]string // by table
}

func newBrownField(t *testing.T, name, tunnelIP string, ports ...string) *brownField {
	b := &brownField{Server: ovsdbtest.Start(t), t: t, name: name, switches: map[string]int{}, locators: map[string]int{}}
	b.AddSwitch(name, tunnelIP, ports...)
	return b
}

func (b *brownField) insert(format string, args ...any) {
	b.ops = append(b.ops, `{"op":"insert","table":`+fmt.Sprintf(format, args...)+"}")
}

func (b *brownField) logicalSwitch(name, description string, key int) {
	b.switches[name] = len(b.switches)
	b.insert(`"Logical_Switch","uuid-name":"ls%d","row":{"name":%q,"description":%q,"tunnel_key":%d,"replication_mode":"source_node","other_config":["map",[["owner","nsx"]]]}`,
		b.switches[name], name, description, key)
}

// locator is the name of the row of a tunnel address, which springs up.
func (b *brownField) locator(ip string) string {
	at, known := b.locators[ip]
	if !known {
		at = len(b.locators)
		b.locators[ip] = at
		b.insert(`"Physical_Locator","uuid-name":"loc%d","row":{"encapsulation_type":"vxlan_over_ipv4","dst_ip":%q}`, at, ip)
	}
	return fmt.Sprintf(`["named-uuid","loc%d"]`, at)
}

func (b *brownField) mac(table, ls, mac, at string) {
	locator := b.locator(at)
	b.insert(`%q,"row":{"MAC":%q,"ipaddr":"","logical_switch":["named-uuid","ls%d"],"locator":%s}`, table, mac, b.switches[ls], locator)
}

func (b *brownField) flood(ls string, to ...string) {
	set := make([]string, len(to))
	for i, ip := range to {
		set[i] = b.locator(ip)
	}
	b.insert(`"Physical_Locator_Set","uuid-name":"set%d","row":{"locators":["set",[%s]]}`, b.switches[ls], strings.Join(set, ","))
	b.insert(`"Mcast_Macs_Remote","row":{"MAC":"unknown-dst","ipaddr":"","logical_switch":["named-uuid","ls%d"],"locator_set":["named-uuid","set%d"]}`,
		b.switches[ls], b.switches[ls])
}

// stands writes what was gathered, and remembers all that there is.
func (b *brownField) stands(bindings ...string) {
	b.Transact("[" + strings.Join(b.ops, ",") + "]")
	for _, at := range bindings {
		b.VtepCtl(append([]string{"bind-ls", b.name}, strings.Fields(at)...)...)
	}
	b.remember()
}

func (b *brownField) remember() { b.before = b.tables() }

// tables are all rows with their UUIDs, by table. Of logical switches the marks and descriptions are left out.
func (b *brownField) tables() map[string]string {
	out := map[string]string{}
	for _, table := range []string{"Global", "Physical_Switch", "Physical_Port", "Physical_Locator", "Physical_Locator_Set", "Tunnel",
		"Ucast_Macs_Local", "Ucast_Macs_Remote", "Mcast_Macs_Local", "Mcast_Macs_Remote", "ACL", "ACL_entry", "Logical_Router", "Logical_Binding_Stats"} {
		out[table] = b.Dump(table)
	}
	for _, row := range b.Rows("Logical_Switch", "_uuid", "name", "tunnel_key", "replication_mode", "other_config") {
		delete(row["other_config"].(map[string]any), "bordergw")
		text, err := json.Marshal(row)
		require.NoError(b.t, err)
		out["Logical_Switch"] += string(text) + "\n"
	}
	return out
}

// untouched checks that all stands as it did: the same rows with the same UUIDs.
func (b *brownField) untouched() {
	b.t.Helper()
	now := b.tables()
	for table, rows := range b.before {
		require.Equal(b.t, rows, now[table], "%s of %s", table, b.name)
	}
}

// wroteOnlyMarks checks that no transaction since the log had a length wrote anything but logical switches.
func (b *brownField) wroteOnlyMarks(since int) {
	b.t.Helper()
	for _, record := range b.Log()[since:] {
		_, text, _ := strings.Cut(record, "\n")
		var tables map[string]json.RawMessage
		require.NoError(b.t, json.Unmarshal([]byte(text), &tables), record)
		for table := range tables {
			require.Contains(b.t, []string{"Logical_Switch", "_date", "_comment", "_is_diff"}, table, "a transaction on %s: %.1000s", b.name, record)
		}
	}
}

// marked counts the logical switches that have our mark.
func (b *brownField) marked() (n int) {
	for _, row := range b.Rows("Logical_Switch", "name", "other_config") {
		if row["other_config"].(map[string]any)["bordergw"] != nil {
			n++
		}
	}
	return n
}

// adopts runs adopt, and writes what it prints into a file.
func (c *controller) adopts(code int, args ...string) (file, text, notes string) {
	c.t.Helper()
	out, notes, got := c.cli(append([]string{"adopt"}, args...)...)
	require.Equal(c.t, code, got, notes)
	file = filepath.Join(c.t.(*testing.T).TempDir(), "adopted.yaml")
	require.NoError(c.t, os.WriteFile(file, []byte(out), 0o600))
	return file, out, notes
}

// appliesAdopted plans and applies a file, of which all is new or taken over as it is.
func (c *controller) appliesAdopted(file string, changes int) {
	c.t.Helper()
	plan, errOut, code := c.cli("plan", "-f", file)
	require.Zero(c.t, code, errOut)
	lines := regexp.MustCompile(`(?m)^  . (switch|network|gateway|connection) `).FindAllString(plan, -1)
	require.Len(c.t, lines, changes, plan)
	for _, line := range lines {
		require.Contains(c.t, "+>", line[2:3], plan)
	}
	for line := range strings.Lines(plan) {
		require.NotRegexp(c.t, `^  (E\d\d|W0[2-6]) `, line, plan)
	}
	_, written, _ := strings.Cut(plan, "\nswitches\n")
	written, _, _ = strings.Cut(written, "\nfindings\n")
	require.NotRegexp(c.t, `bind |macs |flood list`, written, "nothing but marks")
	out, errOut, code := c.cli("apply", "-f", file, "--yes")
	require.Zero(c.t, code, errOut)
	require.Contains(c.t, out, "applied: revision ")
	out, errOut, code = c.cli("wait", "--for=Programmed", "--for=Bound", "--timeout", patience.String())
	require.Zero(c.t, code, "%s%s", out, errOut)
	c.settled()
}

// TestAdoptBrownField: a switch with 2,000 rows of MACs, three logical switches, five ports and an end
// point that is known by a flood list alone. Adopted and applied, nothing is written but marks and
// descriptions: no row has another UUID, and nobody loses a frame.
func TestAdoptBrownField(t *testing.T) {
	t.Parallel()
	b := newBrownField(t, "tor1", "192.0.2.1", "p1", "p2", "p3", "p4", "p5")
	names := []string{"blue", "6f1d1e0c-8f2f-4c55-9d1a-0f6f6a1b7c10", "ls_green"}
	b.logicalSwitch(names[0], "", 5001)
	b.logicalSwitch(names[1], "tenant red", 5002)
	b.logicalSwitch(names[2], "tenant green", 16777215)
	vteps := []string{"10.9.0.1", "10.9.0.2", "10.9.0.3", "10.9.0.4"}
	for i := range 2000 {
		b.mac("Ucast_Macs_Remote", names[i%3], fmt.Sprintf("02:00:00:00:%02x:%02x", i>>8, i&255), vteps[i/3%4])
	}
	for _, name := range names {
		b.mac("Ucast_Macs_Local", name, "02:00:00:01:00:01", "192.0.2.1")
		b.flood(name, append(slices.Clone(vteps), "10.9.9.9")...)
	}
	b.stands("p1 10 blue", "p1 20 "+names[1], "p2 0 blue", "p3 10 ls_green", "p4 30 "+names[1], "p5 4094 ls_green")

	c := start(t)
	dev := c.register("tor1", b.Server)
	c.reaches(patience, devices, dev, "IN_SYNC")
	b.untouched()
	var file, text string
	eventually(t, patience, func() error {
		out, notes, code := c.cli("adopt", "tor1", "--site", "dc1", "--strict")
		if code != 0 {
			return fmt.Errorf("exit code %d: %s", code, notes)
		}
		text = out
		return nil
	})
	file, _, _ = c.adopts(0, "tor1", "--site", "dc1", "--strict")
	require.Equal(t, 2000, strings.Count(text, "- {mac: "), text[max(0, len(text)-3000):])
	require.Equal(t, 3, strings.Count(text, "far_ends: [10.9.9.9]"))
	require.Contains(t, text, "  tenant red:\n    id: 6f1d1e0c-8f2f-4c55-9d1a-0f6f6a1b7c10\n    vni: 5002\n")
	b.untouched()

	log := len(b.Log())
	c.appliesAdopted(file, 1+3+3+3)
	require.Equal(t, 3, b.marked())
	b.untouched()
	b.wroteOnlyMarks(log)

	c.stop()
	c.run()
	c.reaches(patience, devices, dev, "IN_SYNC")
	c.settled()
	b.untouched()
	again, _, _ := c.adopts(0, "tor1", "--site", "dc1", "--strict")
	out, _, _ := c.cli("plan", "-f", again)
	require.Equal(t, "site dc1, nothing to do\n", out)
	b.wroteOnlyMarks(log)
}

// TestAdoptTwoSwitches: two switches that know each other's MACs. Adopted together, what is at the other
// one is left to learning: a row for a MAC that is not learned there is noted (N02) and goes, all
// others stay.
func TestAdoptTwoSwitches(t *testing.T) {
	t.Parallel()
	tors := []*brownField{newBrownField(t, "tor1", "192.0.2.1", "p1"), newBrownField(t, "tor2", "192.0.2.2", "p1")}
	const stale = "02:00:00:00:09:09"
	for i, b := range tors {
		other := fmt.Sprint("192.0.2.", 2-i)
		b.logicalSwitch("blue", "blue", 5001)
		b.mac("Ucast_Macs_Remote", "blue", "02:00:00:00:05:05", "10.9.0.1")
		for n := range 100 {
			b.mac("Ucast_Macs_Local", "blue", fmt.Sprintf("02:00:00:0%d:00:%02x", i, n), fmt.Sprint("192.0.2.", 1+i))
			b.mac("Ucast_Macs_Remote", "blue", fmt.Sprintf("02:00:00:0%d:00:%02x", 1-i, n), other)
		}
		b.flood("blue", other, "10.9.0.1", "10.9.9.9")
	}
	tors[0].mac("Ucast_Macs_Remote", "blue", stale, "192.0.2.2")
	tors[0].stands("p1 10 blue")
	tors[1].stands("p1 10 blue")

	c := start(t)
	for _, b := range tors {
		c.reaches(patience, devices, c.register(b.name, b.Server), "IN_SYNC")
	}
	eventually(t, patience, func() error {
		_, notes, code := c.cli("adopt", "tor1", "tor2", "--strict")
		if code != 3 || notes != "N02 network blue on tor1: 1 MAC at 192.0.2.2 would be deleted: tor2 has not learned them now (delete mac blue "+stale+")\n" {
			return fmt.Errorf("exit code %d, notes %q", code, notes)
		}
		return nil
	})
	_, text, notes := c.adopts(0, "tor1")
	require.Contains(t, text, "far_ends: [10.9.9.9, 192.0.2.2]\n", "alone, it floods to what it does not know as a member")
	require.Contains(t, notes, "N02 network blue on tor1: 101 MACs at 192.0.2.2 would be deleted: tor2 is registered and does not carry the network; adopt it together with tor1")

	tors[0].VtepCtl("del-ucast-remote", "blue", stale)
	tors[0].remember()
	eventually(t, patience, func() error {
		if _, notes, code := c.cli("adopt", "tor1", "tor2", "--strict"); code != 0 {
			return fmt.Errorf("exit code %d, notes %q", code, notes)
		}
		return nil
	})
	file, text, _ := c.adopts(0, "tor1", "tor2", "--strict")
	require.Contains(t, text, "far_ends: [10.9.9.9]\n")
	log := []int{len(tors[0].Log()), len(tors[1].Log())}
	c.appliesAdopted(file, 2+1+1+1)
	for i, b := range tors {
		require.Equal(t, 1, b.marked())
		b.untouched()
		b.wroteOnlyMarks(log[i])
	}
	tors[1].VtepCtl("add-ucast-local", "blue", stale, "192.0.2.2")
	eventually(t, patience, func() error {
		if out, err := tors[0].TryVtepCtl("list-remote-macs", "blue"); err != nil || !strings.Contains(out, stale) {
			return fmt.Errorf("tor1 has no row of what tor2 learns: %v", err)
		}
		return nil
	})
}

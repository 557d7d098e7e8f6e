package main

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// newUUID is a row's id. Its first 32 bits must be well mixed: the server
// hashes by them.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func insert(table, id, columns string) string {
	return fmt.Sprintf(`{"op":"insert","table":%q,"uuid":%q,"row":{%s}}`, table, id, columns)
}

func ref(id string) string { return fmt.Sprintf(`["uuid",%q]`, id) }

func macOf(network, i int) string {
	return fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", network>>8&255, network&255, i>>16&255, i>>8&255, i&255)
}

func tunnelIP(i int) string { return fmt.Sprintf("10.1.%d.%d", i>>8, i&255) }

func networkName(i int) string { return fmt.Sprintf("net-%04d", i) }

func vniOf(network int) int { return 5000 + network }

// rowSet is the content of a database that is being written, by id.
type rowSet struct {
	logical  []string // ids by network
	locators []string // ids by tunnel end
}

// mark is a column of a logical switch that says whose it is.
const mark = `"other_config":["map",[["bordergw","raw"]]]`

func logicalSwitch(network int, id string, more ...string) string {
	columns := append([]string{fmt.Sprintf(`"name":%q,"tunnel_key":%d`, networkName(network), vniOf(network))}, more...)
	return insert("Logical_Switch", id, strings.Join(columns, ","))
}

func locator(ip, id string) string {
	return insert("Physical_Locator", id, fmt.Sprintf(`"encapsulation_type":"vxlan_over_ipv4","dst_ip":%q`, ip))
}

func ucast(table, mac, logical, loc string) string {
	return insert(table, newUUID(), fmt.Sprintf(`"MAC":%q,"logical_switch":%s,"locator":%s`, mac, ref(logical), ref(loc)))
}

// header makes logical switches and locators. The locators live from the first
// rows that refer to them, which must be in the same transaction.
func (r *rowSet) header(networks int, ips []string, more ...string) (logical, locators []string) {
	for i := range networks {
		id := newUUID()
		r.logical = append(r.logical, id)
		logical = append(logical, logicalSwitch(i, id, more...))
	}
	for _, ip := range ips {
		id := newUUID()
		r.locators = append(r.locators, id)
		locators = append(locators, locator(ip, id))
	}
	return logical, locators
}

// macs makes rows evenly over networks and tunnel ends.
func (r *rowSet) macs(table string, n int) []string {
	ops := make([]string, n)
	for i := range ops {
		network := i % len(r.logical)
		ops[i] = ucast(table, macOf(network, i/len(r.logical)), r.logical[network], r.locators[i%len(r.locators)])
	}
	return ops
}

// ends makes a flood list and a VLAN binding for every network.
func (r *rowSet) ends(port string) []string { return append(r.floods(), r.bindings(port)) }

// floods makes a flood list for every network.
func (r *rowSet) floods() (ops []string) {
	for _, ls := range r.logical {
		set := newUUID()
		ops = append(ops, insert("Physical_Locator_Set", set, `"locators":["set",[`+ref(r.locators[0])+`]]`),
			insert("Mcast_Macs_Remote", newUUID(), fmt.Sprintf(`"MAC":"unknown-dst","logical_switch":%s,"locator_set":%s`, ref(ls), ref(set))))
	}
	return ops
}

// bindings binds a VLAN of the port to every network.
func (r *rowSet) bindings(port string) string {
	bindings := make([]string, len(r.logical))
	for i, ls := range r.logical {
		bindings[i] = fmt.Sprintf(`[%d,%s]`, i+1, ref(ls))
	}
	return bindingsOf(port, bindings)
}

func bindingsOf(port string, bindings []string) string {
	return fmt.Sprintf(`{"op":"mutate","table":"Physical_Port","where":[["name","==",%q]],"mutations":[["vlan_bindings","insert",["map",[%s]]]]}`,
		port, strings.Join(bindings, ","))
}

// switchOf makes one Physical_Switch with the ports p0, p1 and so on.
func switchOf(name, ip string, ports int) (ops []string) {
	refs := make([]string, ports)
	for i := range ports {
		p := newUUID()
		refs[i] = ref(p)
		ops = append(ops, insert("Physical_Port", p, fmt.Sprintf(`"name":"p%d"`, i)))
	}
	id := newUUID()
	return append(ops,
		insert("Physical_Switch", id, fmt.Sprintf(`"name":%q,"tunnel_ips":%q,"ports":["set",[%s]]`, name, ip, strings.Join(refs, ","))),
		fmt.Sprintf(`{"op":"insert","table":"Global","row":{"switches":%s}}`, ref(id)))
}

// switches makes Physical_Switches with one port each.
func switches(names, ips []string, port string) (ops []string) {
	ids := make([]string, len(names))
	for i, name := range names {
		p := newUUID()
		ids[i] = newUUID()
		ops = append(ops, insert("Physical_Port", p, fmt.Sprintf(`"name":%q`, port)),
			insert("Physical_Switch", ids[i], fmt.Sprintf(`"name":%q,"tunnel_ips":%q,"ports":%s`, name, ips[i], ref(p))))
	}
	refs := make([]string, len(ids))
	for i, id := range ids {
		refs[i] = ref(id)
	}
	return append(ops, fmt.Sprintf(`{"op":"insert","table":"Global","row":{"switches":["set",[%s]]}}`, strings.Join(refs, ",")))
}

// requests cuts operations into transactions.
func requests(ops []string) (out [][]byte) {
	for len(ops) > 0 {
		n := min(perTransaction, len(ops))
		out = append(out, transaction(len(out), vtepDB, ops[:n]))
		ops = ops[n:]
	}
	return out
}

// Package lab runs hardware VTEP switches on one Linux machine, for the demo and for end-to-end tests.
//
// A switch is what the Open vSwitch project ships to stand in for one: an ovsdb-server with the Open_vSwitch and
// hardware_vtep databases, an ovs-vswitchd with the userspace datapath (no kernel module) and the distribution's
// unmodified ovs-vtep. Each has a network namespace of its own, an uplink to the underlay of its site, and three
// tenant hosts. Switch number I (counted from 1) has
//
//	port p1, untagged: host hI, 192.168.50.I
//	port p2, trunk:    host tI in VLAN 100, 192.168.60.I, and host uI in VLAN 200, 192.168.60.(100+I)
//	ports xa and xb:   joined to each other by a cable (SwitchConfig.Cable)
//	tunnel IP:         10.250.S.I, where S numbers the sites in the order of their first appearance
//
// All hosts have the prefix 192.168.0.0/16: any two in one network reach each other.
// Switches of one site share a bridge of the underlay. Only a border has routes to other sites' tunnel IPs.
// Hypervisors (Config.Hypervisors) have an Open vSwitch whose bridges somebody else makes, an uplink of the first site,
// and virtual machines that move between them and the switches.
// With Config.DatabaseOnly there is only the ovsdb-server, with the rows of a switch and its ports in it: no frames,
// but no privilege needed either.
//
// The caller moves into namespaces of its own first, with Isolate, and passes a directory that goes with them.
// Everything the lab makes then ends with the caller, however the caller ends. Without Isolate (DatabaseOnly) Close
// must be called, and the directory is the caller's to remove.
//
// The package never writes Logical_Switch, binding or remote MAC rows: that is the business of whoever controls the
// switches. It never asserts on a first packet: tunnels resolve their peers' addresses with it and it is lost.
package lab

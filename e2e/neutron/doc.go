// Package neutron holds the acceptance tests of bordergw inside of Neutron.
//
// They run a real neutron-server with the package of neutron/ installed by pip,
// on a real MariaDB, with real ovsdb-servers for switches and the built program
// between them. In TestNeutron messages to agents go nowhere (fake://); what agents
// report is written into Neutron's database. Tests talk to Neutron, to bordergw and to
// the switches as users do, and look into Neutron's database only to see that
// nothing was left there.
//
// TestUwsgi runs Neutron's other programs, uwsgi with neutron-api and
// neutron-rpc-server, with the arguments and, but for the number of threads, the file
// of Debian's packages, and a RabbitMQ between them.
// TestKeystone has a real Keystone between bordergw and Neutron.
//
// Neutron takes a minute to set up, so all scenes of TestNeutron share one. Each
// scene has a bordergw with an empty store, and leaves Neutron empty.
//
// TestAgents, which runs with BORDERGW_E2E=full, has messages that agents get: a RabbitMQ,
// a real agent on each of two hypervisors with an Open vSwitch of its own, emulated
// switches behind VXLAN, and pings between virtual machines and hosts. All tests then
// run in network namespaces.
//
// They have the build tag neutron, since not every machine has these packages;
// with the tag they fail where the packages are missing.
package neutron

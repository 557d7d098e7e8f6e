// Package api serves the northbound REST contract: Neutron's error bodies,
// listing rules and body checks, networking-l2gw's l2_gateway and
// l2_gateway_connection, networking-midonet's gateway_device and
// remote_mac_entry, a small networks resource, Neutron's quotas and agents, and
// our own /v1 endpoints.
//
// It owns the translation between JSON and package model, authentication and
// authorisation, and nothing else: no state, no goroutine. One table per
// resource (attribute) drives checking, rendering, filtering, sorting and the
// OpenAPI document.
//
// It promises that a definition is durable in the Store before it answers, that
// a client's mistake never gives a 5xx, that every 4xx but 401 carries a
// NeutronError, and that no internal text or credential reaches an answer or
// the log.
//
// The caller provides the Store and the Status, bounds slow clients with the
// timeouts of its http.Server, and decides who may connect.
//
// The package never talks to a switch and never decides what a switch should
// hold.
package api

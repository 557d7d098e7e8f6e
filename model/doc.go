// Package model holds the nouns of the northbound contract and their rules.
//
// It owns the typed identifiers (MAC, VNI, VLAN, VTEPAddress), the records an
// operator defines (Network, GatewayDevice, L2Gateway, L2GatewayConnection),
// what was last seen of a switch (Inventory), the status that is reported
// back, and the one error type all layers share. Words are Neutron's; the
// words of hardware_vtep live in package vtep.
//
// Values are canonical once parsed: a MAC is six bytes, an address is four, a
// segmentation id knows whether it is a VLAN or a VNI. Records handed out by a
// Definitions snapshot are shared and must not be modified.
//
// The package does no I/O, keeps no state and imports only the standard
// library.
package model

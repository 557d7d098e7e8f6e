// Package mactable holds the MAC table: what every switch has learned, by network, and
// which of several locations of a MAC is the right one. It decides by sequence numbers,
// as MAC mobility does (RFC 7432, section 15): a fresh learn elsewhere is a move, a row
// that only stands is not, and a MAC that moves too often is frozen. A row that vanishes
// and a switch that goes away are held for a while. A change costs what changed, not what
// stands.
//
// The package is pure: the time is an argument, nothing is logged or stored, and there
// is no goroutine. A Table is not safe for concurrent use.
package mactable

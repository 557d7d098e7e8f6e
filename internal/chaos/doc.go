// Package chaos is the chaos run, a test with flags:
//
//	go test -race -v ./internal/chaos -args -time 3m -seed 7 -switches 8
//
// A seeded random mix of API changes, learned MACs, faults (kill, wipe,
// pause, cut, restart of the controller) and operators' edits goes over a number
// of switches; then it is quiet, and every database must hold exactly what the
// definitions and the learned MACs mean, next to what is foreign, for
// which a picture is made that shares no code with the controller. The seed is
// printed, and gives the same steps again.
//
// The package has no code but the test; what it stands on is package
// e2e/faults/rig.
package chaos

// Package faults holds the fault model as tests: what can go wrong between a
// controller and its switches, each made to happen, with what must be seen and
// how soon. The number of a fault (F-01 and up) is in the name of its test, and
// the table of them all in docs/faults.md. Tests log the times they measure:
//
//	go test -v ./e2e/faults | grep measured
//
// The package has no code but tests; what they stand on is package rig.
package faults

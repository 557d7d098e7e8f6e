// Package topology compiles definitions, what was last seen of the switches and what they
// have learned into what every switch database should hold: one vtep.Want each, and one
// Outcome for every connection. It knows gateways, borders, sites and active devices; it
// is where Neutron's words become those of hardware_vtep.
//
// The package is pure: no I/O, clock, logging, randomness or goroutine, and the same Input
// gives the same View. A View is immutable. What a change does not concern is shared with
// the View before it, and compared by pointer.
//
// A missing report is never deletion: a switch that is away keeps its place in the wishes of the
// others, and a fact that is missing never shrinks a flood list.
package topology

// Package pathtrace follows a frame from one host to another through what switches hold. It looks
// at rows as they stand and says of each that is missing or otherwise what should be there and
// why it is not. What should be there comes from what the switches are to hold (vtep.Want), which the
// caller hands over together with the rows; the package never decides it.
//
// A switch is taken for one of vtep(5): a frame that comes by a port leaves by the row for its
// destination, else to all members of the flood list; one that comes by a tunnel leaves by ports
// only. Border devices pass it on, through their cable (stitch) or between tunnels (relay).
//
// The package is pure: no I/O, clock, logging or goroutine. It reads each row when the walk comes
// to it, so that a trace costs what is on its way and not what stands.
package pathtrace

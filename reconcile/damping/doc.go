// Package damping decides when an operation is sent to a switch again. It holds
// three rules: an operation that the switch refused is retried under backoff, one
// that an external writer undoes is repeated more and more slowly, and a plan that
// gets nowhere does not follow the one before without a pause. It also tells drift
// (a row that an external writer changed) from what users changed. All rules know an
// operation by one Key, and all their times stand in one table (timings.go).
//
// The package is pure: it takes the time as an argument, sends nothing, logs nothing
// and starts no goroutine.
package damping

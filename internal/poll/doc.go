// Package poll waits, in tests, for what others do.
//
// A condition is looked at in the goroutine of the test. The helpers of testify
// look in a goroutine of their own, which may still be looking when they return:
// it then asks a server that the test has stopped since, and fails a test that
// has no fault.
//
// A limit is time in which the machine had a processor and a disk for whoever
// wanted one. A limit of wall time says nothing about the program where other
// work stands beside it.
package poll

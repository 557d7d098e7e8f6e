// Package arch holds the tests of the module's structure: which package may
// import which, and that each says what it is for. It has no code of its own.
package arch

// Package program builds cmd/bordergw for the tests that run it as a whole, and starts it.
package program

// Package storetest is the conformance suite of package store: every backend
// must pass it.
//
// It owns no state. A backend's test calls Run with a function that opens a
// store at a place; opening the same place again must give back what was
// acknowledged there. Every test ends by closing and opening the store and
// comparing all records.
package storetest

// Package golden plays recorded exchanges of a Neutron server with networking-l2gw
// (testdata/golden) and compares the answers.
//
// Statuses and whole bodies must be equal but for ids, the order of lists, and
// attributes of our own. Where Neutron answers 500 to a client's mistake, any 4xx
// with the same type is right. The package knows no server: a test gives a
// function that sends a request.
package golden

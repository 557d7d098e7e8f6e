// Package keystonetest stands in for a Keystone in tests: it speaks the token
// part of the Identity API v3 over HTTP as Keystone does, with its version
// document, password authentication, catalog and error bodies.
//
// It knows one service account and the users and tokens that a test adds. It
// checks no policy beyond that, and keeps nothing.
package keystonetest

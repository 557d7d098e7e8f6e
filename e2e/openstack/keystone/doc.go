// Package keystone runs OpenStack's Keystone on a database of its own for tests,
// with an administrator, a member of a project, and an account that may validate
// tokens. Every failure ends the test.
package keystone

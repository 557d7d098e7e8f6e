// Package keystone authenticates requests with the tokens of an OpenStack
// Keystone (Identity API v3).
//
// It owns the connection to Keystone, the service's own token, and a bounded
// cache of the tokens that were validated. Tokens are kept as digests.
//
// It promises that an expired or unknown token is refused, that a request waits
// for Keystone no longer than the timeout, and that a token is asked about once
// by however many requests that carry it at the same time. While Keystone is
// away, a token that was validated before is good until it expires by itself; any
// other can not be judged (an error that is not api.ErrUnauthenticated).
//
// A revoked token may be accepted for as long as the cache holds. The caller
// gives credentials of an account that may validate tokens, and never sees
// Keystone's errors in answers: they are for the log.
package keystone

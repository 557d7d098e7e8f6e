// Package transport makes the connections that sessions with switches run on:
// it dials switches with TLS, listens for those that dial in, with or without
// TLS, and decides whose certificate is trusted.
//
// A TLS owns what was read from the files of its Config and re-reads them when
// they have changed. It promises:
//
//   - TLS 1.2 or later, and both sides show a certificate. There is no way to
//     switch verification off, and nothing falls back to plain TCP.
//   - A certificate is trusted through the one CA or fingerprint that the caller
//     names, or through any of the configured ones if it names none. Certificates
//     of switches carry no host name that fits (ovs-pki(8)), so names are not
//     compared; who the peer is, the caller finds out by Peer.
//   - Files that change are used from the next handshake on; connections that
//     stand are left alone. Files that can not be used leave the old ones in
//     place, which is logged.
//   - Errors say what is wrong with a certificate; Reason is a word for it.
//
// The caller completes the handshake of an accepted connection by Handshake,
// limits how many it has open, and closes them. The package never logs or
// returns the content of a key.
package transport

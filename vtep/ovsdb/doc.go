// Package ovsdb is one session with one OVSDB server: JSON-RPC as in RFC 7047,
// with monitor_cond, monitor_cond_since and the locks of ovsdb-server(7). It
// knows nothing of any particular schema.
//
// A Conn owns the net.Conn it was made of and two goroutines, a reader and a
// writer. It promises:
//
//   - Whatever the peer sends, the process neither panics nor takes more memory
//     than a few times Config.MaxFrame. A peer that breaks the protocol ends the
//     session with a reason that wraps ErrProtocol.
//   - A session that has ended stays ended. The reason is in Err, and both
//     goroutines are gone once Done is closed.
//   - Rows reach the Handler in the order the server sent them, from the reader.
//     What a transaction changed is handed over before Transact returns, if the
//     server sends the update before the reply, as ovsdb-server does.
//   - A transaction is either known to be committed, known to be refused
//     (TransactError, RPCError), known not to have been sent (ErrNotSent), or its
//     outcome is unknown (ErrUnknownOutcome). The last ends the session.
//   - A call that is given up after it was sent ends the session, so that nothing
//     of it can arrive later.
//   - Echo requests are answered, and silence is probed and found out, whatever
//     calls are under way.
//
// The caller completes the TLS handshake before NewConn (Dial does), reconnects,
// keeps what the rows say, and checks it: the package passes on deletions of
// unknown rows, repeated insertions and columns of a wrong type as they come.
// Handlers run on the reader: they must be quick and must not make calls on the
// same Conn. Calls may be made from any goroutine.
package ovsdb

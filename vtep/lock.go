package vtep

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"bordergw/model"
	"bordergw/vtep/ovsdb"

	notation "github.com/ovn-org/libovsdb/ovsdb"
)

// ErrReader says that another session holds the lock of this controller, so
// that this one may only read. The session stands.
var ErrReader = errors.New("another session of this controller writes the database")

// ErrBlocked says that the switch refuses to be written at all for now, whatever is
// written. The session stands, and may be tried again.
var ErrBlocked = errors.New("the switch refuses to be written")

// readOnly is the answer of a standby server to every write (ovsdb-server(1),
// --sync-from).
const readOnly = "not allowed"

// lockName is the lock of the controller with that mark. RFC 7047 wants an <id>:
// letters, digits and underscores.
func lockName(mark string) string {
	return "bordergw_" + strings.Map(func(r rune) rune {
		if r < 128 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return r
		}
		return '_'
	}, mark)
}

// writeLock is the lock by which one session of a controller writes a switch. While it
// has a name, every transaction of a plan asserts it. Only the goroutine that applies
// plans takes it and waits for it; anybody may ask who has it.
type writeLock struct {
	conn    *ovsdb.Conn
	sizer   *batchSizer
	changed chan struct{} // hints that the lock has been had

	name   atomic.Pointer[string] // nil before it is taken, and where the server has no locks
	queued atomic.Bool            // in the queue for it
	// unasserted: the server grants locks but can not hold a transaction to one.
	unasserted atomic.Bool
	mark       string // of the last take

	// asked is the lock that was asked for when the session was opened, "" for none;
	// inLine: it has not been given up since, whoever has it now.
	asked  string
	inLine bool
}

// take takes the lock of the controller with that mark from whoever has it.
func (l *writeLock) take(ctx context.Context, mark string) error {
	l.mark = mark
	lock := lockName(mark)
	if l.asked == lock && l.conn.Locked(lock) {
		l.name.Store(&lock)
		return nil
	}
	err := l.steal(ctx, lock)
	if _, refused := errors.AsType[*ovsdb.RPCError](err); refused {
		return nil
	}
	if err != nil {
		return fmt.Errorf("taking lock %s: %w", lock, err)
	}
	l.name.Store(&lock)
	return nil
}

// steal takes a lock from whoever has it. Who waits for one, or had it until it was
// stolen, is refused before he leaves the queue: that is not to be taken for a server
// without locks.
func (l *writeLock) steal(ctx context.Context, lock string) error {
	if l.inLine {
		l.inLine = false
		if err := l.conn.Unlock(ctx, l.asked); err != nil {
			return err
		}
	}
	began := time.Now()
	err := l.conn.Steal(ctx, lock)
	l.sizer.observe(0, time.Since(began))
	return err
}

// held reports whether this session may write.
func (l *writeLock) held() bool {
	name := l.name.Load()
	return name == nil || l.conn.Locked(*name)
}

// granted notes that the server says that the session has it again.
func (l *writeLock) granted() { l.queued.Store(false) }

// queue joins the queue for a lock that was stolen. Changed delivers a hint when the
// session holds it again. A session that is in the queue already does nothing.
func (l *writeLock) queue(ctx context.Context) error {
	name := l.name.Load()
	if name == nil || !l.queued.CompareAndSwap(false, true) {
		return nil
	}
	if err := l.conn.Unlock(ctx, *name); err != nil {
		return fmt.Errorf("leaving lock %s: %w", *name, err)
	}
	acquired, err := l.conn.Lock(ctx, *name)
	if err != nil {
		return fmt.Errorf("waiting for lock %s: %w", *name, err)
	}
	if acquired { // the other one has gone meanwhile
		l.queued.Store(false)
		model.Hint(l.changed)
	}
	return nil
}

// assert adds the lock's assertion to a transaction in the making.
func (l *writeLock) assert(e *encoder) {
	if name := l.name.Load(); name != nil && !l.unasserted.Load() {
		e.current, e.asserts = none, true
		e.emit(ovsdb.Assert(*name))
	}
}

// cannotAssert finds out, after a transaction was refused, whether the server grants
// locks but knows no assertion of one. It is then written without, as one that knows no
// locks. The lock is still kept: the server reports when another session takes it.
func (l *writeLock) cannotAssert(ctx context.Context, e *encoder) bool {
	name := l.name.Load()
	if name == nil || !e.asserts || l.unasserted.Load() {
		return false
	}
	_, err := l.conn.Transact(ctx, Database, ovsdb.Assert(*name))
	if !refusal(err) || isNotOwner(err) {
		return false
	}
	if _, err = l.conn.Transact(ctx, Database); err != nil {
		return false // it refuses everything
	}
	l.unasserted.Store(true)
	return true
}

// refusal reports whether an error is the server's answer, in whatever form.
func refusal(err error) bool {
	_, whole := errors.AsType[*ovsdb.RPCError](err)
	_, one := errors.AsType[*ovsdb.TransactError](err)
	return whole || one
}

// isNotOwner reports whether an error is the server's answer to an assert by a session
// that does not hold the lock (ovsdb-server(7), assert).
func isNotOwner(err error) bool {
	_, is := errors.AsType[*notation.NotOwner](err)
	return is
}

package vtep

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"bordergw/vtep/ovsdb"
)

// ErrReader says that another session holds the lock of this controller, so
// that this one may only read. The session stands.
var ErrReader = errors.New("another session of this controller writes the database")

// ErrBlocked says that the switch refuses to be written at all for now, whatever is
// written. The session stands, and may be tried again.
var ErrBlocked = errors.New("the switch refuses to be written")

// notOwner is the server's answer to an assert by a session that does not hold
// the lock (ovsdb-server(7), assert); readOnly that of a standby server to every write
// (ovsdb-server(1), --sync-from).
const notOwner, readOnly = "not owner", "not allowed"

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

// TakeLock makes this session the one that writes for the controller with that
// mark: it takes the lock from any other session, which was there before and is
// most likely dead. Every transaction asserts it from then on. A server without
// locks is written without.
func (s *Session) TakeLock(ctx context.Context, mark string) error {
	s.mark = mark
	if err := s.monitorInserts(ctx); err != nil { // the worker before may have ended in a large push
		return err
	}
	lock := lockName(mark)
	if s.asked == lock && s.conn.Locked(lock) {
		s.lock.Store(&lock)
		return nil
	}
	err := s.steal(ctx, lock)
	if _, refused := errors.AsType[*ovsdb.RPCError](err); refused {
		return nil
	}
	if err != nil {
		return fmt.Errorf("taking lock %s: %w", lock, err)
	}
	s.lock.Store(&lock)
	return nil
}

// steal takes a lock from whoever has it. Who waits for one, or had it until it was
// stolen, is refused before he leaves the queue: that is not to be taken for a server
// without locks.
func (s *Session) steal(ctx context.Context, lock string) error {
	if s.inLine {
		s.inLine = false
		if err := s.conn.Unlock(ctx, s.asked); err != nil {
			return err
		}
	}
	began := time.Now()
	err := s.conn.Steal(ctx, lock)
	s.sizer.observe(0, time.Since(began))
	return err
}

// Writer reports whether this session may write.
func (s *Session) Writer() bool {
	lock := s.lock.Load()
	return lock == nil || s.conn.Locked(*lock)
}

// queue joins the queue for a lock that was stolen. Changed delivers a hint when the
// session holds it again. A session that is in the queue already does nothing.
func (s *Session) queue(ctx context.Context) error {
	lock := s.lock.Load()
	if lock == nil || !s.queued.CompareAndSwap(false, true) {
		return nil
	}
	if err := s.conn.Unlock(ctx, *lock); err != nil {
		return fmt.Errorf("leaving lock %s: %w", *lock, err)
	}
	acquired, err := s.conn.Lock(ctx, *lock)
	if err != nil {
		return fmt.Errorf("waiting for lock %s: %w", *lock, err)
	}
	if acquired { // the other one has gone meanwhile
		s.queued.Store(false)
		s.notify()
	}
	return nil
}

// retakeLock asks for the lock again where the server refused it to TakeLock, as a
// read-only server does.
func (s *Session) retakeLock(ctx context.Context) error {
	if s.lock.Load() != nil {
		return nil
	}
	return s.TakeLock(ctx, s.mark)
}

// assert adds the lock's assertion to a transaction in the making.
func (s *Session) assert(e *encoder) {
	if lock := s.lock.Load(); lock != nil && !s.unasserted.Load() {
		e.current, e.asserts = none, true
		e.emit(ovsdb.Assert(*lock))
	}
}

// cannotAssert finds out, after a transaction was refused, whether the server grants
// locks but knows no assertion of one. It is then written without, as one that knows no
// locks. The lock is still kept: the server reports when another session takes it.
func (s *Session) cannotAssert(ctx context.Context, e *encoder) bool {
	lock := s.lock.Load()
	if lock == nil || !e.asserts || s.unasserted.Load() {
		return false
	}
	_, err := s.conn.Transact(ctx, Database, ovsdb.Assert(*lock))
	if !refusal(err) || isNotOwner(err) {
		return false
	}
	if _, err = s.conn.Transact(ctx, Database); err != nil {
		return false // it refuses everything
	}
	s.unasserted.Store(true)
	return true
}

// refusal reports whether an error is the server's answer, in whatever form.
func refusal(err error) bool {
	_, whole := errors.AsType[*ovsdb.RPCError](err)
	_, one := errors.AsType[*ovsdb.TransactError](err)
	return whole || one
}

func isNotOwner(err error) bool {
	refused, ok := errors.AsType[*ovsdb.TransactError](err)
	return ok && refused.Kind == notOwner
}

package vtep

import "context"

// Depth says how far Sync goes.
type Depth int

const (
	// Reported takes in what the server has reported: rows that it only named are read.
	// It asks nothing where there are none.
	Reported Depth = iota
	// Committed waits, besides, for the report of all that others have committed until now.
	Committed
	// Unreported finds, besides, what the server has not reported and will not: rows that
	// others inserted during a large push, and whether a lock that was refused can be had.
	Unreported
)

// Sync has the session know of the database what it can, so that the next plan is made
// from it. A session whose lock another one has taken joins the queue for it. Changed
// delivers a hint when it may write again.
func (s *Session) Sync(ctx context.Context, depth Depth) error {
	steps := []func(context.Context) error{s.queueIfReader}
	if depth >= Unreported {
		steps = append(steps, s.retakeLock, s.foreign.resync)
	}
	if depth == Committed {
		steps = append(steps, s.replica.barrier)
	}
	for _, step := range append(steps, s.foreign.fetchPending) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) queueIfReader(ctx context.Context) error {
	if s.Writer() {
		return nil
	}
	return s.lock.queue(ctx)
}

// retakeLock asks for the lock again where the server refused it to TakeLock, as a
// read-only server does.
func (s *Session) retakeLock(ctx context.Context) error {
	if s.lock.name.Load() != nil {
		return nil
	}
	return s.TakeLock(ctx, s.lock.mark)
}

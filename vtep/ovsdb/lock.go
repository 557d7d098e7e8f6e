package ovsdb

import "sync"

// lockTable holds the locks that the session has asked for, and which of them it owns as
// far as the server has said. The reader writes it; anybody may read it.
type lockTable struct {
	mu    sync.Mutex
	owned map[string]bool
}

func (l *lockTable) owns(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owned[id]
}

func (l *lockTable) set(id string, owned bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owned[id] = owned
}

func (l *lockTable) forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.owned, id)
}

// change takes what the server says of a lock unasked. One that was never asked for is
// ignored. What changes nothing is not passed on: ovsdb-server 3.1 repeats "locked" when
// another session stops waiting.
func (l *lockTable) change(id string, owned bool) (asked, changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, asked := l.owned[id]
	if asked {
		l.owned[id] = owned
	}
	return asked, asked && before != owned
}

// request is the call that asks for a lock, or steals it.
func (l *lockTable) request(method, id string, acquired *bool) question {
	return newCall(method, func(raw []byte) error {
		var result struct{ Locked *bool }
		if err := decode(raw, &result); err != nil {
			return err
		}
		if result.Locked == nil {
			return protocolf("no \"locked\" in %s", excerpt(raw))
		}
		*acquired = *result.Locked
		l.set(id, *acquired)
		return nil
	}).with(lockParams(id))
}

func lockParams(id string) []byte { return append(appendString([]byte("["), id), ']') }

// lockID is the lock that a notification is about.
func lockID(params []byte) (string, error) {
	args, err := elements(params, 1)
	if err != nil {
		return "", err
	}
	s := scanner{data: args[0]}
	id := string(s.text())
	return id, s.finish()
}

package ovsdb

import "context"

// Lock asks for a lock (RFC 7047, section 4.1.8). If another session owns it,
// acquired is false and the server grants it later, see Config.LockChanged.
func (c *Conn) Lock(ctx context.Context, id string) (acquired bool, err error) {
	return c.lock(ctx, "lock", id)
}

// Steal takes a lock at once, whoever owns it.
func (c *Conn) Steal(ctx context.Context, id string) error {
	_, err := c.lock(ctx, "steal", id)
	return err
}

// Unlock gives a lock, or the wait for it, up.
func (c *Conn) Unlock(ctx context.Context, id string) error {
	cl := newCall("unlock", func([]byte) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.locks, id)
		return nil
	})
	return c.do(ctx, cl, lockParams(id))
}

// Locked reports whether this session owns a lock, as far as it knows. Only
// Assert in a transaction makes sure.
func (c *Conn) Locked(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil && c.locks[id]
}

func (c *Conn) lock(ctx context.Context, method, id string) (acquired bool, err error) {
	err = c.do(ctx, c.lockCall(method, id, &acquired), lockParams(id))
	return acquired, err
}

func (c *Conn) lockCall(method, id string, acquired *bool) *call {
	return newCall(method, func(raw []byte) error {
		var result struct{ Locked *bool }
		if err := decode(raw, &result); err != nil {
			return err
		}
		if result.Locked == nil {
			return protocolf("no \"locked\" in %s", excerpt(raw))
		}
		*acquired = *result.Locked
		c.mu.Lock()
		defer c.mu.Unlock()
		c.locks[id] = *acquired
		return nil
	})
}

func lockParams(id string) []byte { return append(appendString([]byte("["), id), ']') }

// lockChanged handles the notifications "locked" and "stolen" (RFC 7047,
// sections 4.1.9 and 4.1.10). Those for a lock never asked for are ignored, and
// those that change nothing are not passed on: ovsdb-server 3.1 repeats "locked"
// when another session stops waiting.
func (c *Conn) lockChanged(method string, params []byte) error {
	args, err := elements(params, 1)
	if err != nil {
		return err
	}
	s := scanner{data: args[0]}
	id := string(s.text())
	if err := s.finish(); err != nil {
		return err
	}
	held := method == "locked"
	c.mu.Lock()
	before, asked := c.locks[id]
	if asked {
		c.locks[id] = held
	}
	c.mu.Unlock()
	if !asked {
		c.stats.ignored.Add(1)
		return nil
	}
	if c.cfg.LockChanged != nil && before != held {
		c.cfg.LockChanged(id, held)
	}
	return nil
}

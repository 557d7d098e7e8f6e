package keystone

import (
	"crypto/sha256"
	"sync"
	"time"

	"bordergw/api"
)

// maxEntries bounds the tokens that are remembered.
const maxEntries = 10_000

type digest = [sha256.Size]byte

// entry is what Keystone said of a token.
type entry struct {
	identity api.Identity
	// expires is the token's own end.
	expires time.Time
	// believedUntil is when Keystone is asked again, expires at the latest.
	believedUntil time.Time
}

type cache struct {
	limit int
	mu    sync.Mutex // guards byToken
	// byToken holds at most limit entries.
	byToken map[digest]entry
}

func newCache(limit int) *cache { return &cache{limit: limit, byToken: map[digest]entry{}} }

// get finds a token that has not expired.
func (c *cache) get(key digest) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byToken[key]
	return e, ok && time.Now().Before(e.expires)
}

func (c *cache) forget(key digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byToken, key)
}

// put makes room by dropping what has expired, else any entry: it costs one
// question to Keystone.
func (c *cache) put(key digest, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byToken) >= c.limit {
		c.makeRoom()
	}
	c.byToken[key] = e
}

func (c *cache) makeRoom() {
	now := time.Now()
	for k, e := range c.byToken {
		if !now.Before(e.expires) {
			delete(c.byToken, k)
		}
	}
	for k := range c.byToken {
		if len(c.byToken) < c.limit {
			return
		}
		delete(c.byToken, k)
	}
}

package connector

import (
	"errors"
	"time"

	"bordergw/vtep/ovsdb"
)

const (
	// A switch may say nothing for firstPatience while its database is read, and twice as long
	// after each attempt that was too short for it, up to lastPatience.
	firstPatience = 20 * time.Second
	lastPatience  = 4 * time.Minute
	// inboundPatience is that of a switch that dials in: who it is, and how slow it was
	// before, is known when it has been read.
	inboundPatience = time.Minute
)

// patience is how long one switch may be silent while its database is read. A large one on a
// slow processor, or a busy one, says nothing while it makes the reply: given up and asked
// anew after the same time it would never be read. The zero value is that of a new switch.
type patience struct{ failed uint }

func (p *patience) time() time.Duration { return min(firstPatience<<p.failed, lastPatience) }

// learn takes how an attempt ended. One that never spoke is not slow: most likely nobody is there.
func (p *patience) learn(err error) {
	switch {
	case err == nil:
		p.failed = 0
	case errors.Is(err, ovsdb.ErrSilent) && !errors.Is(err, ovsdb.ErrNoAnswer) && p.time() < lastPatience:
		p.failed++
	}
}

package store

import (
	"context"
	"iter"
	"time"

	"bordergw/model"
)

// auditEvery is how often the changes of one set have an audit record: a program makes many a
// day, and they would push out what people did.
const auditEvery = time.Hour

// endpointRules keep what sources outside answer for in a network that exists.
type endpointRules struct {
	tx    *txn
	moves *moveRules
}

// put replaces a set, and returns what stands then. One that says nothing new, or nothing at
// all, is not stored.
func (r *endpointRules) put(ctx context.Context, set *model.EndpointSet, condition model.IfMatch) (*model.EndpointSet, error) {
	if _, err := r.tx.next.network(set.NetworkID); err != nil {
		return nil, err
	}
	old, _ := r.tx.next.Endpoints.Get(set.ID)
	switch err := condition.Check(old); {
	case err != nil:
		return nil, err
	case old.Equal(set):
		return old, nil
	case len(set.Addresses) == 0:
		endpointSets.remove(r.tx, set.ID)
		return set, nil
	}
	stored := *set
	if old != nil {
		stored.Record = old.Record // its number is known to the MAC table
		stored.Audited = old.Audited
	} else if r.sources(set.NetworkID) >= model.MaxEndpointSources {
		return nil, model.ErrTooManySources(set.NetworkID)
	}
	r.moves.placed(&stored, old)
	if actor, ok := model.ActorOf(ctx); ok {
		r.audit(&stored.Audited, actor.User)
	}
	return endpointSets.put(r.tx, &stored), nil
}

// audit notes a change by a user, unless the last one noted is a recent one of the same user.
// A time in the future comes from a clock that was ahead.
func (r *endpointRules) audit(last *model.AuditedChange, by string) {
	if age := r.tx.now.Sub(last.At); last.By != by || age < 0 || age >= auditEvery {
		*last = model.AuditedChange{At: r.tx.now, By: by}
	}
}

// of are the sets of a network.
func (r *endpointRules) of(network string) iter.Seq[*model.EndpointSet] {
	return having(&r.tx.next, endpointSets, claim{kind: isEndpointsOf, a: network})
}

// sources is the number of sources that have end points in a network.
func (r *endpointRules) sources(network string) (n int) {
	for range r.of(network) {
		n++
	}
	return n
}

func (r *endpointRules) delete(network, source string, condition model.IfMatch) error {
	if _, err := r.tx.next.network(network); err != nil {
		return err
	}
	id := model.EndpointSetID(network, source)
	old, _ := r.tx.next.Endpoints.Get(id)
	if err := condition.Check(old); err != nil {
		return err
	}
	endpointSets.remove(r.tx, id)
	return nil
}

func (r *endpointRules) networkDeleted(id string) {
	for set := range r.of(id) {
		endpointSets.remove(r.tx, set.ID)
	}
}

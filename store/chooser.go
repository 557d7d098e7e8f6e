package store

import (
	"strings"

	"bordergw/model"
)

// maxHandedOn bounds what a page of revisions hands on to the next one. If more has been found, the next
// page reads from the newest record on again.
const maxHandedOn = 32

// chooser finds the revisions that a filter chooses, in records from the newest down.
type chooser struct {
	filter model.RevisionFilter
	defs   *model.Definitions
	// objects are the ids of those that have, or had, the name.
	objects map[string]bool
	// with are the connections and gateways that belong to them.
	with map[definition]bool
	// beyond are those of both, KIND/ID, that the definitions do not tell.
	beyond []string
	found  bool
}

func newChooser(d *model.Definitions, f model.RevisionFilter) *chooser {
	c := &chooser{filter: f, defs: d, objects: map[string]bool{}, with: map[definition]bool{}}
	c.filter.Name = pairName(f.Name)
	if f.Kind == "" {
		return c
	}
	c.object(f.Name)
	c.called()
	for _, one := range f.Found {
		c.resume(one)
	}
	return c
}

// called finds the objects that have the name now.
func (c *chooser) called() {
	add := func(ref model.ObjectRef) {
		if c.filter.Kind == ref.Kind && pairName(ref.Name) == c.filter.Name {
			c.object(ref.ID)
		}
	}
	for n := range c.defs.Networks.All() {
		add(model.RefNetwork(c.defs, n.ID))
	}
	for gd := range c.defs.Devices.All() {
		add(model.RefDevice(c.defs, gd.ID))
	}
	for g := range c.defs.Gateways.All() {
		add(model.RefGateway(c.defs, g.ID))
	}
	if c.filter.Kind == model.KindConnection {
		for conn := range c.defs.Connections.All() {
			add(model.RefConnection(c.defs, conn))
		}
	}
}

// resume takes over what the page before has found.
func (c *chooser) resume(one string) {
	kind, id, _ := strings.Cut(one, "/")
	c.with[definition{kind, id}] = true
	if kind == c.filter.Kind {
		c.object(id)
	}
	c.beyond = append(c.beyond, one)
}

// handOn is what the next page has to know, nil if that is too much.
func (c *chooser) handOn() []string {
	if len(c.beyond) > maxHandedOn {
		return nil
	}
	return append([]string{}, c.beyond...)
}

// pairName lets the names of a connection's gateway and network stand apart as in a plan.
func pairName(name string) string { return strings.ReplaceAll(name, " ", "/") }

// object adds an object that has, or had, the name, with what belongs to it now.
func (c *chooser) object(id string) {
	if c.objects[id] {
		return
	}
	c.objects[id] = true
	if c.filter.Kind != model.KindNetwork && c.filter.Kind != model.KindGateway {
		return
	}
	for conn := range c.defs.Connections.All() {
		c.join(conn.ID, conn.L2GatewayID, conn.NetworkID)
	}
}

// join adds what belongs to an object by a connection, and reports whether it is one of an object's.
func (c *chooser) join(id, gateway, network string) bool {
	switch {
	case c.filter.Kind == model.KindNetwork && c.objects[network]:
		c.with[definition{model.KindGateway, gateway}] = true
	case c.filter.Kind == model.KindGateway && c.objects[gateway]:
	default:
		return false
	}
	c.with[definition{model.KindConnection, id}] = true
	return true
}

// takes reports, with the last record of a revision, whether it is chosen.
func (c *chooser) takes(s span) bool {
	found, r := c.found, s.revision
	c.found = false
	return found && (c.filter.Before == 0 || r.Number < c.filter.Before) && c.filter.Chooses(r.Time, r.User)
}

// look notes whether a record is of the object that is asked for, or of what belongs to it.
func (c *chooser) look(s span) {
	if c.filter.Kind == "" {
		c.found = true
		return
	}
	ref := s.ref()
	if ref.Kind == c.filter.Kind {
		c.lookAt(ref, s)
	}
	if ref.Kind == model.KindConnection {
		c.lookAtEnds(ref, s)
	}
	c.found = c.found || c.with[definition{ref.Kind, ref.ID}]
}

func (c *chooser) lookAt(ref model.ObjectRef, s span) {
	switch {
	case c.objects[ref.ID]:
		c.found = true
	case pairName(ref.Name) == c.filter.Name, pairName(s.nameBefore()) == c.filter.Name:
		c.object(ref.ID)
		c.beyond, c.found = append(c.beyond, ref.Kind+"/"+ref.ID), true
	}
}

// lookAtEnds finds what belongs to an object by a connection that it has no more. The record of an update
// tells only of ends that were others.
func (c *chooser) lookAtEnds(ref model.ObjectRef, s span) {
	conn := definition{ref.Kind, ref.ID}
	for _, ends := range s.ends() {
		gateway := definition{model.KindGateway, ends[0]}
		known := c.with[conn] && (c.filter.Kind == model.KindGateway || c.with[gateway])
		switch {
		case c.join(ref.ID, ends[0], ends[1]):
			c.found = true
		case c.with[conn] && c.filter.Kind == model.KindNetwork && ends[1] == "":
			c.with[gateway] = true
		default:
			continue
		}
		if !known {
			c.beyond = append(c.beyond, conn.resource+"/"+conn.id, gateway.resource+"/"+gateway.id)
		}
	}
}

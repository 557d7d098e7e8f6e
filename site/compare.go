package site

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
)

// Compare says what has to change so that definitions are those of a file. The error is a
// *Problems, if the file does not fit what exists.
func Compare(d *model.Definitions, f *File, o Options) (*Plan, error) {
	if err := f.Applicable(); err != nil {
		return nil, err
	}
	c := newComparer(d, f, o)
	if err := c.problems.orNil(); err != nil {
		return nil, err
	}
	for _, s := range f.Switches {
		c.compareSwitch(s)
	}
	for _, n := range f.Networks {
		c.compareNetwork(n)
	}
	for _, g := range f.Gateways {
		c.compareGateway(g)
	}
	for _, conn := range f.Connections {
		c.compareConnection(conn)
	}
	if err := c.problems.orNil(); err != nil {
		return nil, err
	}
	c.rest()
	lost := c.plan.loseEndpoints(c.deleted)
	c.plan.checkDeletions(c.managed, o, f.empty())
	c.plan.sort()
	c.plan.Rests = c.rests(lost)
	return c.plan, nil
}

func (f *File) empty() bool {
	return len(f.Switches)+len(f.Networks)+len(f.Gateways)+len(f.Connections) == 0
}

// comparer compares one file with one snapshot.
type comparer struct {
	d                            *model.Definitions
	file                         *File
	options                      Options
	plan                         *Plan
	problems                     Problems
	switches, networks, gateways matches
	// connections are those that exist, by gateway and network.
	connections map[pair]*model.L2GatewayConnection
	// wanted are the ids of connections that the file has.
	wanted map[string]bool
	// existing makes the objects of the file as they are now, and read gathers them.
	existing *writer
	read     File
	// projects are those of the file's gateways, by key.
	projects map[string]string
	// managed counts what the site manages, by kind.
	managed map[string]int
	// deleted are the networks that go.
	deleted []string
}

type pair struct{ gateway, network string }

func newComparer(d *model.Definitions, f *File, o Options) *comparer {
	c := &comparer{d: d, file: f, options: o, problems: Problems{File: f.Origin}, managed: map[string]int{}, projects: map[string]string{}, wanted: map[string]bool{},
		connections: make(map[pair]*model.L2GatewayConnection, d.Connections.Len()),
		plan:        &Plan{Site: f.Site, Changes: []Change{}, Switches: []model.SwitchPreview{}, Findings: []Finding{}, file: f.Origin, touched: map[[2]string]bool{}, on: d},
		read:        File{Site: f.Site, Project: f.Project}}
	c.switches = match(c, f.Switches, newRecordsOf(kindSwitch, deviceRecords(d), usedSwitch(d)))
	c.networks = match(c, f.Networks, newRecordsOf(kindNetwork, networkRecords(d), usedNetwork(d)))
	c.gateways = match(c, f.Gateways, newRecordsOf(kindGateway, gatewayRecords(d), usedGateway(d)))
	for conn := range d.Connections.All() {
		c.connections[pair{conn.L2GatewayID, conn.NetworkID}] = conn
	}
	for _, g := range f.Gateways {
		c.projects[g.Key] = g.Project
	}
	c.existing = &writer{keys: fileKeys{c.switches.keys, c.networks.keys, c.gateways.keys}}
	return c
}

func (c *comparer) problem(line int, format string, args ...any) {
	c.problems.add(max(line, 1), 1, format, args...)
}

// object is what is compared of every kind.
type object struct {
	kind, name, project string
	line                int
	// record is nil for one that does not exist.
	record *model.Record
	fields []Field
	// grows: the fields add to lists, and nothing that the object has changes.
	grows bool
}

func (o *Object) compared(kind string, record *model.Record, fields []Field) object {
	return object{kind: kind, name: cmp.Or(o.Name, o.Key), project: o.Project, line: o.Line, record: record, fields: fields}
}

// add adds the change of an object, if there is one, and reports whether it is to be made and
// whether the site becomes its manager.
func (c *comparer) add(o object) (change, adopt bool) {
	own := Manager(c.file.Site)
	one := Change{Action: Create, Kind: o.kind, Name: o.name, Project: o.project, Line: o.line, Fields: o.fields}
	if o.record != nil {
		adopt = o.record.ManagedBy != own
		if adopt && o.record.ManagedBy != "" && !c.options.TakeOver {
			c.plan.refuse(OwnedBySite, fmt.Sprintf("%s %s is owned by %s: --take-over", o.kind, o.name, ownerText(o.record.ManagedBy)))
		}
		switch {
		case o.grows && adopt && o.record.ManagedBy == "":
			one.Action = Adopt
		case len(o.fields) > 0 && adopt:
			one.Action = Update
			one.Fields = append(one.Fields, Field{"managed_by", cmp.Or(o.record.ManagedBy, `""`), own})
		case len(o.fields) > 0:
			one.Action = Update
		case adopt:
			one.Action = Adopt
		default:
			return false, false
		}
	}
	if one.Fields == nil {
		one.Fields = []Field{}
	}
	c.plan.Changes = append(c.plan.Changes, one)
	return len(o.fields) > 0 || o.record == nil, adopt
}

func ownerText(manager string) string {
	if site := siteOf(manager); site != "" {
		return "site " + site
	}
	return manager
}

// step adds a step for an object.
func (c *comparer) step(at phase, o object, run func(model.Editor) error) {
	c.plan.steps = append(c.plan.steps, step{at, o.line, o.kind + " " + o.name, run})
}

// differences compares the attributes of two objects; was is nil for one that is new.
func differences[T any](table []attribute[T], was *T, is T) (out []Field) {
	for _, a := range table {
		from, to := "", a.text(is)
		if was != nil {
			from = a.text(*was)
		}
		if from != to {
			out = append(out, Field{a.key, cmp.Or(from, a.fallback), cmp.Or(to, a.fallback)})
		}
	}
	return out
}

// renamed is the field of an object that gets another name.
func renamed(was, is *Object) []Field {
	if was.Name == is.Name {
		return nil
	}
	return []Field{{"name", cmp.Or(scalar(was.Name), `""`), scalar(is.Name)}}
}

// reference gives a reference the form that it has in what exists.
func (m *matches) reference(ref string) string {
	if id, is := strings.CutPrefix(ref, byID); is {
		return keyOf(m.keys, id)
	}
	return ref
}

// resolve gives the id of what a reference means.
func (m *matches) resolve(ref string) string {
	if id := m.ids[ref]; id != "" {
		return id
	}
	return strings.TrimPrefix(ref, byID)
}

// rests are the first two parts of the token: the definitions that the plan read, with the endpoints that
// go with a network, and the file with the options.
func (c *comparer) rests(lost []any) string {
	changes := slices.Clone(c.plan.Changes)
	for i := range changes {
		changes[i].Line = 0 // a comment moves it
	}
	shown, _ := json.Marshal(changes) // plain values always encode
	options, _ := json.Marshal(c.options)
	endpoints, _ := json.Marshal(lost)
	return tokenPart(Print(&c.read), shown, endpoints) + "-" + tokenPart(Print(c.file), options)
}

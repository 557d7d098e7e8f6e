package vtep

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bordergw/vtep/ovsdb"

	notation "github.com/ovn-org/libovsdb/ovsdb"
)

// We know of a switch what its server has reported. A server may stop reporting: all
// tables or one, for good or for a while. A Survey asks the switch for its rows and
// compares them with the State. A server may report a change shortly after it answers a
// question. So a row counts as unreported only if a second question finds the row and
// the State as before.

const (
	// maxAsked is how many rows one question reads at most: ovsdb-server needs some 5 to 10 µs
	// for each, and does nothing else meanwhile. Which rows a larger table has is one question
	// all the same.
	maxAsked = 250
	// sampled: of a unicast table of more rows only a part is read in each Survey, and it is
	// asked for by logical switch if these have crowded rows on average: each question costs
	// the server a look at all of its rows.
	sampled = 5000
	crowded = 1000
	// surveyShare: of the time of the switch, questions take one part in so many.
	surveyShare = 200
	// contentShare: of a sampled table the content of one row in so many is compared in
	// each Survey, and in as many Surveys that of all.
	contentShare = 32
	// confirmAfter is when a row is asked for again.
	confirmAfter = time.Second
	// maxConfirms is how often a row is asked for that changes all the time.
	maxConfirms = 5
	// maxSuspects bounds the rows that are.
	maxSuspects = 8
)

// UnreportedError says that a server does not report its changes. It names some of the
// rows that the server has not reported, or has reported with other content.
type UnreportedError struct{ Rows []Suspect }

func (e *UnreportedError) Error() string {
	var rows []string
	for _, s := range e.Rows {
		rows = append(rows, s.String())
	}
	return "the switch does not report its changes: " + strings.Join(rows, ", ")
}

// Suspect is a row that may be another one than is known.
type Suspect struct {
	Table string
	id    ovsdb.UUID
	// name is what people know the row by. Only a row of an UnreportedError has one.
	name string
	// has is what the switch said of it last, "" before it was asked; known what was known
	// then, comparable.
	has   string
	known any
}

func (s *Suspect) String() string {
	switch {
	case s.has == "[]":
		return fmt.Sprintf("%s %s has gone", s.Table, s.name)
	case s.known == nil:
		return fmt.Sprintf("%s %s is new", s.Table, s.name)
	}
	return fmt.Sprintf("%s %s has changed", s.Table, s.name)
}

// Same reports whether two are about one row.
func (s *Suspect) Same(o Suspect) bool { return s.Table == o.Table && s.id == o.id }

// Survey is one look at all that a switch has, a question at a time.
type Survey struct {
	session  *Session
	rest     []question
	suspects []Suspect
	asked    int // times for the suspects
}

// question is one transaction.
type question []part

// part is a table, or what it has of one logical switch.
type part struct {
	table string
	of    *ovsdb.UUID // nil for all
	bare  bool        // no more than which rows there are
	rows  []ovsdb.UUID
}

// Survey begins a look at everything. Turn is a number that grows by one with each.
func (s *Session) Survey(turn int) *Survey {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return &Survey{session: s, rest: s.replica.state.surveyed().questions(turn)}
}

// Recheck asks for rows that the switch did not report to an earlier session. If they
// still differ from the State, the switch contradicts what it has just reported.
func (s *Session) Recheck(rows []Suspect) *Survey {
	v := &Survey{session: s}
	for _, r := range rows {
		v.suspects = append(v.suspects, Suspect{Table: r.Table, id: r.id})
	}
	return v
}

// Done reports whether there is nothing left to ask.
func (v *Survey) Done() bool { return len(v.rest)+len(v.suspects) == 0 }

// Step asks the next question, and returns when the one after it is due. The error is an
// UnreportedError, what the switch says that does not answer, or why the session has ended.
func (v *Survey) Step(ctx context.Context) (time.Duration, error) {
	// The server is not to blame for rows that it was asked not to report.
	if err := v.session.foreign.resync(ctx); err != nil {
		return 0, err
	}
	if len(v.suspects) > 0 {
		return v.confirm(ctx)
	}
	if len(v.rest) == 0 {
		return 0, nil
	}
	q := v.rest[0]
	v.rest = v.rest[1:]
	began := time.Now()
	if err := v.session.replica.query(ctx, q.transaction(v.session.replica.state.caps), func(results []ovsdb.Result) error { return v.compare(q, results) }); err != nil {
		return 0, fmt.Errorf("asking what the switch has: %w", err)
	}
	pause := surveyShare * time.Since(began)
	if len(v.suspects) > 0 {
		return v.confirm(ctx)
	}
	return pause, nil
}

// confirm asks for the suspect rows again. The server does not report a row if both the
// row and the State are as at the last question.
func (v *Survey) confirm(ctx context.Context) (time.Duration, error) {
	tx := ovsdb.NewTransaction(Database)
	for _, s := range v.suspects {
		tx.Add(ovsdb.Select(s.Table, ovsdb.ByUUID(s.id), append([]string{"_uuid"}, v.session.replica.state.caps.columns[s.Table]...)...))
	}
	var unreported, still []Suspect
	err := v.session.replica.query(ctx, tx, func(results []ovsdb.Result) (err error) {
		unreported, still, err = v.session.replica.state.surveyed().weigh(v.suspects, results)
		return err
	})
	v.suspects = still
	if v.asked++; len(still) == 0 || v.asked == maxConfirms {
		v.suspects, v.asked = nil, 0
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("asking again what the switch has: %w", err)
	case len(unreported) > 0:
		return 0, &UnreportedError{unreported}
	case len(v.suspects) > 0:
		return confirmAfter, nil
	}
	return 0, nil
}

func (q question) transaction(c Caps) *ovsdb.Transaction {
	tx := ovsdb.NewTransaction(Database)
	for _, p := range q {
		columns := []string{"_uuid"}
		if !p.bare {
			columns = append(columns, c.columns[p.table]...)
		}
		switch {
		case p.of != nil:
			tx.Add(ovsdb.Select(p.table, []ovsdb.Cond{ovsdb.Where("logical_switch", notation.ConditionEqual, ovsdb.Ref(*p.of))}, columns...))
		case p.rows == nil:
			tx.Add(ovsdb.Select(p.table, nil, columns...))
		}
		for _, id := range p.rows {
			tx.Add(ovsdb.Select(p.table, ovsdb.ByUUID(id), columns...))
		}
	}
	return tx
}

// compare finds rows that are not as known. It is called with the State locked.
func (v *Survey) compare(q question, results []ovsdb.Result) error {
	for _, p := range q {
		n := max(1, len(p.rows))
		found, err := v.session.replica.state.surveyed().unlike(p, results[:n])
		if err != nil {
			return err
		}
		for _, id := range found {
			v.suspects = append(v.suspects, Suspect{Table: p.table, id: id})
		}
		results = results[n:]
	}
	v.suspects = v.suspects[:min(len(v.suspects), maxSuspects)]
	return nil
}

// questions covers all tables: small ones together, a large one in pieces.
func (t *surveyTables) questions(turn int) (out []question) {
	var small question
	asked := 0
	for _, table := range slices.Sorted(maps.Keys(t.caps.columns)) {
		n := t.byName[table].len()
		if n > maxAsked {
			out = append(out, t.large(table, turn)...)
			continue
		}
		if asked += n; asked > maxAsked && len(small) > 0 {
			out, small, asked = append(out, small), nil, n
		}
		small = append(small, part{table: table})
	}
	return slices.Concat([]question{small}, out)
}

// large asks for which rows there are, and for the content of all or of some.
func (t *surveyTables) large(table string, turn int) (out []question) {
	asked := slices.Collect(t.byName[table].of(nil))
	macs, many := t.byName[table].(*macTable)
	if many = many && len(asked) > sampled; many {
		asked = macs.sample(turn)
	}
	if !many || crowded*len(t.logical.rows) > macs.len() {
		out = append(out, question{{table: table, bare: true}})
	} else {
		for _, id := range sortedUUIDs(t.logical.rows) {
			out = append(out, question{{table: table, of: &id, bare: true}})
		}
	}
	for rows := range slices.Chunk(asked, maxAsked) {
		out = append(out, question{{table: table, rows: rows}})
	}
	return out
}

package ovsdb

import notation "github.com/ovn-org/libovsdb/ovsdb"

// Op is one operation of a transaction (RFC 7047, section 5.2). Ops are
// immutable, comparable and may be sent any number of times.
type Op struct {
	json string
	expected
}

// expected is what the result of an operation must hold.
type expected struct {
	yield yield
	must  bool // MustMatch
}

// yield is what the result of a successful operation holds.
type yield uint8

const (
	yieldNothing yield = iota
	yieldUUID
	yieldCount
	yieldRows
)

// Column is a column of a row and its value.
type Column struct {
	Name  string
	Value Value
}

// Cond is one condition of a where clause. A row matches if all hold.
type Cond struct {
	Column   string
	Function notation.ConditionFunction
	Value    Value
}

// Mutation changes a column in place.
type Mutation struct {
	Column  string
	Mutator notation.Mutator
	Value   Value
}

// ByUUID matches the one row with this UUID, the only condition that a server
// answers without a scan of the table.
func ByUUID(u UUID) []Cond { return []Cond{Where("_uuid", notation.ConditionEqual, Ref(u))} }

// Where is a condition.
func Where(column string, function notation.ConditionFunction, v Value) Cond {
	return Cond{column, function, v}
}

// Insert adds a row; columns that are not given take their default. By the name
// ([A-Za-z_][A-Za-z0-9_]*, or "" for none) other operations of the transaction
// refer to it, see Named. The Result holds its UUID.
func Insert(table, name string, row ...Column) Op {
	return op(appendInsert(make([]byte, 0, 256), table, name, row), yieldUUID)
}

func appendInsert(b []byte, table, name string, row []Column) []byte {
	b = appendOp(b, notation.OperationInsert, table)
	if name != "" {
		b = appendString(append(b, `,"uuid-name":`...), name)
	}
	return append(appendRow(append(b, `,"row":`...), row), '}')
}

// Update sets columns of all matching rows. The Result holds their number.
func Update(table string, where []Cond, row ...Column) Op {
	b := appendWhere(begin(notation.OperationUpdate, table), where)
	return op(append(appendRow(append(b, `,"row":`...), row), '}'), yieldCount)
}

// Mutate applies mutations, in order, to all matching rows. The Result holds
// their number, whether or not a value changed.
func Mutate(table string, where []Cond, muts ...Mutation) Op {
	b := append(appendWhere(begin(notation.OperationMutate, table), where), `,"mutations":[`...)
	for i, m := range muts {
		b = appendTriple(comma(b, i), m.Column, string(m.Mutator), m.Value)
	}
	return op(append(b, "]}"...), yieldCount)
}

// Delete removes all matching rows. The Result holds their number.
func Delete(table string, where []Cond) Op {
	return op(append(appendWhere(begin(notation.OperationDelete, table), where), '}'), yieldCount)
}

// Wait makes the transaction fail with "timed out" unless the columns of the
// matching rows are ("==") or are not ("!=") equal to rows, as a set, right now.
// No rows mean that nothing may match ("==") or that something must ("!=").
func Wait(table string, where []Cond, until notation.WaitCondition, columns []string, rows ...[]Column) Op {
	b := append(appendWhere(begin(notation.OperationWait, table), where), `,"timeout":0,"columns":`...)
	b = appendStrings(b, columns)
	b = appendString(append(b, `,"until":`...), string(until))
	b = append(b, `,"rows":[`...)
	for i, row := range rows {
		b = appendRow(comma(b, i), row)
	}
	return op(append(b, "]}"...), yieldNothing)
}

// Select reads columns, or all of them if none are named, of all matching rows.
// The Result holds the rows as a JSON array.
func Select(table string, where []Cond, columns ...string) Op {
	b := appendWhere(begin(notation.OperationSelect, table), where)
	if len(columns) > 0 {
		b = appendStrings(append(b, `,"columns":`...), columns)
	}
	return op(append(b, '}'), yieldRows)
}

// Assert makes the transaction fail with "not owner" unless the session owns
// the lock.
func Assert(lock string) Op {
	return op(append(appendString([]byte(`{"op":"assert","lock":`), lock), '}'), yieldNothing)
}

// Comment is written to the server's log of the transaction.
func Comment(text string) Op {
	return op(append(appendString([]byte(`{"op":"comment","comment":`), text), '}'), yieldNothing)
}

// MustMatch makes Transact report a NoMatch if an update, mutate or delete
// matches no row. The transaction is committed all the same; only Wait prevents.
func (o Op) MustMatch() Op {
	o.must = true
	return o
}

// String is the JSON of the operation.
func (o Op) String() string { return o.json }

func op(text []byte, y yield) Op { return Op{json: string(text), expected: expected{yield: y}} }

func begin(op, table string) []byte { return appendOp(make([]byte, 0, 256), op, table) }

func appendOp(b []byte, op, table string) []byte {
	b = append(append(b, `{"op":"`...), op...)
	return appendString(append(b, `","table":`...), table)
}

func appendRow(b []byte, row []Column) []byte {
	b = append(b, '{')
	for i, c := range row {
		b = append(appendString(comma(b, i), c.Name), ':')
		b = append(b, c.Value.json...)
	}
	return append(b, '}')
}

func appendWhere(b []byte, where []Cond) []byte {
	b = append(b, `,"where":[`...)
	for i, c := range where {
		b = appendTriple(comma(b, i), c.Column, string(c.Function), c.Value)
	}
	return append(b, ']')
}

func appendTriple(b []byte, column, verb string, v Value) []byte {
	b = append(appendString(append(b, '['), column), ',')
	b = append(appendString(b, verb), ',')
	return append(append(b, v.json...), ']')
}

func appendStrings(b []byte, items []string) []byte {
	b = append(b, '[')
	for i, s := range items {
		b = appendString(comma(b, i), s)
	}
	return append(b, ']')
}

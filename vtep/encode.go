package vtep

import (
	"errors"
	"fmt"
	"strconv"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"

	notation "github.com/ovn-org/libovsdb/ovsdb"
)

var (
	// errDepends says that an operation needs a logical switch that does not stand,
	// because it was refused or has gone meanwhile.
	errDepends = errors.New("its logical switch does not stand")
	// errNotYet says that an operation needs a row that the transaction under way
	// may add.
	errNotYet = errors.New("what it needs does not stand yet")
)

// encoder turns operations into one OVSDB transaction. Locators, which go when
// nothing refers to them, become row UUIDs here, from the State of this moment,
// and never earlier.
type encoder struct {
	have *State
	tx   *ovsdb.Transaction
	// covers is how many operations of the plan are in it; source the index of the
	// one behind each of tx, or the first of several, none for none.
	covers  int
	source  []int
	current int
	made    moment
	joint   bool // several operations have become one somewhere
	asserts bool // the first operation asserts the lock
	// stand are the logical switches that earlier transactions of the plan added.
	stand    map[string]ovsdb.UUID
	added    map[string]reference  // logical switches that this one adds
	locators map[Locator]reference // locators that this one adds
	macs     []addedMAC

	// The last ones are most often asked for again.
	lastLS      ovsdb.UUID
	lastLSRef   reference
	lastLocator Locator
	lastLocRef  reference
}

const none = -1

// moment is when a transaction is made: fresh, ahead of the end of another one, or
// again, because of what was refused.
type moment uint8

const (
	fresh moment = iota
	ahead
	again
)

// reference is a row that stands, or that the n-th operation inserts.
type reference struct {
	value ovsdb.Value
	row   ovsdb.UUID
	n     int
}

func (r *reference) resolve(results []ovsdb.Result) ovsdb.UUID {
	if r.row != (ovsdb.UUID{}) {
		return r.row
	}
	return results[r.n].UUID
}

// addedMAC is an insert of a remote MAC, the n-th operation.
type addedMAC struct {
	n           int
	mac         model.MAC
	ip          model.IPv4
	ls, locator reference
}

// newEncoder is for about n operations.
func newEncoder(have *State, stand map[string]ovsdb.UUID, n int) *encoder {
	e := &encoder{have: have, tx: ovsdb.NewTransaction(Database), stand: stand, added: map[string]reference{}, locators: map[Locator]reference{}}
	e.tx.Grow(n + 1) // the lock's assertion
	e.source = make([]int, 0, n+1)
	return e
}

func (e *encoder) emit(op ovsdb.Op) {
	e.tx.Add(op)
	e.source = append(e.source, e.current)
}

// insert names a new row, for others to refer to.
func (e *encoder) insert(table, prefix string, row ...ovsdb.Column) reference {
	n := e.tx.Len()
	name := prefix + strconv.Itoa(n)
	e.emit(ovsdb.Insert(table, name, row...))
	return reference{value: ovsdb.Named(name), n: n}
}

// together is how many of the next operations become one: a port with a thousand
// VLANs is written a few times then, not a thousand times.
func together(ops []Op) int {
	n := 1
	for ops[0].bindsPort() && n < len(ops) && ops[n].Kind == ops[0].Kind && ops[n].row == ops[0].row {
		n++
	}
	return n
}

// encode adds the operations of a plan from the i-th on that are together. After
// an error nothing was added for them.
func (e *encoder) encode(i int, ops []Op) error {
	op := &ops[0]
	e.current = i
	switch op.Kind {
	case AddLogicalSwitch:
		row := append(e.switchColumns(op.Detail.Switch), ovsdb.Column{Name: "name", Value: ovsdb.String(op.LogicalSwitch)})
		e.added[op.LogicalSwitch] = e.insert("Logical_Switch", "ls", row...)
	case SetLogicalSwitch:
		e.setLogicalSwitch(op)
	case DeleteLogicalSwitch:
		e.emit(ovsdb.Delete("Logical_Switch", ovsdb.ByUUID(op.row)))
	case AddMAC:
		return e.addMAC(op)
	case MoveMAC:
		return e.moveMAC(op)
	case DeleteMAC:
		e.emit(ovsdb.Delete("Ucast_Macs_Remote", ovsdb.ByUUID(op.row)))
	case ClearMACs:
		of := ovsdb.Where("logical_switch", notation.ConditionEqual, ovsdb.Ref(op.row))
		e.emit(ovsdb.Delete("Ucast_Macs_Remote", []ovsdb.Cond{of}))
		e.emit(ovsdb.Delete("Mcast_Macs_Remote", []ovsdb.Cond{of}))
	case SetFlood:
		return e.setFlood(op)
	case DeleteFlood:
		e.emit(ovsdb.Delete("Mcast_Macs_Remote", ovsdb.ByUUID(op.row)))
	case Bind, Rebind, Unbind:
		return e.bindings(ops)
	case AddTunnel, EnableBFD, DeleteTunnel:
		return e.encodeTunnel(op)
	default:
		return fmt.Errorf("unknown operation %d", op.Kind)
	}
	return nil
}

func (e *encoder) switchColumns(r *LogicalSwitchRow) (row []ovsdb.Column) {
	if r.Description != nil {
		row = append(row, ovsdb.Column{Name: "description", Value: ovsdb.String(*r.Description)})
	}
	if r.TunnelKey != nil {
		key := ovsdb.EmptySet()
		if *r.TunnelKey != 0 {
			key = ovsdb.Int(int64(*r.TunnelKey))
		}
		row = append(row, ovsdb.Column{Name: "tunnel_key", Value: key})
	}
	if r.ReplicationMode != nil {
		mode := ovsdb.EmptySet()
		if *r.ReplicationMode != "" {
			mode = ovsdb.String(*r.ReplicationMode)
		}
		row = append(row, ovsdb.Column{Name: "replication_mode", Value: mode})
	}
	if r.Mark != nil {
		row = append(row, ovsdb.Column{Name: "other_config", Value: ovsdb.MapOf(markPair(*r.Mark))})
	}
	return row
}

func markPair(mark string) ovsdb.Pair {
	return ovsdb.Pair{Key: ovsdb.String(MarkKey), Value: ovsdb.String(mark)}
}

// setLogicalSwitch writes the mark by mutation, because other keys of other_config are
// unmanaged.
func (e *encoder) setLogicalSwitch(op *Op) {
	r := *op.Detail.Switch
	mark := r.Mark
	r.Mark = nil
	if row := e.switchColumns(&r); len(row) > 0 {
		e.emit(ovsdb.Update("Logical_Switch", ovsdb.ByUUID(op.row), row...).MustMatch())
	}
	if mark == nil {
		return
	}
	e.emit(ovsdb.Mutate("Logical_Switch", ovsdb.ByUUID(op.row),
		ovsdb.Mutation{Column: "other_config", Mutator: notation.MutateOperationDelete, Value: ovsdb.SetOf(ovsdb.String(MarkKey))},
		ovsdb.Mutation{Column: "other_config", Mutator: notation.MutateOperationInsert, Value: ovsdb.MapOf(markPair(*mark))}).MustMatch())
}

// logicalSwitch refers to the logical switch of an operation: by the row that
// the plan found, or that the plan adds.
func (e *encoder) logicalSwitch(row ovsdb.UUID, name string) (reference, error) {
	if row == (ovsdb.UUID{}) {
		if r, ok := e.added[name]; ok {
			return r, nil
		}
		row = e.stand[name]
	}
	switch {
	case row != (ovsdb.UUID{}) && row == e.lastLS:
		return e.lastLSRef, nil
	case e.have.logical.rows[row] != nil:
		e.lastLS, e.lastLSRef = row, reference{value: ovsdb.Ref(row), row: row}
		return e.lastLSRef, nil
	case e.made == ahead:
		return reference{}, errNotYet
	}
	return reference{}, errDepends
}

// locator refers to a locator, adding it once per transaction if it does not
// stand: one that nothing references is gone at commit.
func (e *encoder) locator(l Locator) (reference, error) {
	if l == e.lastLocator {
		return e.lastLocRef, nil
	}
	id, stands := e.have.locators.byValue[l]
	r, added := e.locators[l]
	switch {
	case stands:
		r = reference{value: ovsdb.Ref(id), row: id}
	case added:
	case e.made == ahead:
		return r, errNotYet
	default:
		r = e.insert("Physical_Locator", "loc", locatorColumns(l)...)
		e.locators[l] = r
	}
	e.lastLocator, e.lastLocRef = l, r
	return r, nil
}

func locatorColumns(l Locator) []ovsdb.Column {
	row := []ovsdb.Column{
		{Name: "encapsulation_type", Value: ovsdb.String(hwvtep.PhysicalLocatorEncapsulationTypeVxlanOverIpv4)},
		{Name: "dst_ip", Value: ovsdb.String(l.Addr.String())},
	}
	if l.Key != 0 {
		row = append(row, ovsdb.Column{Name: "tunnel_key", Value: ovsdb.Int(int64(l.Key))})
	}
	return row
}

func (e *encoder) addMAC(op *Op) error {
	ls, err := e.logicalSwitch(op.ls, op.LogicalSwitch)
	if err != nil {
		return err
	}
	locator, err := e.locator(op.Locator)
	if err != nil {
		return err
	}
	if e.macs == nil {
		e.macs = make([]addedMAC, 0, cap(e.source))
	}
	e.macs = append(e.macs, addedMAC{n: e.tx.Len(), mac: op.MAC, ip: op.IP, ls: ls, locator: locator})
	e.source = append(e.source, e.current)
	row := [...]ovsdb.Column{
		{Name: "MAC", Value: ovsdb.String(op.MAC.String())},
		{Name: "logical_switch", Value: ls.value},
		{Name: "locator", Value: locator.value},
		{Name: "ipaddr"},
	}
	columns := row[:3]
	if op.IP != (model.IPv4{}) {
		row[3].Value, columns = ovsdb.String(op.IP.String()), row[:]
	}
	e.tx.Insert("Ucast_Macs_Remote", "", columns...)
	return nil
}

func (e *encoder) moveMAC(op *Op) error {
	locator, err := e.locator(op.Locator)
	if err != nil {
		return err
	}
	row := []ovsdb.Column{{Name: "locator", Value: locator.value}}
	if op.setIP {
		row = append(row, ovsdb.Column{Name: "ipaddr", Value: ovsdb.String(op.IP.String())})
	}
	e.emit(ovsdb.Update("Ucast_Macs_Remote", ovsdb.ByUUID(op.row), row...).MustMatch())
	return nil
}

// setFlood makes a new locator set, as sets are immutable, and points the row
// at it; the server drops the old one.
func (e *encoder) setFlood(op *Op) error {
	ls, err := e.logicalSwitch(op.ls, op.LogicalSwitch)
	if err != nil {
		return err
	}
	members := make([]ovsdb.Value, len(op.Detail.Flood))
	for i, l := range op.Detail.Flood {
		member, err := e.locator(l)
		if err != nil {
			return err
		}
		members[i] = member.value
	}
	set := e.insert("Physical_Locator_Set", "set", ovsdb.Column{Name: "locators", Value: ovsdb.SetOf(members...)})
	column := ovsdb.Column{Name: "locator_set", Value: set.value}
	if op.row != (ovsdb.UUID{}) {
		e.emit(ovsdb.Update("Mcast_Macs_Remote", ovsdb.ByUUID(op.row), column).MustMatch())
		return nil
	}
	e.emit(ovsdb.Insert("Mcast_Macs_Remote", "",
		ovsdb.Column{Name: "MAC", Value: ovsdb.String(UnknownDst)},
		ovsdb.Column{Name: "logical_switch", Value: ls.value}, column))
	return nil
}

// bindings changes vlan_bindings of one port. A bind adds a pair, which never replaces a
// foreign binding. An unbind deletes the whole pair, so that a foreign binding survives.
// A rebind does both. A binding whose logical switch is missing is left out.
func (e *encoder) bindings(ops []Op) error {
	e.joint = e.joint || len(ops) > 1
	var from, to []ovsdb.Pair
	var missing error
	for i := range ops {
		away, come, err := e.pairs(&ops[i])
		switch {
		case errors.Is(err, errNotYet):
			return err
		case err != nil:
			missing = err
		default:
			from, to = append(from, away...), append(to, come...)
		}
	}
	var muts []ovsdb.Mutation
	if len(from) > 0 {
		muts = append(muts, bindingMutation(notation.MutateOperationDelete, from...))
	}
	if len(to) > 0 {
		muts = append(muts, bindingMutation(notation.MutateOperationInsert, to...))
	}
	if len(muts) == 0 {
		return missing
	}
	e.mutatePort(&ops[0], muts...)
	return nil
}

// pairs are what one operation takes from a port and what it adds.
func (e *encoder) pairs(op *Op) (from, to []ovsdb.Pair, err error) {
	own, err := e.pair(op, op.ls, op.Detail.Binding.LogicalSwitch)
	if err != nil {
		return nil, nil, err
	}
	switch op.Kind {
	case Bind:
		return nil, []ovsdb.Pair{own}, nil
	case Unbind:
		return []ovsdb.Pair{own}, nil, nil
	}
	other, err := e.pair(op, op.Detail.from, op.Detail.From)
	return []ovsdb.Pair{other}, []ovsdb.Pair{own}, err
}

func (e *encoder) pair(op *Op, row ovsdb.UUID, ls string) (ovsdb.Pair, error) {
	ref, err := e.logicalSwitch(row, ls)
	return ovsdb.Pair{Key: ovsdb.Int(int64(op.Detail.Binding.VLAN)), Value: ref.value}, err
}

func bindingMutation(mutator notation.Mutator, pairs ...ovsdb.Pair) ovsdb.Mutation {
	return ovsdb.Mutation{Column: "vlan_bindings", Mutator: mutator, Value: ovsdb.MapOf(pairs...)}
}

// mutatePort changes vlan_bindings behind a guard that the port is still the one
// of that name.
func (e *encoder) mutatePort(op *Op, muts ...ovsdb.Mutation) {
	port := ovsdb.ByUUID(op.row)
	e.emit(ovsdb.Wait("Physical_Port", port, notation.WaitConditionEqual, []string{"name"}, []ovsdb.Column{{Name: "name", Value: ovsdb.String(op.Detail.Binding.Port)}}))
	e.emit(ovsdb.Mutate("Physical_Port", port, muts...).MustMatch())
}

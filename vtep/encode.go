package vtep

import (
	"errors"
	"fmt"
	"strconv"

	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// errDepends says that an operation needs a logical switch that does not stand,
// because it was refused or has gone meanwhile.
var errDepends = errors.New("its logical switch does not stand")

// encoder turns operations into one OVSDB transaction. Names become row UUIDs
// here, from the State of this moment, and never earlier.
type encoder struct {
	have *State
	ops  []ovsdb.Op
	// source is the index of the plan's operation behind each of ops.
	source   []int
	current  int
	added    map[string]string  // logical switch -> uuid-name
	locators map[Locator]string // locator -> uuid-name
	refused  map[string]bool    // logical switches that could not be added
}

func newEncoder(have *State) *encoder {
	return &encoder{have: have, added: map[string]string{}, locators: map[Locator]string{}}
}

func (e *encoder) emit(op ovsdb.Op) {
	e.ops = append(e.ops, op)
	e.source = append(e.source, e.current)
}

func (e *encoder) name(prefix string) string {
	return prefix + strconv.Itoa(len(e.ops))
}

// encode adds the i-th operation of a plan. After an error nothing was added
// for it.
func (e *encoder) encode(i int, op *Op) error {
	e.current = i
	switch op.Kind {
	case AddLogicalSwitch:
		name := e.name("ls")
		row := append(e.switchColumns(op.Detail.Switch), ovsdb.Column{Name: "name", Value: ovsdb.String(op.LogicalSwitch)})
		e.emit(ovsdb.Insert("Logical_Switch", name, row...))
		e.added[op.LogicalSwitch] = name
	case SetLogicalSwitch:
		e.setLogicalSwitch(op)
	case DeleteLogicalSwitch:
		e.emit(ovsdb.Delete("Logical_Switch", ovsdb.ByUUID(op.row)))
	case AddMAC:
		return e.addMAC(op)
	case MoveMAC:
		locator := e.locator(op.Locator)
		e.emit(ovsdb.Update("Ucast_Macs_Remote", ovsdb.ByUUID(op.row),
			ovsdb.Column{Name: "locator", Value: locator}).MustMatch())
	case DeleteMAC:
		e.emit(ovsdb.Delete("Ucast_Macs_Remote", ovsdb.ByUUID(op.row)))
	case ClearMACs:
		of := ovsdb.Where("logical_switch", "==", ovsdb.Ref(op.row))
		e.emit(ovsdb.Delete("Ucast_Macs_Remote", []ovsdb.Cond{of}))
		e.emit(ovsdb.Delete("Mcast_Macs_Remote", []ovsdb.Cond{of}))
	case SetFlood:
		return e.setFlood(op)
	case DeleteFlood:
		e.emit(ovsdb.Delete("Mcast_Macs_Remote", ovsdb.ByUUID(op.row)))
	case Bind, Rebind, Unbind:
		return e.binding(op)
	case AddTunnel, EnableBFD, DeleteTunnel:
		e.encodeTunnel(op)
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

// setLogicalSwitch writes the mark by mutation: other keys of other_config are
// not ours.
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
		ovsdb.Mutation{Column: "other_config", Mutator: "delete", Value: ovsdb.SetOf(ovsdb.String(MarkKey))},
		ovsdb.Mutation{Column: "other_config", Mutator: "insert", Value: ovsdb.MapOf(markPair(*mark))}).MustMatch())
}

// logicalSwitch refers to a logical switch by the row that stands or that this
// transaction adds.
func (e *encoder) logicalSwitch(name string) (ovsdb.Value, error) {
	if n, ok := e.added[name]; ok {
		return ovsdb.Named(n), nil
	}
	if e.refused[name] {
		return ovsdb.Value{}, errDepends
	}
	if id, ok := e.have.lsByName[name]; ok {
		return ovsdb.Ref(id), nil
	}
	return ovsdb.Value{}, errDepends
}

// locator refers to a locator, adding it once per transaction if it does not
// stand: one that nothing references is gone at commit.
func (e *encoder) locator(l Locator) ovsdb.Value {
	if id, ok := e.have.byLocator[l]; ok {
		return ovsdb.Ref(id)
	}
	if n, ok := e.locators[l]; ok {
		return ovsdb.Named(n)
	}
	name := e.name("loc")
	row := []ovsdb.Column{
		{Name: "encapsulation_type", Value: ovsdb.String(hwvtep.PhysicalLocatorEncapsulationTypeVxlanOverIpv4)},
		{Name: "dst_ip", Value: ovsdb.String(l.Addr.String())},
	}
	if l.Key != 0 {
		row = append(row, ovsdb.Column{Name: "tunnel_key", Value: ovsdb.Int(int64(l.Key))})
	}
	e.emit(ovsdb.Insert("Physical_Locator", name, row...))
	e.locators[l] = name
	return ovsdb.Named(name)
}

func (e *encoder) addMAC(op *Op) error {
	ls, err := e.logicalSwitch(op.LogicalSwitch)
	if err != nil {
		return err
	}
	locator := e.locator(op.Locator)
	e.emit(ovsdb.Insert("Ucast_Macs_Remote", "",
		ovsdb.Column{Name: "MAC", Value: ovsdb.String(op.MAC.String())},
		ovsdb.Column{Name: "logical_switch", Value: ls},
		ovsdb.Column{Name: "locator", Value: locator}))
	return nil
}

// setFlood makes a new locator set, as sets are immutable, and points the row
// at it; the server drops the old one.
func (e *encoder) setFlood(op *Op) error {
	ls, err := e.logicalSwitch(op.LogicalSwitch)
	if err != nil {
		return err
	}
	members := make([]ovsdb.Value, len(op.Detail.Flood))
	for i, l := range op.Detail.Flood {
		members[i] = e.locator(l)
	}
	set := e.name("set")
	e.emit(ovsdb.Insert("Physical_Locator_Set", set, ovsdb.Column{Name: "locators", Value: ovsdb.SetOf(members...)}))
	column := ovsdb.Column{Name: "locator_set", Value: ovsdb.Named(set)}
	if op.row != (ovsdb.UUID{}) {
		e.emit(ovsdb.Update("Mcast_Macs_Remote", ovsdb.ByUUID(op.row), column).MustMatch())
		return nil
	}
	e.emit(ovsdb.Insert("Mcast_Macs_Remote", "",
		ovsdb.Column{Name: "MAC", Value: ovsdb.String(UnknownDst)},
		ovsdb.Column{Name: "logical_switch", Value: ls}, column))
	return nil
}

// binding changes one key of vlan_bindings, behind a guard that the port is
// still the one of that name. What leaves is deleted as a pair, so that another
// hand's binding survives; an insert never replaces one either.
func (e *encoder) binding(op *Op) error {
	b := op.Detail.Binding
	var muts []ovsdb.Mutation
	pair := func(mutator, ls string) error {
		ref, err := e.logicalSwitch(ls)
		muts = append(muts, ovsdb.Mutation{Column: "vlan_bindings", Mutator: mutator,
			Value: ovsdb.MapOf(ovsdb.Pair{Key: ovsdb.Int(int64(b.VLAN)), Value: ref})})
		return err
	}
	var err error
	switch op.Kind {
	case Unbind:
		err = pair("delete", b.LogicalSwitch)
	case Rebind:
		err = errors.Join(pair("delete", op.Detail.From), pair("insert", b.LogicalSwitch))
	default:
		err = pair("insert", b.LogicalSwitch)
	}
	if err != nil {
		return err
	}
	port := ovsdb.ByUUID(op.row)
	e.emit(ovsdb.Wait("Physical_Port", port, "==", []string{"name"}, []ovsdb.Column{{Name: "name", Value: ovsdb.String(b.Port)}}))
	e.emit(ovsdb.Mutate("Physical_Port", port, muts...).MustMatch())
	return nil
}

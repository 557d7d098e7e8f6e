package vtep

import (
	"cmp"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"

	notation "github.com/ovn-org/libovsdb/ovsdb"
)

// Tunnel is a pair of end points over which a switch is to run BFD (vtep(5),
// Tunnel): one of its own addresses and a remote one.
type Tunnel struct {
	Switch string
	Remote model.VTEPAddress
}

// Compare orders by switch, then address.
func (t Tunnel) Compare(o Tunnel) int {
	return cmp.Or(strings.Compare(t.Switch, o.Switch), t.Remote.Compare(o.Remote))
}

func (t Tunnel) String() string { return t.Switch + " -> " + t.Remote.String() }

// bfdEnable is the key of Tunnel.bfd_params that turns BFD on.
const bfdEnable = "enable"

// tunnels turns BFD on where it is wanted, again when the switch has made its
// rows anew, and removes the rows that this controller made and no longer
// wants. Rows of the switch's own are never removed.
func (d *differ) tunnels() {
	if !d.have.caps.Tunnel {
		return
	}
	for _, id := range sortedUUIDs(d.have.physical.switches) {
		ps := d.have.physical.switches[id]
		rows := d.have.tunnels.of(ps)
		for _, t := range d.want.Tunnels {
			if t.Switch == ps.Name {
				d.tunnel(id, ps, t, rows)
			}
		}
		d.staleTunnels(id, ps.Name, rows)
	}
}

// tunnelTable holds the rows of table Tunnel, of which the switches say which are theirs.
type tunnelTable struct {
	rows     table[hwvtep.Tunnel]
	locators *locatorTable
}

// tunnelRow is a Tunnel row by its remote address.
type tunnelRow struct {
	id     ovsdb.UUID
	row    *hwvtep.Tunnel
	remote model.VTEPAddress
}

// of lists the tunnels of a switch in the order of their addresses.
func (t *tunnelTable) of(ps *hwvtep.PhysicalSwitch) (out []tunnelRow) {
	for _, ref := range ps.Tunnels {
		id, err := ovsdb.ParseUUID(ref)
		row := t.rows[id]
		if err != nil || row == nil {
			continue
		}
		remote, err := ovsdb.ParseUUID(row.Remote)
		if l, ok := t.locators.usable[remote]; err == nil && ok {
			out = append(out, tunnelRow{id: id, row: row, remote: l.Addr})
		}
	}
	slices.SortFunc(out, func(a, b tunnelRow) int { return cmp.Or(a.remote.Compare(b.remote), compareUUID(a.id, b.id)) })
	return out
}

func (d *differ) tunnel(ps ovsdb.UUID, row *hwvtep.PhysicalSwitch, t Tunnel, rows []tunnelRow) {
	found := false
	for _, r := range rows {
		if r.remote != t.Remote {
			continue
		}
		found = true
		if r.row.BFDParams[bfdEnable] != "true" {
			d.adds = append(d.adds, Op{Kind: EnableBFD, Detail: &Detail{Tunnel: t}, row: r.id})
		}
	}
	own := usableAddresses(row.TunnelIPs)
	if !found && d.want.TunnelRows && len(own) > 0 {
		d.adds = append(d.adds, Op{Kind: AddTunnel, Locator: Locator{Addr: own[0]}, Detail: &Detail{Tunnel: t, Mark: d.want.Mark}, row: ps})
	}
}

func (d *differ) staleTunnels(ps ovsdb.UUID, name string, rows []tunnelRow) {
	for _, r := range rows {
		t := Tunnel{Switch: name, Remote: r.remote}
		if r.row.BFDParams[MarkKey] == d.want.Mark && !slices.Contains(d.want.Tunnels, t) {
			d.deletes = append(d.deletes, Op{Kind: DeleteTunnel, Detail: &Detail{Tunnel: t, tunnel: r.id}, row: ps})
		}
	}
}

// encodeTunnel writes one of the tunnel operations.
func (e *encoder) encodeTunnel(op *Op) error {
	on := ovsdb.Pair{Key: ovsdb.String(bfdEnable), Value: ovsdb.String("true")}
	switch op.Kind {
	case EnableBFD:
		e.emit(ovsdb.Mutate("Tunnel", ovsdb.ByUUID(op.row),
			ovsdb.Mutation{Column: "bfd_params", Mutator: notation.MutateOperationDelete, Value: ovsdb.SetOf(ovsdb.String(bfdEnable))},
			ovsdb.Mutation{Column: "bfd_params", Mutator: notation.MutateOperationInsert, Value: ovsdb.MapOf(on)}).MustMatch())
	case AddTunnel:
		local, err := e.locator(op.Locator)
		if err != nil {
			return err
		}
		remote, err := e.locator(Locator{Addr: op.Detail.Tunnel.Remote})
		if err != nil {
			return err
		}
		row := e.insert("Tunnel", "tun",
			ovsdb.Column{Name: "local", Value: local.value}, ovsdb.Column{Name: "remote", Value: remote.value},
			ovsdb.Column{Name: "bfd_params", Value: ovsdb.MapOf(on, markPair(op.Detail.Mark))})
		e.emit(switchTunnels(op, notation.MutateOperationInsert, row.value))
	case DeleteTunnel:
		e.emit(switchTunnels(op, notation.MutateOperationDelete, ovsdb.Ref(op.Detail.tunnel)))
	}
	return nil
}

func switchTunnels(op *Op, mutator notation.Mutator, tunnel ovsdb.Value) ovsdb.Op {
	return ovsdb.Mutate("Physical_Switch", ovsdb.ByUUID(op.row),
		ovsdb.Mutation{Column: "tunnels", Mutator: mutator, Value: ovsdb.SetOf(tunnel)}).MustMatch()
}

// BFD is what a switch reports of one tunnel (vtep(5), Tunnel.bfd_status).
type BFD struct {
	Tunnel
	// State is "up", "down", "init", "admin_down"; "" while the switch says
	// nothing.
	State string
}

// bfd lists the tunnels of switches on which BFD is on.
func (t *tunnelTable) bfd(switches table[hwvtep.PhysicalSwitch]) (out []BFD) {
	for _, ps := range switches {
		for _, r := range t.of(ps) {
			if r.row.BFDParams[bfdEnable] == "true" {
				out = append(out, BFD{Tunnel: Tunnel{Switch: ps.Name, Remote: r.remote}, State: model.Shown(r.row.BFDStatus["state"])})
			}
		}
	}
	slices.SortFunc(out, func(a, b BFD) int { return a.Tunnel.Compare(b.Tunnel) })
	return out
}

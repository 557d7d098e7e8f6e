package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"github.com/ovn-org/libovsdb/cache"
	libovsdb "github.com/ovn-org/libovsdb/client"
	"github.com/ovn-org/libovsdb/model"
	"github.com/ovn-org/libovsdb/ovsdb"
	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/vtep/hwvtep"
)

// observer watches a switch database with libovsdb's client, which shares no code
// with our session. It reads back what we wrote, notes every row that changes, and
// changes rows itself as an external writer does.
type observer struct {
	libovsdb.Client
	t       testing.TB
	mu      sync.Mutex
	changes map[string]int // rows that came, changed or went, by table
}

// observed are the tables that the observer watches, with their row types.
var observed = map[string]model.Model{
	hwvtep.PhysicalSwitchTable:     &hwvtep.PhysicalSwitch{},
	hwvtep.PhysicalPortTable:       &hwvtep.PhysicalPort{},
	hwvtep.LogicalSwitchTable:      &hwvtep.LogicalSwitch{},
	hwvtep.PhysicalLocatorTable:    &hwvtep.PhysicalLocator{},
	hwvtep.PhysicalLocatorSetTable: &hwvtep.PhysicalLocatorSet{},
	hwvtep.UcastMacsRemoteTable:    &hwvtep.UcastMacsRemote{},
	hwvtep.McastMacsRemoteTable:    &hwvtep.McastMacsRemote{},
	hwvtep.UcastMacsLocalTable:     &hwvtep.UcastMacsLocal{},
	hwvtep.McastMacsLocalTable:     &hwvtep.McastMacsLocal{},
}

// observe connects to a server until the test ends.
func observe(t testing.TB, s *ovsdbtest.Server) *observer {
	t.Helper()
	models, err := model.NewClientDBModel("hardware_vtep", observed)
	require.NoError(t, err)
	silent := logr.Discard()
	c, err := libovsdb.NewOVSDBClient(models, libovsdb.WithEndpoint(s.TCP()), libovsdb.WithLogger(&silent))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, c.Connect(ctx))
	t.Cleanup(c.Close)
	o := &observer{Client: c, t: t, changes: map[string]int{}}
	_, err = c.MonitorAll(ctx)
	require.NoError(t, err)
	c.Cache().AddEventHandler(&cache.EventHandlerFuncs{
		AddFunc:    func(table string, _ model.Model) { o.note(table) },
		UpdateFunc: func(table string, _, _ model.Model) { o.note(table) },
		DeleteFunc: func(table string, _ model.Model) { o.note(table) },
	})
	return o
}

func (o *observer) note(table string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes[table]++
}

// changed is how many rows of some tables have come, changed or gone.
func (o *observer) changed(tables ...string) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, table := range tables {
		n += o.changes[table]
	}
	return n
}

// follows waits for a number of changes of a table.
func (o *observer) follows(table string, n int) {
	o.t.Helper()
	eventually(o.t, patience, func() error {
		if have := o.changed(table); have < n {
			return fmt.Errorf("%d changes of %s, not %d", have, table, n)
		}
		return nil
	})
}

// rows lists a table of the observer's cache.
func rows[T any](o *observer) []T {
	o.t.Helper()
	var out []T
	require.NoError(o.t, o.List(o.t.Context(), &out))
	return out
}

// picture is the same text as that of the server's own tools, from what the
// observer was sent.
func (o *observer) picture() []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	names, locators, sets := map[string]string{}, map[string]string{}, map[string][]string{}
	for _, ls := range rows[hwvtep.LogicalSwitch](o) {
		names[ls.UUID] = ls.Name
		key := "[]" // as the server's tools print an unset column
		if ls.TunnelKey != nil {
			key = strconv.Itoa(*ls.TunnelKey)
		}
		add("ls %s key %s", ls.Name, key)
	}
	for _, l := range rows[hwvtep.PhysicalLocator](o) {
		locators[l.UUID] = l.DstIP
		if l.TunnelKey != nil {
			locators[l.UUID] += fmt.Sprintf("@%d", *l.TunnelKey)
		}
	}
	for _, s := range rows[hwvtep.PhysicalLocatorSet](o) {
		for _, id := range s.Locators {
			sets[s.UUID] = append(sets[s.UUID], locators[id])
		}
		slices.Sort(sets[s.UUID])
	}
	for _, m := range rows[hwvtep.UcastMacsRemote](o) {
		add("mac %s %s %s", names[m.LogicalSwitch], m.MAC, locators[m.Locator])
	}
	for _, m := range rows[hwvtep.McastMacsRemote](o) {
		add("flood %s %s", names[m.LogicalSwitch], strings.Join(sets[m.LocatorSet], " "))
	}
	ports := map[string]hwvtep.PhysicalPort{}
	for _, p := range rows[hwvtep.PhysicalPort](o) {
		ports[p.UUID] = p
	}
	for _, sw := range rows[hwvtep.PhysicalSwitch](o) {
		for _, id := range sw.Ports {
			for vlan, ls := range ports[id].VLANBindings {
				add("bind %s %s %d %s", sw.Name, ports[id].Name, vlan, names[ls])
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// sees waits until the observer was sent what is wanted.
func (o *observer) sees(want ...string) {
	o.t.Helper()
	slices.Sort(want)
	eventually(o.t, patience, func() error {
		if have := o.picture(); !slices.Equal(want, have) {
			return fmt.Errorf("the observer sees\n%s\nnot\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
		}
		return nil
	})
}

// write sends operations as an external writer. The server must accept them.
func (o *observer) write(ops []ovsdb.Operation, err error) {
	o.t.Helper()
	require.NoError(o.t, err)
	results, err := o.Transact(o.t.Context(), ops...)
	require.NoError(o.t, err)
	failed, err := ovsdb.CheckOperationResults(results, ops)
	require.NoError(o.t, err, "%v", failed)
}

// TestIndependentObserver: a second implementation of OVSDB sees the rows that are
// defined and no others, what it changes of ours is put back, what is its own
// stays, and no row changes that is the switch's own.
func TestIndependentObserver(t *testing.T) {
	t.Parallel()
	s, peer := ovsdbtest.Start(t), ovsdbtest.Start(t)
	s.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	peer.AddSwitch("tor2", "192.0.2.2", "p1")
	o, other := observe(t, s), observe(t, peer)
	c := start(t)
	dev := c.register("tor1", s)
	c.register("tor2", peer)
	c.settled()

	net := c.create(networks, object{"name": "n", "provider:segmentation_id": 5001})
	gw := c.create(gateways, object{"devices": []object{onSwitch("tor1", port("p1", 100)), onSwitch("tor2", port("p1", 200))}})
	conn := c.connect(gw, net, nil)
	c.addMAC(dev, "00:aa:00:00:00:01", "198.51.100.7", 5001)
	ours := []string{
		"ls " + net + " key 5001", "bind tor1 p1 100 " + net, "flood " + net + " 192.0.2.2 198.51.100.7",
		"mac " + net + " 00:aa:00:00:00:01 198.51.100.7",
	}
	o.sees(ours...)
	other.sees("ls "+net+" key 5001", "bind tor2 p1 200 "+net, "flood "+net+" 192.0.2.1 198.51.100.7",
		"mac "+net+" 00:aa:00:00:00:01 198.51.100.7")

	own := []string{hwvtep.PhysicalSwitchTable, hwvtep.UcastMacsLocalTable, hwvtep.McastMacsLocalTable}
	before := map[*observer]int{}
	for _, w := range []*observer{o, other} {
		w.follows(hwvtep.UcastMacsRemoteTable, 1) // and by that all that came before
		before[w] = w.changed(own...)
	}

	foreign := &hwvtep.LogicalSwitch{UUID: "foreign", Name: "foreign"}
	o.write(o.Create(foreign))
	o.bind("p2", 300, "foreign")
	theirs := []string{"ls foreign key []", "bind tor1 p2 300 foreign"}
	o.sees(append(theirs, ours...)...)

	for table, meddle := range map[string]func(){
		hwvtep.UcastMacsRemoteTable: func() { o.write(o.WhereCache(func(*hwvtep.UcastMacsRemote) bool { return true }).Delete()) },
		hwvtep.McastMacsRemoteTable: func() { o.write(o.WhereCache(func(*hwvtep.McastMacsRemote) bool { return true }).Delete()) },
		hwvtep.PhysicalPortTable:    func() { o.unbind("p1") },
	} {
		seen := o.changed(table)
		meddle()
		o.follows(table, seen+2) // the removal and the repair
		o.sees(append(theirs, ours...)...)
	}
	c.remove(connections, conn)
	o.sees(theirs...)
	for w, n := range before {
		require.Equal(t, n, w.changed(own...), "rows of %s are the switch's own", own)
	}
}

// bind gives a VLAN of a port to a logical switch.
func (o *observer) bind(port string, vlan int, logicalSwitch string) {
	o.t.Helper()
	var id string
	eventually(o.t, patience, func() error {
		for _, ls := range rows[hwvtep.LogicalSwitch](o) {
			if ls.Name == logicalSwitch {
				id = ls.UUID
				return nil
			}
		}
		return fmt.Errorf("no logical switch %s", logicalSwitch)
	})
	p := o.port(port)
	o.write(o.Where(p).Mutate(p, model.Mutation{Field: &p.VLANBindings, Mutator: ovsdb.MutateOperationInsert, Value: map[int]string{vlan: id}}))
}

// unbind removes all bindings of a port.
func (o *observer) unbind(port string) {
	o.t.Helper()
	p := o.port(port)
	o.write(o.Where(p).Mutate(p, model.Mutation{Field: &p.VLANBindings, Mutator: ovsdb.MutateOperationDelete, Value: p.VLANBindings}))
}

func (o *observer) port(name string) *hwvtep.PhysicalPort {
	o.t.Helper()
	for _, p := range rows[hwvtep.PhysicalPort](o) {
		if p.Name == name {
			return &p
		}
	}
	o.t.Fatalf("no port %s", name)
	return nil
}

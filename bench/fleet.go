package main

import (
	"fmt"
	"time"
)

const (
	workFleet      = "POST connection among many switches, API to rows"
	workLeaveFleet = "DELETE connection among many switches, API to rows"
	// workFleetRest is what the same switches cost while nothing changes.
	workFleetRest = "many switches while nothing changes"
	// fleetWindow begins with a change and ends when nothing of it is left to do. What the
	// same time costs without a change is measured beside it.
	fleetWindow = 500 * time.Millisecond
	// fleetVLAN is one that no standing connection has.
	fleetVLAN = 1000
)

// fleet measures what a change on two switches costs beside many others, each with ten
// networks. The changes of all sizes are made in turn.
func fleet(b *bench) error {
	var sites []*tenancy
	for _, n := range b.fleets() {
		t, err := b.newFleet(n)
		if err != nil {
			return fmt.Errorf("%d switches: %w", n, err)
		}
		sites = append(sites, t)
	}
	time.Sleep(calm)
	return inTurn(sites, b.changes(), b.changeFleet)
}

func (o options) fleets() []int {
	if o.smoke {
		return []int{10, 50}
	}
	return []int{10, 1_000}
}

// newFleet is so many switches in sync, as the first two of them are seen.
func (b *bench) newFleet(n int) (*tenancy, error) {
	f, err := newFabric(b.programs, n, pairs, 0)
	if err != nil {
		return nil, err
	}
	if _, err := f.sync(); err != nil {
		return nil, err
	}
	t := &tenancy{p: b.programs, d: f.d, size: n, switches: f.servers[:2]}
	return t, t.watch()
}

// changeFleet connects a new network to both of the switches, and takes it away again.
func (b *bench) changeFleet(t *tenancy) error {
	t.made++
	c := &tenant{tenancy: t, name: fmt.Sprintf("new-%d", t.made), port: port}
	vlan := fleetVLAN + t.made
	if _, err := c.createNetwork(); err != nil {
		return err
	}
	if _, err := c.createGateway(vlan); err != nil {
		return err
	}
	for _, step := range []struct {
		work string
		do   func() (sample, error)
	}{
		{workFleetRest, func() (sample, error) { return sample{}, nil }},
		{workFleet, func() (sample, error) { return c.connect(vlan) }},
		{workLeaveFleet, c.disconnect},
	} {
		if err := b.once(step.work, t.size, ours, func() (sample, error) { return t.window(step.do) }); err != nil {
			return fmt.Errorf("%s: %w", step.work, err)
		}
	}
	return t.d.remove(gatewaysPath+"/"+c.gateway, networksPath+"/"+c.name)
}

// window measures our CPU from before a change until its window is over.
func (t *tenancy) window(change func() (sample, error)) (sample, error) {
	time.Sleep(spacing)
	m := startMeter(t.d.process, t.switches...)
	got, err := change()
	if err != nil {
		return got, err
	}
	time.Sleep(max(0, fleetWindow-time.Since(m.began)))
	all := m.stop(time.Now())
	return sample{wall: got.wall, cpu: all.cpu, server: all.server, memory: all.memory}, nil
}

// fleetTargets are those of the scenario fleet.
func fleetTargets(few, many int) (out []target) {
	for _, work := range []string{workFleet, workLeaveFleet} {
		name := fmt.Sprintf("%s, %d switches", work, many)
		out = append(out,
			target{name, fmt.Sprintf("median, of the same at %d", few), over(at(wall, work, many, ours), at(wall, work, few, ours)), 2, "x", false},
			target{name, "our CPU, without that of no change", minus(at(cpu, work, many, ours), at(cpu, workFleetRest, many, ours)), 3, " ms", false},
		)
	}
	return out
}

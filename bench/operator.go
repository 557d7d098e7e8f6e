package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"time"
)

const (
	workPlan       = "plan of a site file without changes"
	workPlanChange = "plan of a site file with one change"
	workWhere      = "where is a MAC"
	workWherePage  = "MACs by prefix, a page of 100"
	workTrace      = "trace of two hosts"
	workListCLI    = "bordergw connection list"
	workApplyMany  = "apply of a site file with all connections, to the answer"
	// operatorMACs is what each switch has learned.
	operatorMACs = 200
)

// operator measures what people ask of a large site: 10 networks and 200 MACs a switch.
func operator(b *bench) error {
	n := b.operatorSwitches()
	f, err := newFabric(b.programs, n, pairs, operatorMACs)
	if err != nil {
		return err
	}
	defer f.end()
	if _, err := f.sync(); err != nil {
		return err
	}
	o := &operation{fabric: f, connections: n * networksEach}
	if err := b.once(workApplyMany, o.connections, ours, o.takeOver); err != nil {
		return err
	}
	time.Sleep(calm)
	changed := strings.Replace(o.file, "networks:\n  net-0000:\n", "networks:\n  net-0000:\n    description: changed\n", 1)
	for range b.runs {
		for _, step := range []struct {
			work string
			do   func() (sample, error)
		}{
			{workPlan, func() (sample, error) { return o.plan(o.file, 0) }},
			{workPlanChange, func() (sample, error) { return o.plan(changed, 1) }},
			{workWhere, func() (sample, error) { return o.get("/v1/macs/" + macOf(0, 0)) }},
			{workWherePage, func() (sample, error) { return o.get("/v1/macs?limit=100&q=02:00:05") }},
			{workTrace, func() (sample, error) { return o.get(o.trace()) }},
			{workListCLI, o.list},
		} {
			if err := b.once(step.work, o.connections, ours, step.do); err != nil {
				return fmt.Errorf("%s: %w", step.work, err)
			}
		}
	}
	return b.stopDaemon(f.d)
}

func (o options) operatorSwitches() int {
	if o.smoke {
		return 20
	}
	return 500
}

// operation is a site that is asked. The file is of all that is defined.
type operation struct {
	*fabric
	connections int
	file        string
}

// takeOver makes a site the manager of all that is defined, in one transaction.
func (o *operation) takeOver() (sample, error) {
	resp, err := client.Get(o.d.url + "/v1/site?all=true")
	if err != nil {
		return sample{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return sample{}, err
	}
	o.file = strings.Replace(string(text), "site: all\n", "site: bench\n", 1)
	return o.timed(func() error { return o.d.do(http.MethodPost, "/v1/site/apply", object{"file": o.file}, nil) })
}

// plan fails unless the plan has so many changes.
func (o *operation) plan(file string, changes int) (sample, error) {
	var answer struct{ Changes []object }
	got, err := o.timed(func() error { return o.d.do(http.MethodPost, "/v1/site/plan", object{"file": file}, &answer) })
	if err == nil && len(answer.Changes) != changes {
		err = fmt.Errorf("%d changes instead of %d", len(answer.Changes), changes)
	}
	return got, err
}

func (o *operation) get(path string) (sample, error) {
	return o.timed(func() error { return o.d.do(http.MethodGet, path, nil, nil) })
}

// trace asks for the way between the first MACs of two switches of a network.
func (o *operation) trace() string {
	return "/v1/trace?" + url.Values{"network": {networkName(0)}, "from": {macOf(0, 0)}, "to": {macOf(0, operatorMACs)}}.Encode()
}

// list runs the client as a person does.
func (o *operation) list() (sample, error) {
	return o.timed(func() error {
		out, err := exec.Command(o.p.binary, "connection", "list", "--url", o.d.url, "--no-headers").Output()
		if lines := strings.Count(string(out), "\n"); err == nil && lines != o.connections {
			err = fmt.Errorf("%d connections instead of %d", lines, o.connections)
		}
		return err
	})
}

// timed is what something takes, and the daemon's share of the processors.
func (o *operation) timed(do func() error) (sample, error) {
	began, cpu := time.Now(), o.d.cpu()
	err := do()
	return sample{wall: time.Since(began), cpu: o.d.cpu() - cpu}, err
}

// operatorTargets are those of operator.md: sections 2 and 4, and the issue's.
func operatorTargets() []target {
	n := options{}.operatorSwitches() * networksEach
	name := func(work string) string {
		return fmt.Sprintf("%s, 500 switches, %d connections, 100,000 MACs", work, n)
	}
	return []target{
		{name(workPlan), "median", at(wall, workPlan, n, ours), 1_000, " ms", false},
		{name(workPlanChange), "median", at(wall, workPlanChange, n, ours), 1_200, " ms", false},
		{name(workWhere), "median", at(wall, workWhere, n, ours), 5, " ms", false},
		{name(workWherePage), "median", at(wall, workWherePage, n, ours), 20, " ms", false},
		{name(workTrace), "median", at(wall, workTrace, n, ours), 20, " ms", false},
		{name(workListCLI), "median", at(wall, workListCLI, n, ours), 500, " ms", false},
		{name(workApplyMany), "once", at(wall, workApplyMany, n, ours), 5_000, " ms", false},
	}
}

package main

import (
	"fmt"
	"net/http"
)

const (
	workMAC     = "POST remote MAC entry"
	workShowMAC = "GET remote MAC entry"
	workMACs    = "POST remote MAC entries, in one request"
	// manyMACs stand at a device, bulkMACs come in one request.
	manyMACs = 50_000
	bulkMACs = 20_000
)

// remoteMACs measures remote MACs over REST, by how many stand at the device.
func remoteMACs(b *bench) error {
	d, err := b.startDaemon()
	if err != nil {
		return err
	}
	sizes := []int{100, manyMACs}
	paths := make([]string, len(sizes))
	for i, n := range sizes {
		if paths[i], err = macDevice(d, fmt.Sprintf("standing-%d", n), i); err == nil {
			err = d.createMACs(paths[i], n)
		}
		if err != nil {
			return fmt.Errorf("%d standing: %w", n, err)
		}
	}
	for i := range b.changes() {
		for s, n := range sizes {
			if err := b.oneMAC(d, paths[s], n, n+i); err != nil {
				return fmt.Errorf("%d standing: %w", n, err)
			}
		}
	}
	for i := range b.runs {
		path, err := macDevice(d, fmt.Sprint("bulk-", i), len(sizes)+i)
		if err != nil {
			return err
		}
		if err := b.once(workMACs, bulkMACs, ours, func() (sample, error) { return answered(func() error { return d.createMACs(path, bulkMACs) }) }); err != nil {
			return err
		}
	}
	return b.stopDaemon(d)
}

// macDevice registers a device that nobody answers for, and returns the path of its remote MACs.
func macDevice(d *daemon, name string, i int) (string, error) {
	id, err := d.create(devicesPath, "gateway_device", object{"name": name, "management_ip": "127.0.0.1", "management_port": 1 + i})
	return devicesPath + "/" + id + "/remote_mac_entries", err
}

// oneMAC adds one and shows it.
func (b *bench) oneMAC(d *daemon, path string, standing, i int) (err error) {
	var id string
	err = b.once(workMAC, standing, ours, func() (sample, error) {
		return answered(func() error {
			id, err = d.create(path, "remote_mac_entry", remoteMAC(i))
			return err
		})
	})
	if err != nil {
		return err
	}
	return b.once(workShowMAC, standing, ours, func() (sample, error) {
		return answered(func() error { return d.do(http.MethodGet, path+"/"+id, nil, nil) })
	})
}

func (d *daemon) createMACs(path string, n int) error {
	all := make([]object, n)
	for i := range all {
		all[i] = remoteMAC(i)
	}
	return d.do(http.MethodPost, path, object{"remote_mac_entries": all}, nil)
}

func remoteMAC(i int) object {
	return object{"mac_address": macOf(0, i), "vtep_address": tunnelIP(i % 256), "segmentation_id": vniOf(i % 50)}
}

// macTargets are those of the scenario macs.
func macTargets() []target {
	grown := func(work string) func(results) (float64, bool) {
		return over(at(wall, work, manyMACs, ours), at(wall, work, 100, ours))
	}
	const name = "remote MAC over REST, 50,000 of its device standing"
	return []target{
		{name, "POST, of the same at 100", grown(workMAC), 1.5, "x", false},
		{name, "GET, of the same at 100", grown(workShowMAC), 1.5, "x", false},
		{"20,000 remote MACs over REST in one request", "wall", at(wall, workMACs, bulkMACs, ours), 1_000, " ms", false},
	}
}

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	workSnapshot = "snapshot"
	workHeap     = "heap of a snapshot"
	idle         = "idle bordergw"
	// dialled is enough for the daemon to have connected to servers that do not
	// answer.
	dialled = time.Second
)

// snapshot reads a database that somebody else filled.
func snapshot(b *bench) error {
	for _, rows := range b.sizes() {
		for range b.runs {
			s, _, err := filled(b.programs, rows)
			if err != nil {
				return err
			}
			if err := errors.Join(snapshotOurs(b, s, rows), b.once(workSnapshot, rows, floor, func() (sample, error) { return rawSnapshot(s) })); err != nil {
				return err
			}
			b.stop(s)
		}
	}
	return nil
}

func snapshotOurs(b *bench, s *server, rows int) error {
	d, err := b.startDaemon()
	if err != nil {
		return err
	}
	before, err := d.liveHeap()
	if err != nil {
		return err
	}
	if err := s.pause(); err != nil {
		return err
	}
	if _, err := d.register("dst", tunnelIP(1000), s); err != nil {
		return err
	}
	time.Sleep(dialled)
	m := startMeter(d.process, s)
	if err := errors.Join(s.resume(), d.inSync(1, "")); err != nil {
		return err
	}
	b.add(workSnapshot, rows, ours, m.stop(time.Now()))
	after, err := d.liveHeap()
	b.add(workHeap, rows, ours, sample{memory: after})
	b.add(workHeap, rows, idle, sample{memory: before})
	return errors.Join(err, b.stopDaemon(d))
}

func rawSnapshot(s *server) (sample, error) {
	return runFloor([]*server{s}, [][][]byte{{monitorAll()}})
}

// monitorAll reads what a controller must know of a switch, and asks for reports of
// changes from then on.
func monitorAll() []byte { return monitorRequest("") }

// monitorOnce asks for no reports of changes: the database is written to afterwards.
func monitorOnce() []byte {
	return monitorRequest(`,"select":{"initial":true,"insert":false,"delete":false,"modify":false}`)
}

func monitorRequest(selected string) []byte {
	tables := map[string]string{
		"Physical_Switch": `"name","tunnel_ips","ports"`, "Physical_Port": `"name","vlan_bindings"`,
		"Logical_Switch": `"name","tunnel_key"`, "Physical_Locator": `"dst_ip","encapsulation_type"`,
		"Physical_Locator_Set": `"locators"`, "Mcast_Macs_Remote": `"MAC","logical_switch","locator_set"`,
		"Ucast_Macs_Remote": `"MAC","logical_switch","locator","ipaddr"`, "Ucast_Macs_Local": `"MAC","logical_switch","locator"`,
	}
	var parts []string
	for table, columns := range tables {
		parts = append(parts, fmt.Sprintf(`%q:{"columns":[%s]%s}`, table, columns, selected))
	}
	return request(0, "monitor", fmt.Sprintf(`[%q,"m",{%s}]`, vtepDB, strings.Join(parts, ",")))
}

// liveHeap is what the heap holds after garbage collection. The collector is
// brought about by asking for the metrics until it has run twice.
func (d *daemon) liveHeap() (least int64, err error) {
	first := -1.0
	err = poll(0, func() (bool, error) {
		runs, heap, err := d.heapMetrics()
		if first < 0 {
			first = runs
		}
		if runs > first+1 && (least == 0 || int64(heap) < least) {
			least = int64(heap)
		}
		return runs > first+2, err
	})
	return least, err
}

func (d *daemon) heapMetrics() (collections, heap float64, err error) {
	resp, err := http.Get(d.url + "/metrics")
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		for name, value := range map[string]*float64{"go_gc_duration_seconds_count ": &collections, "go_memstats_heap_alloc_bytes ": &heap} {
			if text, ok := strings.CutPrefix(lines.Text(), name); ok {
				if _, err := fmt.Sscan(text, value); err != nil {
					return 0, 0, err
				}
			}
		}
	}
	return collections, heap, lines.Err()
}

package main

import (
	"bytes"
	"fmt"
	"time"
)

// watcher gets the reports of changes of one column. It is used for single changes only:
// while many rows are written, nobody watches.
type watcher struct{ *rawConn }

// watch monitors a column for inserted or changed rows.
func (d database) watch(table, column string) (*watcher, error) {
	c, err := dialRaw(d.unix)
	if err != nil {
		return nil, err
	}
	params := fmt.Sprintf(`[%q,"w",{%q:{"columns":[%q],"select":{"initial":false,"insert":true,"delete":false,"modify":true}}}]`, d.name, table, column)
	if _, err := c.Write(request(0, "monitor", params)); err != nil {
		return nil, err
	}
	reply, err := c.next()
	if err == nil && failed(reply) {
		err = fmt.Errorf("monitor: %s", reply)
	}
	return &watcher{c}, err
}

// until returns when a change with this text was seen.
func (w *watcher) until(text string) (time.Time, error) {
	for {
		msg, err := w.next()
		if err != nil || bytes.Contains(msg, []byte(text)) {
			return time.Now(), err
		}
	}
}

// spacing keeps changes alone: none falls into the window of the one before.
const spacing = 150 * time.Millisecond

// timed measures from a deed to the change that it brings, which may be there
// before the deed has ended. If that fails, nobody may use the watcher again.
func (w *watcher) timed(text string, deed func() error) (sample, error) {
	time.Sleep(spacing)
	var seen time.Time
	watched := make(chan error, 1)
	began := time.Now()
	go func() {
		var err error
		seen, err = w.until(text)
		watched <- err
	}()
	if err := deed(); err != nil {
		return sample{}, err
	}
	err := <-watched
	return sample{wall: seen.Sub(began)}, err
}

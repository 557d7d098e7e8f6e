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
	return d.monitor(table, column, `"initial":false,"insert":true,"delete":false,"modify":true`)
}

// watchGone monitors a column for deleted rows.
func (d database) watchGone(table, column string) (*watcher, error) {
	return d.monitor(table, column, `"initial":false,"insert":false,"delete":true,"modify":false`)
}

func (d database) monitor(table, column, selected string) (*watcher, error) {
	c, err := dialRaw(d.unix)
	if err != nil {
		return nil, err
	}
	params := fmt.Sprintf(`[%q,"w",{%q:{"columns":[%q],"select":{%s}}}]`, d.name, table, column, selected)
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

// timed is timed of one watcher.
func (w *watcher) timed(text string, deed func() error) (sample, error) {
	return timed([]*watcher{w}, text, deed)
}

// timed measures from a deed to the last of the changes that it brings, one for each watcher.
// They may be there before the deed has ended. If that fails, nobody may use the watchers again.
func timed(watchers []*watcher, text string, deed func() error) (sample, error) {
	time.Sleep(spacing)
	type seen struct {
		at  time.Time
		err error
	}
	all := make(chan seen, len(watchers))
	began := time.Now()
	for _, w := range watchers {
		go func() {
			at, err := w.until(text)
			all <- seen{at, err}
		}()
	}
	if err := deed(); err != nil {
		return sample{}, err
	}
	var got sample
	for range watchers {
		s := <-all
		if s.err != nil {
			return got, s.err
		}
		got.wall = max(got.wall, s.at.Sub(began))
	}
	return got, nil
}

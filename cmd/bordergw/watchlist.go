package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bordergw/model"
)

// watchGap is the least time between two looks at a list that is watched: many events may come at once.
const watchGap = time.Second

// listWatch prints a list, and a line for each of its objects that changes.
type listWatch struct {
	noun
	c          *cobra.Command
	api        *client
	collection string
	limit      int
	form       output
	// columns and widths stay those of the first list, so that lines stand below each other.
	columns table
	widths  []int
	// last is the line of each object, by id.
	last map[string][]string
	// failed is why the list could not be had, when it last was asked for.
	failed string
}

// run goes on until it is interrupted. Events say when to look again.
func (w *listWatch) run(ctx context.Context) error {
	if w.form.raw() {
		return usagef("--watch prints a table, or names: it is not for -o %s", w.form.form)
	}
	after, err := w.newest(ctx)
	if err != nil {
		return err
	}
	if err := w.first(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	happened, ended := make(chan struct{}, 1), make(chan error, 1)
	v := &eventView{api: w.api, after: after, on: func() { model.Hint(happened) }}
	go func() { ended <- v.watch(ctx) }()
	for shown(w.c.OutOrStdout()) { // main says why it is not
		select {
		case err := <-ended:
			return err
		case <-happened:
		}
		pause := watchGap
		if err := w.again(ctx); err != nil && ctx.Err() == nil {
			w.warn(err)
			pause = watchAgain
			model.Hint(happened) // else the change is shown at the next event only, if ever
		} else {
			w.failed = ""
		}
		select {
		case err := <-ended:
			return err
		case <-time.After(pause):
		}
	}
	return nil
}

// warn says once why the list can not be had.
func (w *listWatch) warn(err error) {
	if w.failed != err.Error() {
		w.failed = err.Error()
		w.api.warn("%s", err)
	}
}

// newest is the id of the last event, "" if there is none.
func (w *listWatch) newest(ctx context.Context) (string, error) {
	text, err := w.api.do(ctx, http.MethodGet, "/v1/events?"+url.Values{"limit": {"1"}}.Encode(), "application/json", nil)
	if err != nil {
		return "", fmt.Errorf("--watch needs the events: %w", err)
	}
	var page struct {
		Events []struct{ ID string }
	}
	if json.Unmarshal(text, &page) != nil {
		return "", w.api.unreadable()
	}
	if len(page.Events) == 0 {
		return "", nil
	}
	return page.Events[0].ID, nil
}

// look asks for the list as it is now.
func (w *listWatch) look(ctx context.Context) (rows []object, known *names, err error) {
	known = newNames(w.api)
	raw, _, err := w.chosen(w.c, known, w.collection, w.limit, w.form)
	if err != nil {
		return nil, nil, err
	}
	if json.Unmarshal(raw, &rows) != nil {
		return nil, nil, w.api.unreadable()
	}
	return rows, known, w.referAll(ctx, rows, known)
}

// first prints the whole list.
func (w *listWatch) first(ctx context.Context) error {
	rows, known, err := w.look(ctx)
	if err != nil {
		return err
	}
	w.columns, w.last = w.table.shown(w.form.form == "wide", rows), map[string][]string{}
	var titles []string
	for _, c := range w.columns {
		titles = append(titles, c.name())
	}
	all := [][]string{titles}
	for _, row := range rows {
		w.last[row.text("id")] = w.line(row, known)
		all = append(all, w.last[row.text("id")])
	}
	w.widths = make([]int, len(titles))
	for _, line := range all {
		for i, cell := range line {
			if i < len(w.widths) {
				w.widths[i] = max(w.widths[i], len([]rune(cell)))
			}
		}
	}
	if w.form.noHeaders || w.form.form == "name" {
		all = all[1:]
	}
	for _, line := range all {
		w.print(line)
	}
	return nil
}

// again prints what is otherwise than it was.
func (w *listWatch) again(ctx context.Context) error {
	rows, known, err := w.look(ctx)
	if err != nil {
		return err
	}
	stands := map[string]bool{}
	for _, row := range rows {
		id, line := row.text("id"), w.line(row, known)
		stands[id] = true
		if !slices.Equal(w.last[id], line) {
			w.last[id] = line
			w.print(line)
		}
	}
	for _, id := range w.gone(stands) {
		line := w.last[id]
		delete(w.last, id)
		w.print(append(slices.Clone(line), "DELETED"))
	}
	return nil
}

// gone are the objects that stand no more, in the order of their lines.
func (w *listWatch) gone(stands map[string]bool) (ids []string) {
	for id := range w.last {
		if !stands[id] {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(slices.Compare(w.last[a], w.last[b]), strings.Compare(a, b)) })
	return ids
}

// line is what is shown of an object.
func (w *listWatch) line(row object, known *names) []string {
	if w.form.form == "name" {
		return []string{w.label(row, known)}
	}
	var out []string
	for _, c := range w.columns {
		out = append(out, firstOf(model.Printable(inCell(c.entries(row, known), w.form.form == "wide")), "-"))
	}
	return out
}

func (w *listWatch) print(line []string) {
	cells := slices.Clone(line)
	for i := range cells[:len(cells)-1] {
		if i < len(w.widths) {
			cells[i] += strings.Repeat(" ", max(0, w.widths[i]-len([]rune(cells[i]))))
		}
	}
	fmt.Fprintln(w.c.OutOrStdout(), strings.Join(cells, "   "))
}

package model_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

type networks = model.Table[model.Network, *model.Network]

// Any order of With and Without gives what a plain map gives, and leaves every
// table that came before as it was.
func TestTableAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var table networks
	want := map[string]*model.Network{}
	for range 500 {
		before, was := table, slices.Collect(table.All())
		id := fmt.Sprint("n", r.IntN(20))
		if r.IntN(3) == 0 {
			table = table.Without(id)
			delete(want, id)
		} else {
			// Several records share a Seq, as those of one commit do.
			n := &model.Network{Record: model.Record{ID: id, ProjectID: fmt.Sprint("p", r.IntN(3)), Seq: uint64(len(id)) + uint64(id[len(id)-1]%4)}}
			table = table.With(n)
			want[id] = n
		}
		require.Equal(t, was, slices.Collect(before.All()), "an older table changed")
		requireTable(t, want, table)
		requireChanges(t, before, table)
	}
	requireTable(t, want, model.NewTable[model.Network](slices.Collect(maps.Values(want))))
}

func requireTable(t *testing.T, want map[string]*model.Network, table networks) {
	t.Helper()
	list := slices.SortedFunc(maps.Values(want), func(a, b *model.Network) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID))
	})
	require.Equal(t, len(list), table.Len())
	require.Equal(t, list, slices.Collect(table.All()))
	owned := map[string]int{"p0": 0, "p1": 0, "p2": 0}
	for _, n := range list {
		owned[n.ProjectID]++
	}
	for project, n := range owned {
		require.Equal(t, n, table.Owned(project))
	}
	for _, n := range list {
		got, ok := table.Get(n.ID)
		require.True(t, ok)
		require.Same(t, n, got)
	}
	_, ok := table.Get("no such id")
	require.False(t, ok)
}

// requireChanges compares what a table says of another one with a look at each record.
func requireChanges(t *testing.T, was, now networks) {
	t.Helper()
	want := map[string]model.Change[*model.Network]{}
	for n := range was.All() {
		want[n.ID] = model.Change[*model.Network]{Was: n}
	}
	for n := range now.All() {
		c := want[n.ID]
		c.Now = n
		want[n.ID] = c
	}
	maps.DeleteFunc(want, func(_ string, c model.Change[*model.Network]) bool { return c.Was == c.Now })
	require.Equal(t, want, maps.Collect(now.Changes(was)))
	require.Equal(t, len(want) == 0, now.Same(was))
}

func TestZeroTable(t *testing.T) {
	var table networks
	requireTable(t, nil, table)
	requireTable(t, nil, table.Without("x"))
	n := &model.Network{Record: model.Record{ID: "a"}}
	requireTable(t, map[string]*model.Network{"a": n}, table.With(n))
}

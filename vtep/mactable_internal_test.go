package vtep

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bordergw/model"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// Whenever the reply to our insert comes among the notifications of what became
// of the row, the table ends as the database.
func TestReplyAmongNotifications(t *testing.T) {
	id, ls, here, there := ovsdb.UUID{1}, ovsdb.UUID{2}, ovsdb.UUID{3}, ovsdb.UUID{4}
	mac := [6]byte{2, 0, 0, 0, 0, 1}
	content := func(locator ovsdb.UUID) macExtra { return macExtra{mac: mac, ls: ls, locator: locator} }
	insert := ovsdb.RowUpdate{Kind: ovsdb.KindInsert, UUID: id, Row: []byte(`{}`)}
	move := ovsdb.RowUpdate{Kind: ovsdb.KindModify, UUID: id, Diff: true, Row: fmt.Appendf(nil, `{"locator":["uuid","%s"]}`, there)}
	remove := ovsdb.RowUpdate{Kind: ovsdb.KindDelete, UUID: id}
	for name, events := range map[string][]ovsdb.RowUpdate{
		"stays": {insert}, "moves": {insert, move}, "goes": {insert, remove}, "moves and goes": {insert, move, remove},
	} {
		for at := range 2 * (len(events) + 1) {
			at, muted := at/2, at%2 == 1
			t.Run(fmt.Sprintf("%s, reply at %d, inserts muted %t", name, at, muted), func(t *testing.T) {
				table := newMACTable()
				table.insertsMuted = muted
				var stands *macExtra
				for i := range len(events) + 1 {
					if i == at {
						table.added(id, content(here))
					}
					if i == len(events) {
						break
					}
					if !muted || i > 0 {
						require.NoError(t, table.update(events[i]))
					}
				}
				table.settle()
				switch last := events[len(events)-1]; last.Kind {
				case ovsdb.KindInsert:
					stands = new(content(here))
				case ovsdb.KindModify:
					stands = new(content(there))
				}
				for _, pending := range table.pendingRows() {
					require.NotNil(t, stands)
					row := fmt.Sprintf(`{"MAC":"02:00:00:00:00:01","logical_switch":["uuid","%s"],"locator":["uuid","%s"]}`, ls, stands.locator)
					require.NoError(t, table.read(pending, []json.RawMessage{json.RawMessage(row)}))
				}
				require.Empty(t, table.pendingRows())
				got, ok := table.get(id)
				require.Equal(t, stands != nil, ok)
				if ok {
					require.Equal(t, *stands, got)
				}
			})
		}
	}
}

// However duplicates come and go, the row with the smallest UUID counts, and a table
// of nothing but duplicates is taken down in the time of its size.
func TestDuplicates(t *testing.T) {
	const macs, copies = 20, 500
	table := newMACTable()
	ls := ovsdb.UUID{9}
	var all []ovsdb.UUID
	r := rand.New(rand.NewPCG(1, 2))
	for _, i := range r.Perm(macs * copies) {
		id := ovsdb.UUID{1, byte(i >> 8), byte(i)}
		table.insert(id, macExtra{ls: ls, mac: model.MAC{2, 0, 0, 0, 0, byte(i % macs)}})
		all = append(all, id)
	}
	standing := map[model.MAC][]ovsdb.UUID{}
	for _, id := range all {
		e, ok := table.get(id)
		require.True(t, ok)
		standing[e.mac] = append(standing[e.mac], id)
	}
	for _, i := range r.Perm(len(all)) {
		e, _ := table.get(all[i])
		table.remove(all[i])
		rest := slices.DeleteFunc(standing[e.mac], func(id ovsdb.UUID) bool { return id == all[i] })
		standing[e.mac] = rest
		if row, ok := table.byLS[ls][e.mac]; len(rest) > 0 {
			require.Equal(t, slices.MinFunc(rest, compareUUID), row.uuid)
		} else {
			require.False(t, ok)
		}
	}
	require.Zero(t, table.len())
	require.Empty(t, table.further)
}

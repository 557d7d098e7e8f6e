package trail

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

func TestBeginsAndEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		all := f.events(time.Second)
		require.Equal(t, "history.begun", all[0].Type)
		require.Equal(t, "daemon.started", all[1].Type)
		require.Equal(t, true, all[1].Data["clean"])
		first, _ := f.Range()
		f.stop()

		f.run()
		again, _ := f.Range()
		require.Equal(t, first.Epoch, again.Epoch)
		all = f.events(time.Second)
		require.Equal(t, []string{"daemon.stopping", "daemon.started"}, []string{all[2].Type, all[3].Type})
		require.Equal(t, true, all[3].Data["clean"])
	})
}

// TestKilled: the file as it stands at any moment is what a process that is killed leaves.
func TestKilled(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.Happened(model.Event{Type: "a", Object: device("sw")})
		all := f.events(time.Second)
		text, err := os.ReadFile(f.path)
		require.NoError(t, err)
		f.stop()
		require.NoError(t, os.WriteFile(f.path, text, 0o600))

		f.run()
		again := f.events(time.Second)
		require.Equal(t, all, again[:len(all)])
		require.Equal(t, false, again[len(all)].Data["clean"])
		require.Contains(t, again[len(all)].Message, "not been stopped")
	})
}

func TestDamagedFileIsPutAside(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty page":  func(b []byte) []byte { return make([]byte, len(b)) },
		"garbage":     func([]byte) []byte { return []byte("no database, but long enough to be looked at\n") },
		"cut off":     func(b []byte) []byte { return b[:5*4096] },
		"other bytes": func(b []byte) []byte { return append(b[:8192:8192], make([]byte, len(b)-8192)...) },
		"one page":    func(b []byte) []byte { return b[:4096] },
		"a few bytes": func(b []byte) []byte { return b[:100] },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, f *fixture) {
				f.Happened(model.Event{Type: "a", Object: device("sw")})
				f.events(time.Second)
				f.stop()
				before, _ := f.Range()
				text, err := os.ReadFile(f.path)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(f.path, damage(text), 0o600))

				f.run()
				after, _ := f.Range()
				require.NotEqual(t, before.Epoch, after.Epoch)
				require.Equal(t, "history.begun", f.events(time.Second)[0].Type)
				aside, err := filepath.Glob(f.path + ".damaged-*")
				require.NoError(t, err)
				require.Len(t, aside, 1)
				_, err = f.Page(model.EventQuery{Epoch: before.Epoch, Limit: 1})
				require.ErrorContains(t, err, "no longer kept")
			})
		})
	}
}

// TestDamageIsFoundWhileRunning: a file that is overwritten while it is read is begun anew too.
func TestDamageIsFoundWhileRunning(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.events(time.Second)
		before, _ := f.Range()
		file, err := os.OpenFile(f.path, os.O_WRONLY, 0)
		require.NoError(t, err)
		info, err := file.Stat()
		require.NoError(t, err)
		_, err = file.WriteAt([]byte(strings.Repeat("\xa5", int(info.Size())-8192)), 8192)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		f.Happened(model.Event{Type: "a", Object: device("sw"), Message: "kept"})
		all := f.events(5 * time.Second)
		after, _ := f.Range()
		require.NotEqual(t, before.Epoch, after.Epoch)
		require.Equal(t, "history.begun", all[0].Type)
	})
}

func TestDefinitionEvents(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.audit.add(&model.AuditRecord{Action: "create", Resource: "network", ResourceID: "n1", User: "alice", RequestID: "r1",
			Before: json.RawMessage("null"), After: json.RawMessage(`{"name":"blue","project_id":"p"}`)})
		f.audit.add(&model.AuditRecord{Action: "update", Resource: "gateway_device", ResourceID: "d1", User: "bob", RequestID: "r2",
			Before: json.RawMessage(`{"site":"a","revision":3}`), After: json.RawMessage(`{"site":"b","revision":4}`)})
		for range 3 {
			f.audit.add(&model.AuditRecord{Action: "create", Resource: "remote_mac_entry", ResourceID: "m", User: "bob", RequestID: "r3",
				Before: json.RawMessage("null"), After: json.RawMessage(`{"gateway_device_id":"d1","mac_address":"02:00:00:00:00:01"}`)})
		}
		all := f.events(time.Second)
		require.Equal(t, []string{
			"definition.created: network blue created by alice",
			"definition.updated: switch d1 updated (site) by bob",
			"definition.created: switch d1: 3 remote MACs created by bob",
		}, texts(all))
		require.Equal(t, "p", all[2].Object.Project)
		require.Equal(t, float64(1), all[2].Data["revision"])
		require.Equal(t, []any{"site"}, all[3].Data["fields"])
		require.Equal(t, float64(3), all[4].Data["n"])
		f.stop()

		f.audit.add(&model.AuditRecord{Action: "delete", Resource: "network", ResourceID: "n1", Before: json.RawMessage(`{"name":"blue"}`), After: json.RawMessage("null")})
		f.run()
		require.Equal(t, "definition.deleted: network blue deleted by an unnamed user", texts(f.events(time.Second))[3], "once, and none is missing")
		require.Len(t, texts(f.all()), 4)
	})
}

// TestRevisionEvents: what is done to many objects at once has one event of its own, and several
// remote MACs of a record are one.
func TestRevisionEvents(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		created := func(name string, ends *model.Revision) *model.AuditRecord {
			return &model.AuditRecord{Action: "create", Resource: "network", ResourceID: name, User: "alice", RequestID: "r1",
				Before: json.RawMessage("null"), After: json.RawMessage(`{"name":"` + name + `"}`), Ends: ends}
		}
		apply := &model.Revision{Number: 2, First: 1, User: "alice", RequestID: "r1", Created: 2, Cause: model.Cause{Kind: model.CauseApply, Site: "dc1"}}
		back := &model.Revision{Number: 3, First: 3, User: "alice", Created: 1, Cause: model.Cause{Kind: model.CauseRollback, To: 1}}
		f.audit.add(created("n1", nil), created("n2", apply), created("n3", back), created("n4", &model.Revision{Number: 4, First: 4}),
			&model.AuditRecord{Action: "update", Resource: "remote_mac_entry", ResourceID: "d1", User: "bob", RequestID: "r5",
				Before: json.RawMessage(`{"gateway_device_id":"d1","remote_mac_entries":[{"id":"a"}]}`),
				After:  json.RawMessage(`{"gateway_device_id":"d1","remote_mac_entries":[{"id":"b"},{"id":"c"}]}`)})
		all := f.events(time.Second)
		require.Equal(t, []string{
			"definition.created: network n1 created by alice", "definition.created: network n2 created by alice",
			"site.applied: apply site dc1: 2 created, by alice",
			"definition.created: network n3 created by alice", "rolled-back: rolled back to 1: 1 created, by alice",
			"definition.created: network n4 created by alice", "definition.updated: switch d1: 3 remote MACs updated by bob",
		}, texts(all))
	})
}

func TestLevels(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.Became(phase("sw2", "IN_SYNC", ""))
		f.events(2 * time.Second)
		f.Became(phase("sw2", "UNREACHABLE", "the peer closed the connection"))
		f.events(2 * time.Second)
		f.Became(phase("sw2", "UNREACHABLE", "again"))
		for range 7 {
			f.Became(phase("sw1", "IN_SYNC", ""))
			time.Sleep(100 * time.Millisecond)
			f.Became(phase("sw1", "DEGRADED", "the table is full"))
			time.Sleep(100 * time.Millisecond)
		}
		all := f.events(5 * time.Second)
		require.Equal(t, []string{
			"device.phase: switch sw2: IN_SYNC",
			"device.phase: switch sw2: IN_SYNC -> UNREACHABLE: the peer closed the connection",
			"device.phase: switch sw1: IN_SYNC",
		}, texts(all)[:3])
		flaps, events := 0, all[5:]
		require.LessOrEqual(t, len(events), 3, "one a second")
		for _, e := range events {
			flaps += int(e.Data["flaps"].(float64))
		}
		require.Equal(t, 13, flaps)
		require.Equal(t, "DEGRADED", events[len(events)-1].Data["to"])
		require.Regexp(t, `DEGRADED \(\d+ changes\): the table is full`, events[len(events)-1].Message)
		f.stop()

		f.run()
		f.Became(phase("sw2", "UNREACHABLE", "as before"))
		require.Len(t, texts(f.events(5*time.Second)), len(texts(all)), "a restart is no change")
	})
}

// TestLevelsOfSwitchThatLosesMACs: it stands, and its last phase is remembered over a restart.
func TestLevelsOfSwitchThatLosesMACs(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		in := phase("sw2", "IN_SYNC", "")
		f.Became(in)
		f.events(2 * time.Second)
		f.audit.add(&model.AuditRecord{Action: "delete", Resource: "remote_mac_entry", ResourceID: "m", User: "bob",
			Before: json.RawMessage(`{"gateway_device_id":"` + in.Object.ID + `","id":"m","mac_address":"02:00:00:00:00:01"}`)})
		all := texts(f.events(2 * time.Second))
		f.stop()
		f.run()
		f.Became(phase("sw2", "IN_SYNC", "as before"))
		require.Equal(t, all, texts(f.events(5*time.Second)), "a restart is no change")
	})
}

// TestFirstLevelsWait: what the process sees first is an event only once it knows all.
func TestFirstLevelsWait(t *testing.T) {
	programmed := func(value string, first bool) model.Level {
		return model.Level{Type: "connection.condition", Object: model.ObjectRef{Kind: "connection", ID: "c", Name: "gw/blue"}, Aspect: "Programmed", Value: value, First: first}
	}
	inBubble(t, func(t *testing.T, f *fixture) {
		f.Became(programmed("no", true))
		f.events(2 * time.Second)
		f.Became(programmed("yes", false))
		want := []string{"connection.condition: connection gw/blue: Programmed no -> yes"}
		require.Equal(t, want, texts(f.events(2*time.Second)))
		f.stop()

		f.run()
		f.Became(programmed("no", true))
		f.events(2 * time.Second)
		f.Became(programmed("yes", false))
		require.Equal(t, want, texts(f.events(2*time.Second)), "as before the restart")
		f.stop()

		f.run()
		f.Became(programmed("no", true))
		require.Equal(t, want, texts(f.events(2*time.Second)))
		f.Settled()
		require.Equal(t, append(want, "connection.condition: connection gw/blue: Programmed yes -> no"), texts(f.events(2*time.Second)))
		require.Equal(t, "daemon.settled", f.all()[len(f.all())-2].Type)
	})
}

func TestRepeatsAreCounted(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		for range 30 {
			f.Happened(model.Event{Type: "drift.repaired", Object: device("sw1"), Message: "m", Repeats: 2, Data: map[string]any{"table": "t"}})
			time.Sleep(100 * time.Millisecond)
		}
		all := f.events(5 * time.Second)
		sum, events := 0.0, 0
		for _, e := range all {
			if e.Type == "drift.repaired" {
				sum += e.Data["n"].(float64)
				events++
				require.Equal(t, "t", e.Data["table"])
			}
		}
		require.Equal(t, 60.0, sum)
		require.LessOrEqual(t, events, 5)
	})
}

// TestNobodyWaits: reports that do not fit are counted, and never block.
func TestNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{t: t, path: filepath.Join(t.TempDir(), "history.db"), audit: newAudit()}
		f.open()
		for range maxQueued + 500 { // nobody takes them
			f.Happened(model.Event{Type: "a", Object: device("sw")})
		}
		f.begin()
		counts := map[string]int{}
		for _, e := range f.events(time.Minute) {
			counts[e.Type]++
			if e.Type == "history.dropped" {
				require.Equal(t, map[string]any{"a": 500.0}, e.Data["types"])
			}
		}
		require.Equal(t, maxQueued, counts["a"])
		require.Equal(t, 1, counts["history.dropped"])
		f.stop()
		f.Happened(model.Event{Type: "a"}) // too late, and no fault
	})
}

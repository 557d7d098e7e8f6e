package damping

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

const network = "net"

func at(seconds float64) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

func macOf(n int) model.MAC { return model.MAC{0x02, 0, 0, 0, byte(n >> 8), byte(n)} }

func ipOf(n int) model.VTEPAddress { return model.VTEPAddress{10, 0, byte(n >> 8), byte(n)} }

// conflict is a repeats with a clock: each round something is planned, and written as far
// as it is due.
type conflict struct {
	*testing.T
	repeats
	now time.Time
}

func newConflict(t *testing.T) *conflict { return &conflict{T: t, now: at(0)} }

func (h *conflict) round(ops ...vtep.Op) (written []vtep.Op, wait time.Duration) {
	h.now = h.now.Add(10 * time.Millisecond)
	due, wait := h.filter(ops, 0, h.now)
	if len(due) > 0 {
		h.written(due, nil, h.now)
	}
	return due, wait
}

// fights has the same operation planned until it is written so many times, and returns
// how long each took.
func (h *conflict) fights(times int, op vtep.Op, between ...vtep.Op) (took []time.Duration) {
	for range times {
		began := h.now
		for {
			due, wait := h.round(op)
			if len(due) > 0 {
				break
			}
			require.Positive(h, wait)
			h.now = h.now.Add(wait)
		}
		took = append(took, h.now.Sub(began).Round(time.Second))
		for _, b := range between {
			h.round(b)
		}
	}
	return took
}

func macOp(kind vtep.OpKind, i int) vtep.Op {
	op := vtep.Op{Kind: kind, LogicalSwitch: network, MAC: macOf(i)}
	if kind != vtep.DeleteMAC {
		op.Locator = vtep.Locator{Addr: ipOf(1)}
	}
	return op
}

func bindOp(kind vtep.OpKind, ls string) vtep.Op {
	return vtep.Op{Kind: kind, LogicalSwitch: ls, Detail: &vtep.Detail{Binding: vtep.Binding{Switch: "s", Port: "p", VLAN: 100, LogicalSwitch: ls}}}
}

func markOp() vtep.Op {
	mark := "ours"
	return vtep.Op{Kind: vtep.SetLogicalSwitch, LogicalSwitch: network, Detail: &vtep.Detail{Switch: &vtep.LogicalSwitchRow{Mark: &mark}}}
}

var growing = []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// A conflict is noticed whatever else is written of the network meanwhile.
func TestFightInABusyNetwork(t *testing.T) {
	for name, op := range map[string]vtep.Op{
		"binding": bindOp(vtep.Bind, network),
		"MAC":     macOp(vtep.AddMAC, 1),
		"flood":   {Kind: vtep.DeleteFlood, LogicalSwitch: network},
		"tunnel":  {Kind: vtep.EnableBFD, Detail: &vtep.Detail{Tunnel: vtep.Tunnel{Switch: "s", Remote: ipOf(1)}}},
	} {
		h := newConflict(t)
		require.Equal(t, growing, h.fights(len(growing), op, macOp(vtep.AddMAC, 2), macOp(vtep.DeleteMAC, 2)), name)
		problems := h.problems()
		require.Len(t, problems, 1, name)
		require.Equal(t, vtep.Conflict, problems[0].Reason)
		require.Contains(t, problems[0].Message, "an external writer undid 5 times: ")
		require.Equal(t, op.MAC, problems[0].MAC, name)
	}
}

// An external writer that changes a row one time and deletes it the next is in one
// conflict: we want the same each time.
func TestFightByTwoMeans(t *testing.T) {
	h := newConflict(t)
	for i := range 4 {
		h.fights(1, macOp([]vtep.OpKind{vtep.AddMAC, vtep.MoveMAC}[i%2], 1))
	}
	due, wait := h.round(macOp(vtep.AddMAC, 1))
	require.Empty(t, due)
	require.Greater(t, wait, 3*time.Second)
}

// Users and hosts may come and go as often as they like.
func TestToAndFroIsNoFight(t *testing.T) {
	h := newConflict(t)
	down := []vtep.Op{bindOp(vtep.Unbind, network), {Kind: vtep.ClearMACs, LogicalSwitch: network}, {Kind: vtep.DeleteLogicalSwitch, LogicalSwitch: network}}
	for range 10 {
		for _, ops := range [][]vtep.Op{
			{bindOp(vtep.Bind, network)}, {bindOp(vtep.Rebind, "other")}, {bindOp(vtep.Rebind, network)}, {bindOp(vtep.Unbind, network)},
			{macOp(vtep.AddMAC, 1)}, {macOp(vtep.DeleteMAC, 1)}, {macOp(vtep.AddMAC, 2), markOp()}, down,
		} {
			due, wait := h.round(ops...)
			require.Equal(t, ops, due)
			require.Zero(t, wait)
		}
	}
	require.Empty(t, h.problems())
}

// What waits to be written again and is not wanted any more is no problem.
func TestFightEndsWithTheWish(t *testing.T) {
	h := newConflict(t)
	op := bindOp(vtep.Bind, network)
	h.fights(7, op)
	h.round(op)
	require.Len(t, h.problems(), 1)
	h.round()
	require.Empty(t, h.problems())
	require.Equal(t, growing[:3], h.fights(3, op), "it begins anew")
}

// The first of several operations on one thing decides for all.
func TestFightOverSeveralRows(t *testing.T) {
	h := newConflict(t)
	ops := []vtep.Op{macOp(vtep.MoveMAC, 1), macOp(vtep.DeleteMAC, 1)}
	for range 2 {
		due, _ := h.round(ops...)
		require.Equal(t, ops, due)
	}
	due, wait := h.round(ops...)
	require.Empty(t, due)
	require.Positive(t, wait)
}

// A mark is set twice, also where much else happens.
func TestMarkIsLeftToAnother(t *testing.T) {
	h := newConflict(t)
	for i := range 10 {
		due, wait := h.round(markOp(), macOp(vtep.AddMAC, 10+i))
		require.Len(t, due, map[bool]int{true: 2, false: 1}[i < maxMarks])
		require.Zero(t, wait)
		h.now = h.now.Add(time.Minute)
	}
	require.Empty(t, h.problems())
}

// What the switch refused was not written.
func TestRefusedIsNotRepeated(t *testing.T) {
	h := newConflict(t)
	add := vtep.Op{Kind: vtep.AddLogicalSwitch, LogicalSwitch: network, Detail: &vtep.Detail{Switch: &vtep.LogicalSwitchRow{}}}
	ops := []vtep.Op{add, macOp(vtep.AddMAC, 1), bindOp(vtep.Bind, network)}
	for range 5 {
		due, wait := h.filter(ops, 0, h.now)
		require.Equal(t, ops, due)
		require.Zero(t, wait)
		h.written(due, []vtep.Rejection{{Op: add}}, h.now)
	}
}

// A conflict over logical switches delays no MAC of others in a large plan, and what
// is on a logical switch that waits to be made again waits with it, uncounted.
func TestFightOverLogicalSwitches(t *testing.T) {
	h := newConflict(t)
	add := vtep.Op{Kind: vtep.AddLogicalSwitch, LogicalSwitch: network, Detail: &vtep.Detail{Switch: &vtep.LogicalSwitchRow{}}}
	h.fights(4, add)
	late := macOp(vtep.AddMAC, 7)
	due, wait := h.round(add, late, bindOp(vtep.Bind, network), bindOp(vtep.Bind, "other"))
	require.Equal(t, []vtep.Op{bindOp(vtep.Bind, "other")}, due)
	require.Positive(t, wait)
	require.Nil(t, h.of[KeyOf(&late)])
	ops := []vtep.Op{add}
	for i := range 2 * maxWatched {
		op := macOp(vtep.AddMAC, i)
		op.LogicalSwitch = "other"
		ops = append(ops, op)
	}
	due, _ = h.round(ops...)
	require.Equal(t, ops[1:], due, "the MACs of others, not what waits")
}

// Bindings are watched also in a plan of thousands of MACs.
func TestFightOverManyBindings(t *testing.T) {
	h := newConflict(t)
	bind := func(round int) []vtep.Op {
		var ops []vtep.Op
		for i := range 2 * maxWatched {
			ops = append(ops, macOp(vtep.AddMAC, round*2*maxWatched+i))
		}
		return append(ops, bindOp(vtep.Bind, network))
	}
	for i := range 3 {
		due, _ := h.round(bind(i)...)
		require.Len(t, due, 2*maxWatched+map[bool]int{true: 1}[i < 2])
	}
}

// However much is written, what is remembered is bounded, and a conflict is noticed.
func TestFightAmongMany(t *testing.T) {
	h := newConflict(t)
	op := bindOp(vtep.Bind, network)
	for i := range 100 {
		ops := make([]vtep.Op, maxWatched)
		for j := range ops {
			ops[j] = macOp(vtep.AddMAC, i*maxWatched+j)
		}
		h.round(ops...)
		require.LessOrEqual(t, len(h.of), 11*maxWatched)
		if i > 93 {
			h.fights(1, op)
		}
	}
	require.Len(t, h.problems(), 1)
}

// An external writer that undoes thousands of rows at once is damped, too. What is
// planned beside it does not wait for it.
func TestFightOverMany(t *testing.T) {
	h := newConflict(t)
	ops := make([]vtep.Op, 3*maxWatched)
	for i := range ops {
		ops[i] = macOp(vtep.AddMAC, i)
	}
	for range 2 {
		due, _ := h.round(ops...)
		require.Len(t, due, len(ops))
	}
	due, wait := h.round(ops...)
	require.Empty(t, due)
	require.Positive(t, wait)
	problems := h.problems()
	require.Len(t, problems, 1)
	require.Contains(t, problems[0].Message, ", and 99 more")
	require.Zero(t, problems[0].MAC, "it is about no MAC alone")
	due, _ = h.round(append(ops[:10], bindOp(vtep.Bind, network))...)
	require.Equal(t, []vtep.Op{bindOp(vtep.Bind, network)}, due)
	for i := range ops {
		ops[i] = macOp(vtep.AddMAC, len(ops)+i)
	}
	due, _ = h.round(append(ops, macOp(vtep.AddMAC, 1))...)
	require.Len(t, due, len(ops)+1, "what waits is not among those that are watched")
}

func BenchmarkRepeats(b *testing.B) {
	ops := make([]vtep.Op, maxWatched)
	for i := range ops {
		ops[i] = macOp(vtep.AddMAC, i)
	}
	now := at(0)
	for b.Loop() {
		var r repeats
		for range 3 {
			due, _ := r.filter(ops, 0, now)
			r.written(due, nil, now)
			now = now.Add(time.Minute)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*3*maxWatched), "ns/op-noted")
}

// TestNewIPIsNoConflict: a source that gives a MAC another IP address has something new
// written. Nobody has undone anything: each is due at once, and no conflict is shown. An
// external writer that takes the address away again is one.
func TestNewIPIsNoConflict(t *testing.T) {
	h := newConflict(t)
	op := vtep.Op{Kind: vtep.MoveMAC, LogicalSwitch: network, MAC: macOf(1), Locator: vtep.Locator{Addr: ipOf(2)}}
	for i := range 8 {
		op.IP = model.IPv4{10, 9, 0, byte(1 + i)}
		due, wait := h.round(op)
		require.Len(t, due, 1, "address %d of the MAC has to wait %s", i, wait)
	}
	require.Empty(t, h.problems())
	h.round(op)
	due, wait := h.round(op)
	require.Empty(t, due)
	require.Positive(t, wait)
}

package reconcile

import (
	"container/heap"
	"time"
)

// deadlines are the times at which stations are to be looked at. A station may
// be in it more often than it has to.
type deadlines struct{ heap deadlineHeap }

type deadline struct {
	at time.Time
	id stationID
}

func (d *deadlines) add(at time.Time, id stationID) { heap.Push(&d.heap, deadline{at, id}) }

// due takes out the stations whose time has come.
func (d *deadlines) due(now time.Time) (out []stationID) {
	for len(d.heap) > 0 && !d.heap[0].at.After(now) {
		out = append(out, heap.Pop(&d.heap).(deadline).id)
	}
	return out
}

// next is the earliest time; zero for none.
func (d *deadlines) next() time.Time {
	if len(d.heap) == 0 {
		return time.Time{}
	}
	return d.heap[0].at
}

// deadlineHeap implements heap.Interface.
type deadlineHeap []deadline

func (h deadlineHeap) Len() int           { return len(h) }
func (h deadlineHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h deadlineHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *deadlineHeap) Push(x any)        { *h = append(*h, x.(deadline)) }
func (h *deadlineHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

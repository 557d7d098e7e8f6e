package mactable

import (
	"container/heap"
)

// deadlines are the times at which MACs are to be looked at. A MAC may
// be in it more often than it has to.
type deadlines struct{ heap deadlineHeap }

type deadline struct {
	at Instant
	id Key
}

func (d *deadlines) add(at Instant, id Key) { heap.Push(&d.heap, deadline{at, id}) }

// due takes out the MACs whose time has come.
func (d *deadlines) due(now Instant) (out []Key) {
	for len(d.heap) > 0 && d.heap[0].at <= now {
		out = append(out, heap.Pop(&d.heap).(deadline).id)
	}
	return out
}

// next is the earliest time; zero for none.
func (d *deadlines) next() Instant {
	if len(d.heap) == 0 {
		return 0
	}
	return d.heap[0].at
}

// deadlineHeap implements heap.Interface.
type deadlineHeap []deadline

func (h deadlineHeap) Len() int           { return len(h) }
func (h deadlineHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h deadlineHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *deadlineHeap) Push(x any)        { *h = append(*h, x.(deadline)) }
func (h *deadlineHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

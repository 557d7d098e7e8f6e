package damping

import (
	"cmp"
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// problemOfAll describes the entry that was undone most often, and how many more
// there are. Of several entries it names no MAC: it may be about any.
func problemOfAll(list []*repeat) vtep.Problem {
	worst := slices.MinFunc(list, func(a, b *repeat) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.op.String(), b.op.String()))
	})
	more := ""
	if n := len(list) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	p := problemOf(worst.op, vtep.AwaitingSwitch, fmt.Sprintf("an external writer undid %d times, to be written again: %s%s", worst.count, shown(worst.op), more))
	if worst.count > conflictAfter {
		p = problemOf(worst.op, vtep.Conflict, fmt.Sprintf("an external writer undid %d times: %s%s", worst.count-1, shown(worst.op), more))
	}
	if len(list) > 1 {
		p.MAC = model.MAC{}
	}
	return p
}

// maxShown bounds how much of an operation a text shows, in bytes: a flood list may have
// thousands of members.
const maxShown = 512

// shown is an operation as a text shows it.
func shown(op *vtep.Op) string { return model.Clip(op.String(), maxShown) }

// problemOf is a Problem about one operation.
func problemOf(op *vtep.Op, reason vtep.Reason, message string) vtep.Problem {
	p := vtep.Problem{Reason: reason, LogicalSwitch: op.LogicalSwitch, Message: message}
	switch op.Kind {
	case vtep.AddMAC, vtep.MoveMAC, vtep.DeleteMAC:
		p.MAC = op.MAC
	}
	if op.Detail != nil && op.Detail.Binding != (vtep.Binding{}) {
		p.Binding = &op.Detail.Binding
	}
	return p
}

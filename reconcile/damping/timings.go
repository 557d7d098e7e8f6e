package damping

import "time"

// All times and bounds of this package. docs/faults.md quotes them, and a test
// compares the two.
const (
	// firstRetry and maxRetry bound the backoff of an operation that the switch refused.
	firstRetry = 100 * time.Millisecond
	maxRetry   = 30 * time.Second
	// retryEach is how much longer MACs wait for each operation that is held back: a
	// switch without room for thousands is not kept busy refusing them one by one.
	retryEach = 50 * time.Millisecond

	// firstRepeat and maxRepeat bound the wait before something is written again that
	// an external writer undid. The first time there is no wait.
	firstRepeat = time.Second
	maxRepeat   = 5 * time.Minute
	// repeatWindow is how long a write is remembered.
	repeatWindow = 10 * time.Minute
	// conflictAfter repetitions within the window are a conflict.
	conflictAfter = 5
	// maxMarks is how often our mark is set on a logical switch that another controller
	// marks too.
	maxMarks = 2

	// firstPause and maxPause bound the pause between plans that get nowhere.
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
	// samePause is the least pause before the same operations are planned again: a
	// survey then finds whether the switch has the rows that it does not show. To insert
	// a row that it has would make two.
	samePause = 2 * time.Second
	// freePlans may follow each other at once: the outcome of one may ask for another.
	freePlans = 2
)

// Bounds of what is remembered.
const (
	// maxWatched bounds the operations of a plan that are watched one by one. A larger
	// plan is most likely for an empty switch: all but MACs are watched, up to this
	// number, and sampleMACs of the MACs stand for the others.
	maxWatched = 1000
	sampleMACs = 100
	// maxProblems is enough to see what is wrong with a switch that refuses everything.
	maxProblems = 100
)

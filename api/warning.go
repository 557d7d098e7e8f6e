package api

import (
	"fmt"
	"net/http"
	"strconv"
)

// A request may be carried out and yet most likely be a mistake: a switch's name
// is misspelled, a VNI is used by nobody. The answer then has a Warning header
// for each remark (RFC 7234 section 5.5, code 299): our command line prints
// them, and other clients go on as if there were none.

// Texts of the warnings.
const (
	warnNameTaken  = "%s %s has the same name %q: commands need the id"
	warnNoSwitch   = "switch %s is not known: no device that has been read has a switch of that name, and no device is called so; connections to it are refused, or wait while a device has not been read yet"
	warnNoPort     = "switch %s has no port %s: connections to the gateway are refused, unless provision_ahead (--allow-missing-ports) is set"
	warnNoVNI      = "VNI %s is used by no network and no border connection: the entry has no effect until one uses it"
	warnKeyIgnored = "key %q of a device or interface is not known and ignored"
	warnPreempt    = "preempt has no effect: it needs ha_mode active-passive"
	noteIdleMACs   = "remote MACs of VNI %s have no effect: it is used by no network and no border connection"
	warnEnded      = "%s of network %s may still be in use on %s: another network that gets it is then joined to that one there"
	warnNoStitch   = "stitch_ports have no effect: they need border_mode stitch"
	warnTunnelIP   = "tunnel_ips have no effect: switch %s shows %s, and that is used"
)

const (
	// maxWarnings bounds the remarks that are looked for.
	maxWarnings = 20
	// maxWarning bounds a header, and maxWarningBytes all of an answer: proxies give
	// up on long ones (nginx at 4 kB).
	maxWarning      = 512
	maxWarningBytes = 3 << 10
)

// warnings are the remarks on one request that is carried out.
type warnings []string

func (w *warnings) add(format string, args ...any) { *w = append(*w, fmt.Sprintf(format, args...)) }

// full: no more are looked for.
func (w *warnings) full() bool { return len(*w) >= maxWarnings }

// send writes the headers once, as many as there is room for.
func (w *warnings) send(h http.Header) {
	room := maxWarningBytes
	defer func() { *w = nil }()
	for _, text := range *w {
		value := "299 - " + quoted(text)
		if room -= len("Warning: \r\n") + len(value); room < 0 {
			return
		}
		h.Add("Warning", value)
	}
}

// quoted is a text in ASCII with quotes; a long one loses its end.
func quoted(text string) string {
	q := strconv.QuoteToASCII(text)
	for rest := []rune(text); len(q) > maxWarning; q = strconv.QuoteToASCII(string(rest) + " ...") {
		rest = rest[:len(rest)*9/10]
	}
	return q
}

package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bordergw/model"
	"bordergw/site"
)

const (
	// maxPasts bounds the requests at a time that read a long way back: each decodes up to the whole audit.
	maxPasts = 2
	// maxPreviews bounds the plans at a time that look at what would be written to switches: each may copy what
	// many of these hold.
	maxPreviews = 2
	// pastTime is how long one more waits for its turn.
	pastTime = 2 * time.Second
)

// goBack has a request read a long way back when it is its turn. The function that it returns ends that.
func goBack(c *call) (end func(), err error) { return turn(c, c.pasts, "requests read the history") }

// back has a list be read, which goes a long way back, when it is its turn.
func (i items) back(c *call) items {
	return func(yield func(any, error) bool) {
		end, err := goBack(c)
		if err != nil {
			yield(nil, err)
			return
		}
		defer end()
		i(yield)
	}
}

// check looks at what a plan would have written to switches, when it is its turn.
func check(c *call, p *site.Plan, now, next *model.Definitions, allow []string) error {
	end, err := turn(c, c.previews, "plans are being made")
	if err != nil {
		return err
	}
	defer end()
	return p.Check(now, next, c.cfg.Status, allow)
}

// turn waits for one of a few slots, and returns what gives it back. What says what those do that have them.
func turn(c *call, slots chan struct{}, what string) (end func(), err error) {
	late := time.NewTimer(pastTime)
	defer late.Stop()
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-c.r.Context().Done():
		return nil, c.r.Context().Err()
	case <-late.C:
		return nil, &httpError{status: http.StatusServiceUnavailable, typ: "ServiceUnavailable", header: [2]string{"Retry-After", "5"},
			message: fmt.Sprintf("%d %s, and there may be no more. Try again in 5 seconds.", cap(slots), what)}
	}
}

// definitionsThen gives what definitions were at a revision.
func definitionsThen(c *call, n uint64) (*model.Past, error) {
	end, err := goBack(c)
	if err != nil {
		return nil, err
	}
	defer end()
	return c.cfg.Store.At(c.r.Context(), n)
}

// readWhen reads the times, and the user, that a list is of.
func readWhen(q url.Values) (w model.When, err error) {
	w.User = q.Get("user")
	for key, into := range map[string]*time.Time{"since": &w.Since, "until": &w.Until} {
		if text := q.Get(key); text != "" {
			if *into, err = time.Parse(time.RFC3339, text); err != nil {
				return w, badInput(key, "'%s' is not a time such as 2026-11-29T00:47:02Z.", printed(text))
			}
		}
	}
	return w, nil
}

// whenParameters describe them.
func whenParameters() []schema {
	return []schema{query("since", "time; only what is not older", plainText()), query("until", "time; only what is older", plainText()),
		query("user", "only what this user did", plainText())}
}

// revisionMarker is where a list of revisions goes on: before a number, and what was found of the object
// that is asked for.
type revisionMarker struct {
	Before uint64   `json:"b"`
	Found  []string `json:"f"`
}

// opaqueMarker begins a marker that is more than a number.
const opaqueMarker = "r"

func markerAfter(r *model.Revision, f model.RevisionFilter) string {
	if f.Kind == "" || r.Found == nil {
		return strconv.FormatUint(r.Number, 10)
	}
	text, _ := json.Marshal(revisionMarker{r.Number, r.Found}) // always encodes
	return opaqueMarker + base64.RawURLEncoding.EncodeToString(text)
}

// readMarker takes a number too: a list goes on before that.
func readMarker(marker string, f *model.RevisionFilter) error {
	m := revisionMarker{}
	var err error
	if opaque, is := strings.CutPrefix(marker, opaqueMarker); is {
		var text []byte
		if text, err = base64.RawURLEncoding.DecodeString(opaque); err == nil {
			err = json.Unmarshal(text, &m)
		}
	} else {
		m.Before, err = strconv.ParseUint(marker, 10, 64)
	}
	if err != nil || m.Before == 0 {
		return badInput("marker", "'%s' is not the number of a revision, and not the next of a page.", printed(marker))
	}
	f.Before, f.Found = m.Before, m.Found
	return nil
}

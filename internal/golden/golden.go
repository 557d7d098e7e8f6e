package golden

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Exchange is one recorded request and the answer of Neutron 17.2.1 with
// networking-l2gw 17.0.1.
type Exchange struct {
	ID, Group, Method, Path, Who string
	Nets                         int
	Ctype                        *string
	Headers                      map[string]string
	Body                         *string
	Capture                      map[string]string
	Needs                        []string
	Status                       int
	Resp                         string
}

// Read reads a file of exchanges, one a line.
func Read(path string) (xs []Exchange, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var x Exchange
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, len(xs)+1, err)
		}
		xs = append(xs, x)
	}
	if len(xs) == 0 {
		err = errors.New(path + " is empty")
	}
	return xs, errors.Join(err, lines.Err())
}

// Request is what to send.
type Request struct {
	Method, Path, Body string
	Header             http.Header
}

// Answer is what came back.
type Answer struct {
	Status int
	Text   string
}

// Player plays one group's exchanges, in their order, against a server that starts
// without gateways.
type Player struct {
	// Vars are what paths, bodies and answers name: ${base} and the networks ${net1}, ${net2} ….
	// Play adds what exchanges capture.
	Vars map[string]string
	Send func(Request) (Answer, error)
}

// Play sends the request and says how the answer differs.
func (p *Player) Play(x Exchange) error {
	a, err := p.Send(p.request(x))
	if err != nil {
		return err
	}
	for name, path := range x.Capture {
		p.Vars[name] = member(a.Text, path)
	}
	return p.compare(x, a)
}

func (p *Player) request(x Exchange) Request {
	header := identity(x.Who)
	if x.Ctype != nil {
		header.Set("Content-Type", *x.Ctype)
	}
	for k, v := range x.Headers {
		header.Set(k, v)
	}
	body := ""
	if x.Body != nil {
		// The recording keeps a byte that is not UTF-8 as a lone surrogate.
		body = strings.ReplaceAll(*x.Body, "\ufffd", "\xff")
	}
	return Request{x.Method, p.fill(x.Path), p.fill(body), header}
}

// identity are the headers of one of the two persons that exchanges know.
func identity(who string) http.Header {
	project, roles := map[string]string{"admin": "rig-project", "member": "rig-member"}[who], "member,reader"
	if project == "" {
		return http.Header{}
	}
	if who == "admin" {
		roles = "admin," + roles
	}
	return http.Header{"X-User-Id": {who}, "X-Project-Id": {project}, "X-Roles": {roles}}
}

func (p *Player) fill(s string) string {
	for name, value := range p.Vars {
		s = strings.ReplaceAll(s, "${"+name+"}", value)
	}
	return s
}

// member is the text at a dotted path, or "".
func member(body, path string) string {
	var v any
	_ = json.Unmarshal([]byte(body), &v) // what is no JSON has no member
	for _, key := range strings.Split(path, ".") {
		object, _ := v.(map[string]any)
		v = object[key]
	}
	text, _ := v.(string)
	return text
}

func (p *Player) compare(x Exchange, a Answer) error {
	if x.Status == http.StatusInternalServerError {
		return compareServerError(x, a)
	}
	if a.Status != x.Status {
		return fmt.Errorf("status %d, upstream %d: %s", a.Status, x.Status, a.Text)
	}
	if x.Method == http.MethodHead {
		return nil
	}
	got, want := p.normal(a.Text), p.normal(p.fill(x.Resp))
	if got != want {
		return fmt.Errorf("got\n%s\nupstream\n%s", got, want)
	}
	return nil
}

// compareServerError accepts any 4xx where upstream fails on a client's
// mistake, with upstream's type unless that is the generic one.
func compareServerError(x Exchange, a Answer) error {
	want, got := member(x.Resp, "NeutronError.type"), member(a.Text, "NeutronError.type")
	if a.Status < 400 || a.Status > 499 || want != "HTTPInternalServerError" && got != want {
		return fmt.Errorf("status %d: %s", a.Status, a.Text)
	}
	return nil
}

var (
	uuids   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	portRow = regexp.MustCompile(`uuid=[0-9a-f-]+`)
	extra   = []string{"project_id", "status", "status_detail", "conditions", "observed_revision", "ha_mode", "preempt"}
)

// normal prints a body with unnamed ids, lists sorted and our own keys left out.
func (p *Player) normal(body string) string {
	names := map[string]string{}
	for name, value := range p.Vars {
		names[value] = name
	}
	// The port's row upstream, the other connection here.
	body = portRow.ReplaceAllString(body, "uuid=*")
	body = uuids.ReplaceAllStringFunc(body, func(id string) string { return "id:" + names[id] })
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		return body
	}
	return canonical(v)
}

func canonical(v any) string {
	switch x := v.(type) {
	case []any:
		items := []string{}
		for _, item := range x {
			items = append(items, canonical(item))
		}
		slices.Sort(items)
		return "[" + strings.Join(items, ",") + "]"
	case map[string]any:
		items := []string{}
		for key, value := range x {
			if !slices.Contains(extra, key) {
				items = append(items, key+"="+canonical(value))
			}
		}
		slices.Sort(items)
		return "{" + strings.Join(items, ",") + "}"
	}
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(v)
	return strings.TrimSpace(b.String())
}

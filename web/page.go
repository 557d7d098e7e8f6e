package web

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"bordergw/model"
)

// page is one page for one request.
type page struct {
	*caller
	// Name is that of the template, and <body data-page>.
	Name, Title string
	// Section is the part of the navigation that the page belongs to.
	Section string
	// Live: the page is fetched again when something happens. Events are the types of events that matter to it.
	Live   bool
	Events string
	// View is what the template shows.
	View any

	// q is the address's query, known the names of objects by path.
	q     url.Values
	known map[string]string
}

// maker fills in a page, or says why there is none.
type maker func(*page) error

// pages are all that need no more than the API.
var pages = map[string]maker{
	"GET /ui/{$}":              overviewPage,
	"GET /ui/search":           searchPage,
	"GET /ui/switches":         switchesPage,
	"GET /ui/switches/{id}":    switchPage,
	"GET /ui/networks":         networksPage,
	"GET /ui/networks/{id}":    networkPage,
	"GET /ui/connections":      connectionsPage,
	"GET /ui/connections/{id}": connectionPage,
	"GET /ui/macs":             macsPage,
	"GET /ui/macs/{mac}":       macPage,
	"GET /ui/trace":            tracePage,
	"GET /ui/events":           eventsPage,
	"GET /ui/plan":             planPage,
	"POST /ui/plan":            planPage,
	"GET /ui/revisions":        revisionsPage,
	"GET /ui/revisions/{n}":    revisionPage,
	"GET /ui/help":             helpPage,
	"GET /ui/{unknown...}":     unknownPage,
}

// definitionEvents are the types of events after which a page of definitions or statuses is out of date.
const definitionEvents = "definition.*,device.*,connection.*,drift.*,conflict,certificate.*,daemon.*,site.applied,rolled-back,mac.frozen,mac.thawed"

// show answers with a page, with its main part alone for a page that is fetched again, or with an error as a page.
func (s *Server) show(w http.ResponseWriter, r *http.Request, fill maker) {
	p := &page{caller: &caller{api: s.cfg.API, r: r}, q: r.URL.Query(), known: map[string]string{}, Events: definitionEvents}
	p.token, _ = s.sessions.token(r)
	status := http.StatusOK
	if err := fill(p); err != nil {
		var moved *elsewhere
		if errors.As(err, &moved) {
			http.Redirect(w, r, moved.address, http.StatusSeeOther)
			return
		}
		status = statusOf(err)
		if status == http.StatusUnauthorized && s.cfg.Login {
			s.sendToLogin(w, r)
			return
		}
		if status == http.StatusInternalServerError && r.Context().Err() == nil {
			s.cfg.Log.WithField("page", r.URL.Path).WithField("err", err).Error("a page can not be shown")
		}
		p = failed(err)
	}
	s.render(w, r, p, status)
}

// sendToLogin sends a browser to the page that asks for a token, and a script away.
func (s *Server) sendToLogin(w http.ResponseWriter, r *http.Request) {
	if isFragment(r) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	next := "/ui/"
	if r.Method == http.MethodGet {
		next = r.URL.RequestURI()
	}
	http.Redirect(w, r, "/ui/login?next="+url.QueryEscape(next), http.StatusSeeOther)
}

// elsewhere is no error: another page has what is asked for.
type elsewhere struct{ address string }

func (e *elsewhere) Error() string { return "see " + e.address }

// failed is the page of an error.
func failed(err error) *page {
	e := &apiError{Status: http.StatusInternalServerError, Message: "The page can not be shown. The log says why."}
	errors.As(err, &e)
	return &page{Name: "error", Title: http.StatusText(e.Status), View: e}
}

func isFragment(r *http.Request) bool { return r.Header.Get("X-Fragment") == "main" }

// frame is what surrounds a page.
type frame struct {
	*page
	Server *Config
	// LoggedIn: the page belongs to a session, which can be ended.
	LoggedIn bool
	Assets   string
	Sections []section
}

// section is a part of the navigation, with the key that leads there after g.
type section struct{ Name, Path, Key string }

var sections = []section{
	{"Overview", "/ui/", "o"}, {"Switches", "/ui/switches", "s"}, {"Networks", "/ui/networks", "n"}, {"Connections", "/ui/connections", "c"},
	{"MACs", "/ui/macs", "m"}, {"Trace", "/ui/trace", "t"}, {"Events", "/ui/events", "e"}, {"Plan", "/ui/plan", "p"}, {"Revisions", "/ui/revisions", "r"},
}

// render sends a page as a whole or in part. It is made before anything is sent.
func (s *Server) render(w http.ResponseWriter, r *http.Request, p *page, status int) {
	_, loggedIn := s.sessions.token(r)
	part := "page"
	if isFragment(r) {
		part = "main"
	}
	var out bytes.Buffer
	if err := s.sheets[p.Name].ExecuteTemplate(&out, part, frame{p, &s.cfg, loggedIn && s.cfg.Login, s.assets, sections}); err != nil {
		s.cfg.Log.WithField("page", p.Name).WithField("err", err).Error("a page can not be made")
		http.Error(w, "The page can not be shown. The log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write(out.Bytes()); err != nil {
		s.cfg.Log.WithField("err", err).Debug("page not delivered")
	}
}

// about gives a page its name, title and section.
func (p *page) about(name, title, section string) {
	p.Name, p.Title, p.Section = name, title, section
}

// pageSize is how many rows a list has, and maxPage how many may be asked for.
const (
	pageSize = 100
	maxPage  = 500
)

// limit is how many rows the address asks for.
func (p *page) limit() int {
	n, err := strconv.Atoi(p.q.Get("limit"))
	if err != nil || n < 1 {
		return pageSize
	}
	return min(n, maxPage)
}

// listQuery is what a list of the API is asked for: the page of the address, and some of its parameters.
func (p *page) listQuery(parameters ...string) url.Values {
	out := url.Values{"limit": {strconv.Itoa(p.limit())}}
	for _, name := range append(parameters, "marker") {
		if v := p.q.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

// with is the page's own address with some parameters changed; "" takes one away.
func (p *page) with(pairs ...string) string {
	q := url.Values{}
	for k, v := range p.q {
		q[k] = slices.Clone(v)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return p.r.URL.EscapedPath()
	}
	return p.r.URL.EscapedPath() + "?" + q.Encode()
}

// apiPath is that of an object of the API.
func apiPath(parts ...string) string {
	out := ""
	for _, part := range parts {
		out += "/" + url.PathEscape(part)
	}
	return out
}

// name is what people call an object, by the plural of its kind and its id: its id if it has no name, or is not there.
func (p *page) name(plural, id string) string {
	if id == "" {
		return ""
	}
	at := apiPath("v2.0", plural, id)
	if plural == "gateway_devices" {
		at = apiPath("v2.0", "gw", plural, id)
	}
	if name, ok := p.known[at]; ok {
		return name
	}
	var found map[string]struct{ Name string }
	name := id
	if err := p.get(at, url.Values{"fields": {"name"}}, &found); err == nil {
		for _, object := range found {
			if object.Name != "" {
				name = object.Name
			}
		}
	}
	p.known[at] = name
	return name
}

// condition is the one of a type, nil if there is none.
func condition(cs []model.Condition, typ string) *model.Condition {
	return model.FindCondition(cs, typ)
}

func unknownPage(p *page) error {
	return &apiError{Status: http.StatusNotFound, Message: "There is no page " + p.r.URL.Path + "."}
}

func helpPage(p *page) error {
	p.about("help", "Help", "")
	p.View = sections
	return nil
}

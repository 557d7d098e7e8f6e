package api

import (
	"net/http"
	"net/url"
	"strings"
)

// requestURL is the URL of a request, and of others that answers link to.
type requestURL struct{ r *http.Request }

// query reads the request's query as upstream does: only '&' separates, and what
// is no escape stands for itself. net/url drops such a pair, and a list without
// its filter is everything.
func (u requestURL) query() url.Values {
	q := url.Values{}
	for pair := range strings.SplitSeq(u.r.URL.RawQuery, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			q.Add(unescapeQuery(name), unescapeQuery(value))
		}
	}
	return q
}

func unescapeQuery(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// base is the URL that the client used to reach us. TLS ends in a proxy, and
// clients go on where the links of "/" point to. Who sends the header himself
// misleads only himself.
func (u requestURL) base() string {
	scheme := "http://"
	if u.r.TLS != nil || strings.EqualFold(u.r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https://"
	}
	return scheme + u.r.Host
}

func (u requestURL) self(path string) []link {
	return []link{{Rel: "self", Href: u.base() + path}}
}

// links are the neighbours of a page. As in Neutron a full page has a next one
// even if nothing follows.
func (u requestURL) links(p page, q url.Values, shown shownPage) []link {
	out := []link{}
	short := shown.length < p.limit
	if !short || p.reverse {
		out = append(out, link{"next", u.pageURL(q, shown.last, false)})
	}
	if !short || !p.reverse {
		out = append(out, link{"previous", u.pageURL(q, shown.first, true)})
	}
	return out
}

// pageURL repeats the request with another marker.
func (u requestURL) pageURL(q url.Values, marker string, reverse bool) string {
	next := url.Values{}
	for k, v := range q {
		next[k] = v
	}
	next.Del("marker")
	next.Del("page_reverse")
	if marker != "" {
		next.Set("marker", marker)
	}
	if reverse {
		next.Set("page_reverse", "True")
	}
	return u.base() + u.r.URL.EscapedPath() + "?" + next.Encode()
}

package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIfMatch: If-Match is a list of entity tags on one line or several, and one of them is
// enough; a weak one never matches (RFC 9110, section 13.1.1).
func TestIfMatch(t *testing.T) {
	s := fed(t)
	body := `{"endpoints":[{"vtep_address":"10.0.0.1","macs":[]}]}`
	tag := s.do("PUT", onSource, body).header.Get("ETag")
	for name, c := range map[string]struct {
		lines []string
		want  int
	}{
		"none":             {nil, http.StatusOK},
		"any":              {[]string{"*"}, http.StatusOK},
		"the tag":          {[]string{tag}, http.StatusOK},
		"last of a list":   {[]string{`"x", "a,b" ,` + tag + ", "}, http.StatusOK},
		"on a second line": {[]string{`"x"`, tag}, http.StatusOK},
		"beside a weak":    {[]string{`W/"x",` + tag}, http.StatusOK},
		"weak":             {[]string{"W/" + tag}, http.StatusPreconditionFailed},
		"others":           {[]string{`"x", "y"`}, http.StatusPreconditionFailed},
		"an empty line":    {[]string{""}, http.StatusPreconditionFailed},
		"no quotes":        {[]string{tag[1 : len(tag)-1]}, http.StatusBadRequest},
		"not closed":       {[]string{tag[:len(tag)-1]}, http.StatusBadRequest},
		"no comma":         {[]string{tag + tag}, http.StatusBadRequest},
		"any and more":     {[]string{"*, " + tag}, http.StatusBadRequest},
	} {
		s.header["If-Match"] = c.lines
		if c.lines == nil {
			s.header.Del("If-Match")
		}
		for _, a := range []answer{s.do("PUT", onSource, body), s.do("DELETE", "/v1/networks/net/endpoints/none", "")} {
			if a.status == http.StatusNoContent || c.want == http.StatusOK && a.status == http.StatusPreconditionFailed {
				continue // it has another tag, that of an empty set
			}
			require.Equal(t, c.want, a.status, "%s: %s", name, a.text)
		}
	}
}

// TestETagOfAnEmptySet: what a PUT answers as ETag is what GET answers then; with it the next
// PUT is accepted. A set without end points is in no site.
func TestETagOfAnEmptySet(t *testing.T) {
	s := fed(t)
	put := s.do("PUT", onSource, `{"site":"east","endpoints":[]}`)
	require.Equal(t, http.StatusOK, put.status, put.text)
	get := s.do("GET", onSource, "")
	require.JSONEq(t, `{"endpoints":[]}`, get.text)
	require.Equal(t, put.header.Get("ETag"), get.header.Get("ETag"))
	s.header.Set("If-Match", put.header.Get("ETag"))
	next := s.do("PUT", onSource, `{"site":"east","endpoints":[{"vtep_address":"10.0.0.1","macs":[]}]}`)
	require.Equal(t, http.StatusOK, next.status, next.text)
}

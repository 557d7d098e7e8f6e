package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTags: Neutron's calls for the tags of a network are answered: there is no tag. A
// request for one is refused, and the refusal says why.
func TestTags(t *testing.T) {
	s := newService(t)
	tags := "/v2.0/networks/" + s.network("net") + "/tags"
	require.JSONEq(t, `{"tags":[]}`, s.do("GET", tags, "").text)
	require.JSONEq(t, `{"tags":[]}`, s.do("PUT", tags, `{"tags":[]}`).text)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", tags, "").status)
	const refused = "Invalid input for tags. Reason: tags are not stored."
	s.do("PUT", tags, `{"tags":["red"]}`).refused(http.StatusBadRequest, "HTTPBadRequest", refused)
	s.do("PUT", tags, `[]`).refused(http.StatusBadRequest, "HTTPBadRequest", refused)
	s.do("PUT", tags+"/red", "").refused(http.StatusBadRequest, "HTTPBadRequest", refused)
	s.do("GET", tags+"/red", "").refused(http.StatusNotFound, "TagNotFound", "Tag red could not be found.")
	s.do("DELETE", tags+"/red", "").refused(http.StatusNotFound, "TagNotFound", "Tag red could not be found.")
	require.Equal(t, http.StatusMethodNotAllowed, s.do("POST", tags, "").status)
	require.Equal(t, http.StatusNotFound, s.do("GET", tags+"/red/green", "").status)
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v2.0/networks/absent/tags", "").status)
}

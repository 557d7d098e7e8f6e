package api

import (
	"net/http"
	"net/url"
	"strings"
)

// endpoint serves one route. The route, not the path, labels metrics.
type endpoint struct {
	route string
	// open is served without authentication.
	open bool
	// probe is answered however many other requests are in progress.
	probe bool
	serve func(*call) (reply, error)
}

// get restricts a function to GET, and HEAD where load balancers probe.
func get(route string, open bool, f func(*call) (reply, error)) endpoint {
	return endpoint{route: route, open: open, serve: func(c *call) (reply, error) {
		if c.r.Method != http.MethodGet && (!open || c.r.Method != http.MethodHead) {
			return reply{}, errMethod(http.MethodGet)
		}
		return f(c)
	}}
}

// only restricts a function to a method.
func only(method, route string, f func(*call) (reply, error)) endpoint {
	return endpoint{route: route, serve: func(c *call) (reply, error) {
		if c.r.Method != method {
			return reply{}, errMethod(method)
		}
		return f(c)
	}}
}

func notFound() endpoint {
	return endpoint{route: "other", open: true, serve: func(*call) (reply, error) { return reply{}, errPathNotFound() }}
}

// resolve finds the endpoint of a path and leaves the ids it names in c.
func (s *Server) resolve(c *call) endpoint {
	segments := split(c.r.URL.EscapedPath())
	if len(segments) == 0 {
		return get("/", true, versions)
	}
	switch segments[0] {
	case "v2.0", "v2":
		return s.resolveV2(c, segments[1:])
	case "v1":
		return resolveV1(c, segments[1:])
	case "openapi.json":
		if len(segments) == 1 {
			return get("/openapi.json", true, func(c *call) (reply, error) { return ok(c.document) })
		}
	}
	if IsProbe(c.r) {
		e := resolveProbe(segments[0])
		e.probe = true
		return e
	}
	return notFound()
}

// IsProbe reports whether a request asks for health, readiness or metrics.
func IsProbe(r *http.Request) bool {
	switch strings.Trim(r.URL.EscapedPath(), "/") {
	case "healthz", "healthcheck", "readyz", "metrics":
		return true
	}
	return false
}

// resolveV2 accepts the spellings that clients use: '-' for '_' and back, with
// or without the /gw prefix of the device management API, with or without
// ".json" and a trailing slash.
func (s *Server) resolveV2(c *call, seg []string) endpoint {
	if n := len(seg); n > 0 {
		seg[n-1] = strings.TrimSuffix(seg[n-1], ".json")
	}
	if len(seg) > 1 && seg[0] == "gw" && fold(seg[1]) == "gateway_devices" {
		seg = seg[1:]
	}
	if len(seg) == 0 {
		return get("/v2.0/", false, resourceIndex)
	}
	switch seg[0] {
	case "extensions":
		return resolveExtensions(c, seg[1:])
	case "service-providers":
		if len(seg) == 1 {
			return get("/v2.0/service-providers", false, serviceProviders)
		}
		return notFound()
	}
	return s.resolveResource(c, seg)
}

func (s *Server) resolveResource(c *call, seg []string) endpoint {
	coll, ok := s.collections[fold(seg[0])]
	if ok && len(seg) > 2 && fold(seg[0]) == "gateway_devices" && fold(seg[2]) == "remote_mac_entries" {
		c.parent = seg[1]
		coll, seg = s.remoteMACs, seg[2:]
	}
	if len(seg) > 2 && seg[0] == "networks" && seg[2] == "tags" {
		return s.resolveTags(c, seg[1], seg[3:])
	}
	switch {
	case ok && len(seg) == 3 && seg[0] == "quotas" && seg[2] == "default":
		c.id = seg[1]
		return get(coll.path()+"/{id}/default", false, defaultQuota(s.quotas))
	case ok && len(seg) == 3 && seg[0] == "quotas" && seg[2] == "details":
		c.id = seg[1]
		return get(coll.path()+"/{id}/details", false, quotaDetails(s.quotas))
	case ok && len(seg) == 1:
		return endpoint{route: coll.path(), serve: coll.serveCollection}
	case ok && len(seg) == 2:
		c.id = seg[1]
		return endpoint{route: coll.path() + "/{id}", serve: coll.serveItem}
	}
	return notFound()
}

func fold(segment string) string { return strings.ReplaceAll(segment, "-", "_") }

// split cuts an escaped path into unescaped segments, so that an escaped slash
// stays part of an id. A trailing slash adds nothing.
func split(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if u, err := url.PathUnescape(s); err == nil {
			segments[i] = u
		}
	}
	return segments
}

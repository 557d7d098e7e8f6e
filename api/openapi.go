package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"bordergw/model"
)

//go:generate go run ./internal/apidoc ../docs

// OpenAPI is the OpenAPI 3.1 description of the service, as served at
// /openapi.json. It is made from the tables that requests are checked with.
func OpenAPI() ([]byte, error) { return json.MarshalIndent(newTables().describe(), "", " ") }

// document is what is described so far.
type document struct {
	paths map[string]schema
	// schemas are those of the resources, by name.
	schemas map[string]schema
}

func (s *Server) describe() schema {
	d := document{paths: map[string]schema{}, schemas: map[string]schema{"NeutronError": errorSchema()}}
	for _, name := range s.order {
		s.collections[name].describe(d)
	}
	s.remoteMACs.describe(d)
	for _, e := range fixedEndpoints() {
		d.add(e.path, e.method, e.operation())
	}
	d.add("/v2.0/quotas/{id}/default", http.MethodGet,
		operation("show the default quota", replies(200, wrapped("quota", ref("quota")))))
	d.add("/v2.0/quotas/{id}/details", http.MethodGet,
		operation("show limits and what is used of them", replies(200, wrapped("quota", schemaOf[map[string]usage]()))))
	return schema{
		"openapi":    "3.1.0",
		"info":       schema{"title": "bordergw", "version": "v2.0"},
		"paths":      d.paths,
		"components": schema{"schemas": d.schemas},
	}
}

func (d document) add(path, method string, op schema) {
	if d.paths[path] == nil {
		d.paths[path] = schema{}
		if in := pathParameters(path); len(in) > 0 {
			d.paths[path]["parameters"] = in
		}
	}
	d.paths[path][strings.ToLower(method)] = op
}

func pathParameters(path string) (out []schema) {
	for segment := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(segment, "{") {
			out = append(out, schema{"name": strings.Trim(segment, "{}"), "in": "path", "required": true, "schema": plainText()})
		}
	}
	return out
}

func errorSchema() schema {
	return wrapped("NeutronError", schemaOf[neutronError]())
}

func ref(name string) schema { return schema{"$ref": "#/components/schemas/" + name} }

// wrapped is an object with one key.
func wrapped(name string, s schema) schema {
	w := wrappedRequest(name, s)
	w["additionalProperties"] = false
	return w
}

// wrappedRequest may have other keys, which are ignored as upstream does.
func wrappedRequest(name string, s schema) schema {
	return schema{"type": "object", "properties": schema{name: s}, "required": []string{name}}
}

func content(s schema) schema { return schema{"application/json": schema{"schema": s}} }

// replies are an operation's answers: the given one, and the refusals.
func replies(status int, body schema) schema {
	success := schema{"description": http.StatusText(status)}
	if body != nil {
		success["content"] = content(body)
	}
	return schema{strconv.Itoa(status): success,
		"401":     schema{"description": "Unauthorized", "content": schema{"text/plain": schema{"schema": plainText()}}},
		"default": schema{"description": "refused", "content": content(ref("NeutronError"))}}
}

func operation(summary string, responses schema) schema {
	return schema{"summary": summary, "responses": responses}
}

func query(name, doc string, s schema) schema {
	p := schema{"name": name, "in": "query", "schema": s}
	if doc != "" {
		p["description"] = doc
	}
	return p
}

func several(s schema) schema { return schema{"type": "array", "items": s} }

// describe adds the paths and schemas of the resource.
func (r *resource[T]) describe(d document) {
	word := strings.ReplaceAll(r.singular, "_", " ")
	d.schemas[r.singular] = r.attrs.answerSchema()
	one := wrapped(r.singular, ref(r.singular))
	list := wrapped(r.plural, several(ref(r.singular)))
	list["properties"].(schema)[r.plural+"_links"] = schemaOf[[]link]()
	index := operation("list "+word+" objects", replies(http.StatusOK, list))
	index["parameters"] = r.attrs.listParameters()
	d.add(r.route, http.MethodGet, index)
	show := operation("show "+word, replies(http.StatusOK, one))
	show["parameters"] = []schema{fieldsParameter()}
	d.add(r.route+"/{id}", http.MethodGet, show)
	if r.create != nil {
		d.add(r.route, http.MethodPost, r.describeCreate(d, word, one))
	}
	if r.update != nil {
		d.schemas[r.singular+"_update"] = r.attrs.requestSchema(func(a attribute[T]) bool { return a.put }, false)
		op := operation("change "+word, replies(http.StatusOK, one))
		op["requestBody"] = requestBody(wrappedRequest(r.singular, ref(r.singular+"_update")))
		d.add(r.route+"/{id}", http.MethodPut, op)
	}
	if r.remove != nil {
		d.add(r.route+"/{id}", http.MethodDelete, operation("delete "+word, replies(http.StatusNoContent, nil)))
	}
}

func (r *resource[T]) describeCreate(d document, word string, one schema) schema {
	d.schemas[r.singular+"_create"] = r.attrs.requestSchema(func(a attribute[T]) bool { return a.post }, true)
	body := wrappedRequest(r.singular, ref(r.singular+"_create"))
	answer := one
	if r.createAll != nil {
		body = either(body, wrappedRequest(r.plural, schema{"type": "array", "minItems": 1, "items": ref(r.singular + "_create")}))
		answer = either(one, wrapped(r.plural, several(ref(r.singular))))
	}
	op := operation("create "+word, replies(http.StatusCreated, answer))
	op["requestBody"] = requestBody(body)
	return op
}

func requestBody(s schema) schema { return schema{"required": true, "content": content(s)} }

// answerSchema has no required keys: a query may ask for some only.
func (as attributes[T]) answerSchema() schema {
	properties := map[string]schema{}
	for _, a := range as {
		if a.show != nil {
			properties[a.name] = documented(a.answer, a.doc)
		}
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}

func (as attributes[T]) requestSchema(allowed func(attribute[T]) bool, creating bool) schema {
	properties, required := map[string]schema{}, []string{}
	for _, a := range as {
		if !allowed(a) {
			continue
		}
		s := documented(a.request, a.doc)
		if creating && a.fallback != nil {
			s["default"] = a.fallback
		}
		properties[a.name] = s
		for _, alias := range a.aliases {
			properties[alias] = documented(a.request, "another spelling of "+a.name)
		}
		if creating && a.required && len(a.aliases) == 0 {
			required = append(required, a.name)
		}
	}
	return schema{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func documented(s schema, doc string) schema {
	s = maps.Clone(s)
	if doc != "" {
		s["description"] = doc
	}
	return s
}

func fieldsParameter() schema {
	return query("fields", "attributes to answer, all if none is given", several(plainText()))
}

func (as attributes[T]) listParameters() []schema {
	var keys []string
	var filters []schema
	for _, a := range as {
		if a.sort {
			keys = append(keys, a.name)
		}
		if a.filter {
			filters = append(filters, query(a.name, "only those with one of these values", several(plainText())))
		}
	}
	return slices.Concat([]schema{
		fieldsParameter(),
		query("limit", "size of a page; 0 is no paging", schema{"type": "integer", "minimum": 0}),
		query("marker", "id of the last item seen", plainText()),
		query("page_reverse", "page before the marker", schema{"type": "boolean"}),
		query("sort_key", "", several(schema{"type": "string", "enum": keys})),
		query("sort_dir", "one for each sort_key", several(schema{"enum": []string{"asc", "desc"}})),
	}, filters)
}

// fixedEndpoint is a path that is not a resource's.
type fixedEndpoint struct {
	method, path, summary string
	status                int
	// body is the answer's; nil is none, textBody is plain text.
	body schema
	// media is the type of an answer that is no JSON and no plain text.
	media string
	// request is nil for none.
	request schema
	params  []schema
	// refused is the body of refusals that are no NeutronError; nil for none.
	refused schema
}

var textBody = schema{}

func (e fixedEndpoint) operation() schema {
	op := operation(e.summary, replies(e.status, e.body))
	if len(e.body) == 0 && e.body != nil {
		op["responses"].(schema)[strconv.Itoa(e.status)].(schema)["content"] = schema{"text/plain": schema{"schema": plainText()}}
	}
	if e.media != "" {
		op["responses"].(schema)[strconv.Itoa(e.status)].(schema)["content"] = schema{e.media: schema{}}
	}
	if e.request != nil {
		op["requestBody"] = requestBody(e.request)
	}
	if e.refused != nil {
		op["responses"].(schema)["default"] = schema{"description": "refused", "content": content(either(ref("NeutronError"), e.refused))}
	}
	if len(e.params) > 0 {
		op["parameters"] = e.params
	}
	return op
}

func fixedEndpoints() []fixedEndpoint {
	anything := schema{"type": "object"}
	listed := func(name string, s schema) schema { return wrapped(name, s) }
	return slices.Concat(tagEndpoints(), overviewPaths(), reportPaths(), whoamiPaths(), endpointPaths(), managerPaths(), eventPaths(), sitePaths(), revisionPaths(), lookupPaths(), adoptPaths(), macPaths(), tracePaths(), []fixedEndpoint{
		{method: "GET", path: "/", summary: "versions", status: 200, body: listed("versions", schemaOf[[]version]())},
		{method: "GET", path: "/v2.0/", summary: "resources", status: 200, body: listed("resources", schemaOf[[]indexEntry]())},
		{method: "GET", path: "/v2.0/extensions", summary: "extensions", status: 200, body: listed("extensions", schemaOf[[]extension]())},
		{method: "GET", path: "/v2.0/extensions/{alias}", summary: "one extension", status: 200, body: listed("extension", schemaOf[extension]())},
		{method: "GET", path: "/v2.0/service-providers", summary: "service providers", status: 200, body: listed("service_providers", schemaOf[[]serviceProvider]())},
		{method: "GET", path: "/v1/deleted-devices", summary: "deleted devices whose databases may still hold rows", status: 200,
			body:   listed("deleted_devices", schemaOf[[]model.DeletedDevice]()),
			params: []schema{query("id", "", plainText()), query("name", "", plainText())}},
		{method: "DELETE", path: "/v1/deleted-devices/{id}", summary: "give up a deleted device: the rows that it holds stay there", status: 204},
		{method: "GET", path: "/v1/plan", summary: "what would be sent to the switches now; text unless format=json", status: 200, body: textBody,
			params: []schema{query("format", "", schema{"enum": []string{"json", "text"}}), query("device", "only this one, of an id or a name", plainText()),
				query("limit", "steps of each device, default 1000; 0 is all", schema{"type": "integer", "minimum": 0})}},
		{method: "GET", path: "/v1/version", summary: "version of the daemon", status: 200, body: listed("version", plainText())},
		{method: "GET", path: "/v1/audit", summary: "who changed what, newest first", status: 200, body: listed("audit", schemaOf[[]model.AuditRecord]()),
			params: append([]schema{query("limit", "default 100; 0 is all that are kept", schema{"type": "integer", "minimum": 0}),
				query("marker", "seq of the record that those wanted are older than", schema{"type": "integer", "minimum": 1}),
				query("resource", "kind of object", schema{"enum": model.AuditResources}), query("id", "of the object", plainText()),
				query("name", "that the object had; GATEWAY/NETWORK of a connection; the MAC address of a remote MAC", plainText())}, whenParameters()...)},
		{method: "GET", path: "/v1/export", summary: "all definitions", status: 200, body: schemaOf[model.Export]()},
		{method: "GET", path: "/v1/backup", summary: "backup of the store from the running daemon, a tar archive", status: 200, media: "application/x-tar",
			params: []schema{query("history", "true: with the history of events", boolean.answer)}},
		{method: "POST", path: "/v1/import", summary: "fill an empty store with what export gave", status: 204,
			request: schema{"type": "object", "required": []string{"format"}}},
		{method: "POST", path: "/v1/networks/{network_id}/macs/{mac_address}/unfreeze", summary: "let a MAC move again that moved too often", status: 204},
		{method: "GET", path: "/v1/quarantine", summary: "numbers that networks gave up and that no other gets yet, and why", status: 200,
			body: listed("quarantine", schemaOf[[]model.Quarantined]())},
		{method: "DELETE", path: "/v1/quarantine/vnis/{vni}", summary: "free a VNI now", status: 204,
			params: []schema{query("network_id", "of this network only", plainText())}},
		{method: "DELETE", path: "/v1/quarantine/stitch_vlans/{vlan}", summary: "free a VLAN on cables of stitched borders now", status: 204,
			params: []schema{query("network_id", "required: the network that gave it up", plainText())}},
		{method: "GET", path: "/openapi.json", summary: "this description", status: 200, body: anything},
		{method: "GET", path: "/healthz", summary: "the process is alive", status: 200, body: textBody},
		{method: "GET", path: "/healthcheck", summary: "the same under Neutron's name", status: 200, body: textBody},
		{method: "GET", path: "/readyz", summary: "every registered device was read, or is unreachable", status: 200, body: textBody},
		{method: "GET", path: "/metrics", summary: "Prometheus metrics", status: 200, body: textBody},
	})
}

package api

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"

	"bordergw/model"
)

// Identity is who asks.
type Identity struct {
	User    string
	Project string
	Roles   []string
}

func (i Identity) hasRole(role string) bool {
	return slices.ContainsFunc(i.Roles, func(r string) bool { return strings.EqualFold(r, role) })
}

// admin reports whether somebody is an administrator.
func (i Identity) admin() bool { return i.hasRole(adminRole) }

// sees reports whether somebody may see the names of a project's objects.
func (i Identity) sees(project string) bool {
	return i.admin() || project != "" && i.Project == project
}

// populateProject makes tenant_id and project_id one and fills in the project of who
// asks.
func (i Identity) populateProject(in object, creating bool) error {
	tenant, hasTenant := in["tenant_id"]
	project, hasProject := in["project_id"]
	switch {
	case hasTenant && hasProject && !same(tenant, project):
		return model.ErrBadRequest("'project_id' and 'tenant_id' do not match")
	case !hasTenant && !hasProject && !creating:
		return nil
	case !hasTenant && !hasProject && i.Project == "":
		return model.ErrBadRequest("Running without keystone AuthN requires that tenant_id is specified")
	case !hasTenant && !hasProject:
		project = i.Project
	case !hasProject:
		project = tenant
	}
	if !i.admin() && project != any(i.Project) {
		return model.ErrBadRequest("Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges")
	}
	if creating {
		in["tenant_id"], in["project_id"] = project, project
	}
	return nil
}

// ErrUnauthenticated is an Authenticator's answer to somebody it does not know.
var ErrUnauthenticated = errors.New("authentication required")

// Authenticator finds out who asks. ErrUnauthenticated is answered with 401;
// any other error means that it can not be found out now (503).
type Authenticator interface {
	Authenticate(*http.Request) (Identity, error)
}

// DefaultProject owns what is created without authentication and without a
// project.
const DefaultProject = "default"

// NoAuth takes everybody for an administrator of DefaultProject.
type NoAuth struct{}

// Authenticate implements Authenticator.
func (NoAuth) Authenticate(*http.Request) (Identity, error) {
	return Identity{User: "anonymous", Project: DefaultProject, Roles: []string{adminRole}}, nil
}

// TrustedHeaders believes X-User-Id, X-Project-Id and X-Roles (comma separated),
// the headers that keystonemiddleware sets. Only a proxy that replaces what
// clients send may reach a server that uses it. The user and the project must
// be there.
type TrustedHeaders struct{}

// Authenticate implements Authenticator.
func (TrustedHeaders) Authenticate(r *http.Request) (Identity, error) {
	id := Identity{User: r.Header.Get("X-User-Id"), Project: r.Header.Get("X-Project-Id")}
	for role := range strings.SplitSeq(r.Header.Get("X-Roles"), ",") {
		id.Roles = append(id.Roles, strings.TrimSpace(role))
	}
	if id.User == "" || id.Project == "" {
		return Identity{}, ErrUnauthenticated
	}
	return id, nil
}

// Tokens is a fixed set of tokens, sent in X-Auth-Token or as
// "Authorization: Bearer". It keeps only their digests, so that neither a dump
// nor the time of a look-up reveals a token.
type Tokens struct {
	byDigest map[[sha256.Size]byte]Identity
}

// Token is one entry of Tokens.
type Token struct {
	Secret  string
	User    string
	Project string
	Roles   []string
}

// NewTokens builds a set. An empty secret is never accepted.
func NewTokens(tokens []Token) *Tokens {
	t := &Tokens{byDigest: make(map[[sha256.Size]byte]Identity, len(tokens))}
	for _, k := range tokens {
		t.byDigest[sha256.Sum256([]byte(k.Secret))] = Identity{User: k.User, Project: k.Project, Roles: k.Roles}
	}
	return t
}

// Authenticate implements Authenticator.
func (t *Tokens) Authenticate(r *http.Request) (Identity, error) {
	secret := TokenOf(r)
	id, ok := t.byDigest[sha256.Sum256([]byte(secret))]
	if !ok || secret == "" {
		return Identity{}, ErrUnauthenticated
	}
	return id, nil
}

// TokenOf is the token that a request carries in X-Auth-Token or as
// "Authorization: Bearer"; "" if there is none.
func TokenOf(r *http.Request) string {
	if token := r.Header.Get("X-Auth-Token"); token != "" {
		return token
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

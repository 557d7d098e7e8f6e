package api

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
)

// Identity is who asks.
type Identity struct {
	User    string
	Project string
	Admin   bool
}

// Authenticator finds out who asks. It reports false when that is not known,
// which is answered with 401.
type Authenticator interface {
	Authenticate(*http.Request) (Identity, bool)
}

// DefaultProject owns what is created without authentication and without a
// project.
const DefaultProject = "default"

// NoAuth takes everybody for an administrator of DefaultProject.
type NoAuth struct{}

// Authenticate implements Authenticator.
func (NoAuth) Authenticate(*http.Request) (Identity, bool) {
	return Identity{User: "anonymous", Project: DefaultProject, Admin: true}, true
}

// TrustedHeaders believes X-User-Id, X-Project-Id and X-Roles (comma separated),
// the headers that keystonemiddleware sets. Only a proxy that replaces what
// clients send may reach a server that uses it. The user and the project must
// be there.
type TrustedHeaders struct{}

// Authenticate implements Authenticator.
func (TrustedHeaders) Authenticate(r *http.Request) (Identity, bool) {
	id := Identity{User: r.Header.Get("X-User-Id"), Project: r.Header.Get("X-Project-Id")}
	id.Admin = hasAdmin(strings.Split(r.Header.Get("X-Roles"), ","))
	return id, id.User != "" && id.Project != ""
}

// Tokens is a fixed set of tokens, sent in X-Auth-Token or as
// "Authorization: Bearer". It keeps only their digests, so that neither a dump
// nor the time of a look-up tells a token.
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
		t.byDigest[sha256.Sum256([]byte(k.Secret))] = Identity{User: k.User, Project: k.Project, Admin: hasAdmin(k.Roles)}
	}
	return t
}

// Authenticate implements Authenticator.
func (t *Tokens) Authenticate(r *http.Request) (Identity, bool) {
	secret := r.Header.Get("X-Auth-Token")
	if secret == "" {
		secret, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	id, ok := t.byDigest[sha256.Sum256([]byte(secret))]
	return id, ok && secret != ""
}

func hasAdmin(roles []string) bool {
	return slices.ContainsFunc(roles, func(r string) bool {
		return strings.EqualFold(strings.TrimSpace(r), "admin")
	})
}

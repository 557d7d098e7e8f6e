package keystone

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"bordergw/api"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"
	"golang.org/x/sync/singleflight"
)

// Defaults of Options.
const (
	DefaultTimeout = 5 * time.Second
	DefaultCache   = 5 * time.Minute
)

// maxToken bounds a token, in bytes. Fernet tokens have some 250, signed ones
// may have kilobytes.
const maxToken = 16 << 10

// Options of New. URL, Username and Password must be set.
type Options struct {
	// URL of the Identity API, with or without /v3.
	URL string
	// Username and Password are of an account that may validate tokens.
	Username, Password string
	// Project scopes the account's token.
	Project string
	// UserDomain and ProjectDomain are names.
	UserDomain, ProjectDomain string
	// Timeout bounds a question to Keystone; DefaultTimeout when 0.
	Timeout time.Duration
	// Cache is how long a token is believed without asking again; DefaultCache
	// when 0.
	Cache time.Duration
	// Client sends the questions; a new one when nil.
	Client *http.Client
}

// Authenticator implements api.Authenticator.
type Authenticator struct {
	opts   Options
	client *gophercloud.ServiceClient
	cache  *cache
	// flights joins questions about one token.
	flights singleflight.Group
}

// New does not talk to Keystone yet, which may be away at the start.
func New(opts Options) (*Authenticator, error) {
	if opts.Timeout == 0 {
		opts.Timeout = DefaultTimeout
	}
	if opts.Cache == 0 {
		opts.Cache = DefaultCache
	}
	if opts.Client == nil {
		opts.Client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	endpoint := strings.TrimSuffix(strings.TrimRight(opts.URL, "/"), "/v3") + "/v3/"
	provider, err := openstack.NewClient(endpoint)
	if err != nil {
		return nil, fmt.Errorf("keystone at %s: %w", opts.URL, err)
	}
	provider.HTTPClient = *opts.Client
	a := &Authenticator{opts: opts, cache: newCache(maxEntries),
		client: &gophercloud.ServiceClient{ProviderClient: provider, Endpoint: endpoint}}
	// The first question is refused and makes gophercloud log in, as does every
	// later one that finds the service's token expired.
	provider.ReauthFunc = a.logIn
	return a, nil
}

// logIn gets a token for the service itself.
func (a *Authenticator) logIn(ctx context.Context) error {
	// Another client, so that a refusal does not log in again.
	login := *a.client
	login.ProviderClient = &gophercloud.ProviderClient{HTTPClient: a.client.HTTPClient}
	result := tokens.Create(ctx, &login, &tokens.AuthOptions{
		Username: a.opts.Username, Password: a.opts.Password, DomainName: a.opts.UserDomain,
		Scope: tokens.Scope{ProjectName: a.opts.Project, DomainName: a.opts.ProjectDomain},
	})
	id, err := result.ExtractTokenID()
	if err != nil {
		return fmt.Errorf("logging in to keystone: %w", err)
	}
	a.client.SetToken(id)
	return nil
}

// Authenticate implements api.Authenticator.
func (a *Authenticator) Authenticate(r *http.Request) (api.Identity, error) {
	token := api.TokenOf(r)
	if token == "" || len(token) > maxToken {
		return api.Identity{}, api.ErrUnauthenticated
	}
	key := sha256.Sum256([]byte(token))
	cached, known := a.cache.get(key)
	if known && time.Now().Before(cached.believedUntil) {
		return cached.identity, nil
	}
	found, err := a.ask(r.Context(), token, key)
	switch {
	case err == nil:
		return found.identity, nil
	case errors.Is(err, api.ErrUnauthenticated):
		a.cache.forget(key)
	case known:
		return cached.identity, nil
	}
	return api.Identity{}, err
}

// ask validates a token, once for all who ask at the same time. Whoever goes
// away meanwhile does not keep the others from their answer.
func (a *Authenticator) ask(ctx context.Context, token string, key digest) (entry, error) {
	v, err, _ := a.flights.Do(string(key[:]), func() (any, error) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.opts.Timeout)
		defer cancel()
		e, err := a.validate(limited, token)
		if err == nil {
			a.cache.put(key, e)
		}
		return e, err
	})
	return v.(entry), err
}

// validate asks Keystone (GET /v3/auth/tokens).
func (a *Authenticator) validate(ctx context.Context, token string) (entry, error) {
	result := tokens.Get(ctx, a.client, token)
	if gophercloud.ResponseCodeIs(result.Err, http.StatusNotFound) {
		return entry{}, api.ErrUnauthenticated
	}
	e, err := a.read(result)
	if err != nil {
		return entry{}, fmt.Errorf("asking keystone about a token: %w", err)
	}
	if !time.Now().Before(e.expires) || e.identity.Project == "" || e.identity.User == "" {
		return entry{}, api.ErrUnauthenticated // unscoped: it has no rights here
	}
	return e, nil
}

func (a *Authenticator) read(result tokens.GetResult) (entry, error) {
	token, err := result.ExtractToken()
	if err != nil {
		return entry{}, err
	}
	user, userErr := result.ExtractUser()
	project, projectErr := result.ExtractProject()
	roles, rolesErr := result.ExtractRoles()
	if err := errors.Join(userErr, projectErr, rolesErr); err != nil {
		return entry{}, err
	}
	e := entry{expires: token.ExpiresAt, believedUntil: time.Now().Add(a.opts.Cache)}
	if e.believedUntil.After(e.expires) {
		e.believedUntil = e.expires
	}
	if user != nil {
		e.identity.User = user.ID
	}
	if project != nil {
		e.identity.Project = project.ID
	}
	for _, r := range roles {
		e.identity.Roles = append(e.identity.Roles, r.Name)
	}
	return e, nil
}

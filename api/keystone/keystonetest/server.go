package keystonetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// The service account, in the domain Default.
const (
	ServiceUser     = "bordergw"
	ServicePassword = "secret"
	ServiceProject  = "service"
)

// Subject is whom a token stands for, by id; their names are the same. Without
// a project the token is unscoped.
type Subject struct {
	User    string
	Project string
	Roles   []string
	// Left is how long the token is valid.
	Left time.Duration
}

// Server is a running stand-in.
type Server struct {
	*httptest.Server
	// Network is the endpoint of the network service in catalogs; it must be set
	// before the first login.
	Network string

	mu       sync.Mutex // guards the fields below
	accounts map[string]account
	tokens   map[string]string
	service  string
	logins   int
	asked    int
	hold     chan struct{}
}

type account struct {
	password string
	subject  Subject
}

// Start runs a stand-in until the test ends.
func Start(t testing.TB) *Server {
	s := &Server{tokens: map[string]string{}, accounts: map[string]account{
		ServiceUser: {ServicePassword, Subject{User: ServiceUser, Project: ServiceProject, Roles: []string{"service"}, Left: time.Hour}},
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3/{$}", s.version)
	mux.HandleFunc("GET /v3", s.version)
	mux.HandleFunc("POST /v3/auth/tokens", s.logIn)
	mux.HandleFunc("GET /v3/auth/tokens", s.validate)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// AddUser lets somebody log in with a password.
func (s *Server) AddUser(password string, subject Subject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[subject.User] = account{password, subject}
}

// AddToken makes a token valid.
func (s *Server) AddToken(token string, subject Subject) { s.AddAnswer(token, s.describe(subject)) }

// AddAnswer is what is answered about a token.
func (s *Server) AddAnswer(token, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = body
}

// Revoke makes a token unknown.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, token)
}

// ExpireService makes the service account log in again.
func (s *Server) ExpireService() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.service = ""
}

// Logins is how often the service account logged in.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// Asked is how often somebody asked about a token.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Hold keeps answers about tokens back until the function returned is called.
func (s *Server) Hold() (release func()) {
	hold := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = hold
	return sync.OnceFunc(func() { close(hold) })
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, `{"version":{"id":"v3.14","status":"stable","updated":"2020-04-07T00:00:00Z",`+
		`"links":[{"rel":"self","href":"%s/v3/"}],"media-types":[{"base":"application/json","type":"application/vnd.openstack.identity-v3+json"}]}}`, s.URL)
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%d,"message":"refused","title":%q}}`, status, http.StatusText(status))
}

type domain struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// login is a request for a token by password, with the scope of a project.
type login struct {
	Auth struct {
		Identity struct {
			Methods  []string
			Password struct {
				User struct {
					Name, Password string
					Domain         domain
				}
			}
		}
		Scope struct {
			Project struct {
				Name   string
				Domain domain
			}
		}
	}
}

func (l *login) inDefaultDomains() bool {
	user, project := l.Auth.Identity.Password.User.Domain, l.Auth.Scope.Project.Domain
	is := func(d domain) bool { return d.Name == "Default" || d.ID == "default" }
	return is(user) && is(project)
}

func (s *Server) logIn(w http.ResponseWriter, r *http.Request) {
	var l login
	if json.NewDecoder(r.Body).Decode(&l) != nil {
		refuse(w, http.StatusBadRequest)
		return
	}
	user := l.Auth.Identity.Password.User
	s.mu.Lock()
	a, known := s.accounts[user.Name]
	s.mu.Unlock()
	if !known || user.Password != a.password || !l.inDefaultDomains() || l.Auth.Scope.Project.Name != a.subject.Project {
		refuse(w, http.StatusUnauthorized)
		return
	}
	w.Header().Set("X-Subject-Token", s.issue(a.subject))
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, s.describe(a.subject))
}

func (s *Server) issue(subject Subject) string {
	body := s.describe(subject)
	s.mu.Lock()
	defer s.mu.Unlock()
	token := fmt.Sprintf("token-%d", len(s.tokens)+s.logins)
	s.tokens[token] = body
	if subject.User == ServiceUser {
		s.service = token
		s.logins++
	}
	return token
}

func (s *Server) validate(w http.ResponseWriter, r *http.Request) {
	token := r.Header.Get("X-Subject-Token")
	s.mu.Lock()
	trusted := s.service != "" && r.Header.Get("X-Auth-Token") == s.service
	hold := s.hold
	if trusted {
		s.asked++
	}
	s.mu.Unlock()
	if !trusted {
		refuse(w, http.StatusUnauthorized)
		return
	}
	if hold != nil {
		<-hold
	}
	s.mu.Lock()
	body, known := s.tokens[token]
	s.mu.Unlock()
	if !known {
		refuse(w, http.StatusNotFound)
		return
	}
	w.Header().Set("X-Subject-Token", token)
	fmt.Fprint(w, body)
}

type named struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Domain *domain `json:"domain,omitempty"`
}

// describe is the body that Keystone answers about a token.
func (s *Server) describe(subject Subject) string {
	now := time.Now().UTC()
	inDomain := func(name string) named {
		return named{ID: name, Name: name, Domain: &domain{ID: "default", Name: "Default"}}
	}
	token := map[string]any{"methods": []string{"password"}, "audit_ids": []string{"x"},
		"issued_at": now, "expires_at": now.Add(subject.Left), "user": inDomain(subject.User)}
	if subject.Project != "" {
		roles := []named{}
		for _, r := range subject.Roles {
			roles = append(roles, named{ID: "id-" + r, Name: r})
		}
		token["project"], token["roles"] = inDomain(subject.Project), roles
		token["catalog"] = []any{map[string]any{"id": "network", "type": "network", "name": "neutron", "endpoints": []any{
			map[string]any{"id": "e", "interface": "public", "region": "RegionOne", "region_id": "RegionOne", "url": s.Network}}}}
	}
	text, err := json.Marshal(map[string]any{"token": token})
	if err != nil {
		panic(err) // it is made of strings and times
	}
	return string(text)
}

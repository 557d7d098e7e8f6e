package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/sirupsen/logrus"
)

//go:embed static
var static embed.FS

// Config is what a Server needs. API and Log must be set.
type Config struct {
	// API answers what pages are made of, and every request that is not for a page.
	API http.Handler
	Log logrus.FieldLogger
	// Login: people give a token on a page. Without, whoever reaches the service is known
	// without one, or by headers that a proxy sets.
	Login bool
	// Version of the daemon, shown at the foot of each page.
	Version string
}

// Server is an http.Handler: pages under /ui/, the API elsewhere.
type Server struct {
	cfg      Config
	sessions *sessions
	mux      *http.ServeMux
	sheets   sheets
	// assets stands for what our own files hold: browsers ask for others by another address.
	assets string
}

// New builds a Server.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, sessions: newSessions(), mux: http.NewServeMux(), sheets: readSheets()}
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the directory is embedded
	}
	s.assets = digest(files)
	s.mux.Handle("GET /ui/static/{file}", http.StripPrefix("/ui/static/", cached(http.FileServerFS(files))))
	s.mux.HandleFunc("GET /ui", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ui/", http.StatusSeeOther) })
	for pattern, make := range pages {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.show(w, r, make) })
	}
	if cfg.Login {
		s.mux.HandleFunc("GET /ui/login", s.loginForm)
		s.mux.HandleFunc("POST /ui/login", s.login)
		s.mux.HandleFunc("POST /ui/logout", s.logout)
	}
	return s
}

// policy allows what the pages consist of: our own files, and requests to ourselves.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/ui" || strings.HasPrefix(r.URL.Path, "/ui/"):
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: browsers then send forms without their origin.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		s.mux.ServeHTTP(w, r)
	case r.URL.Path == "/" && r.Method == http.MethodGet && wantsPage(r):
		http.Redirect(w, r, "/ui/", http.StatusSeeOther)
	default:
		s.cfg.API.ServeHTTP(w, s.ofSession(r))
	}
}

// wantsPage reports whether a browser asks, and not a client of the API.
func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// ofSession lets the session of a page count for reading /v1, as events are. It counts for nothing
// else: another site can not have a browser change anything.
func (s *Server) ofSession(r *http.Request) *http.Request {
	if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/v1/") || r.Header.Get("X-Auth-Token") != "" || r.Header.Get("Authorization") != "" {
		return r
	}
	token, ok := s.sessions.token(r)
	if !ok {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Set("X-Auth-Token", token)
	return r
}

// digest stands for the files of a directory.
func digest(files fs.FS) string {
	names, err := fs.Glob(files, "*")
	if err != nil {
		panic(err) // the pattern is right
	}
	sum := sha256.New()
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err) // it is embedded
		}
		fmt.Fprintf(sum, "%s %d %s", name, len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// cached lets browsers keep files for a while: pages of another version ask for theirs by another address.
func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		h.ServeHTTP(w, r)
	})
}

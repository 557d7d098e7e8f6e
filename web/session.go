package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// sessionCookie carries the key of a session.
	sessionCookie = "bordergw-session"
	// sessionTime is how long a session lasts.
	sessionTime = 12 * time.Hour
	// maxSessions bounds the sessions that are remembered. One more ends the one that would end first.
	maxSessions = 1000
	// maxToken bounds a token, in bytes.
	maxToken = 16 << 10
)

// sessions are those of people who have given a token on the page. They are in memory only.
type sessions struct {
	mu sync.Mutex
	// byKey is by a digest: a dump of the map lets nobody in.
	byKey map[[sha256.Size]byte]session
}

type session struct {
	token string
	ends  time.Time
}

func newSessions() *sessions { return &sessions{byKey: map[[sha256.Size]byte]session{}} }

// begin returns the cookie of a new session with a token.
func (ss *sessions) begin(r *http.Request, token string) *http.Cookie {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	text, ends := base64.RawURLEncoding.EncodeToString(key), time.Now().Add(sessionTime)
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.makeRoom()
	ss.byKey[sha256.Sum256([]byte(text))] = session{token, ends}
	return cookie(r, text, int(sessionTime/time.Second))
}

// makeRoom ends sessions that are over, and one more if there is no room.
func (ss *sessions) makeRoom() {
	now := time.Now()
	var first [sha256.Size]byte
	ends := time.Time{}
	for key, s := range ss.byKey {
		switch {
		case s.ends.Before(now):
			delete(ss.byKey, key)
		case ends.IsZero() || s.ends.Before(ends):
			first, ends = key, s.ends
		}
	}
	if len(ss.byKey) >= maxSessions {
		delete(ss.byKey, first)
	}
}

// token is that of the session that a request belongs to.
func (ss *sessions) token(r *http.Request) (string, bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", false
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s, ok := ss.byKey[sha256.Sum256([]byte(c.Value))]
	return s.token, ok && time.Now().Before(s.ends)
}

// end ends the session that a request belongs to, and returns a cookie that takes its own away.
func (ss *sessions) end(r *http.Request) *http.Cookie {
	if c, err := r.Cookie(sessionCookie); err == nil {
		ss.mu.Lock()
		defer ss.mu.Unlock()
		delete(ss.byKey, sha256.Sum256([]byte(c.Value)))
	}
	return cookie(r, "", -1)
}

func cookie(r *http.Request, value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
	}
}

// ownOrigin reports whether one of our own pages sent a request. Browsers say so with every POST: by
// Sec-Fetch-Site where the service is reached by TLS or on the same host, and else by Origin.
func ownOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	_, host, found := strings.Cut(r.Header.Get("Origin"), "://")
	return found && (host == r.Host || host == r.Header.Get("X-Forwarded-Host"))
}

package web

import (
	"net/http"
	"strings"
)

// loginView is the page that asks for a token.
type loginView struct {
	Next, Problem string
}

func (s *Server) loginForm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, &page{Title: "Log in", Name: "login", View: loginView{Next: ownPage(r.FormValue("next"))}}, http.StatusOK)
}

// login takes a token that the API knows.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxToken+4<<10)
	token, next := strings.TrimSpace(r.PostFormValue("token")), ownPage(r.PostFormValue("next"))
	refuse := func(status int, problem string) {
		s.render(w, r, &page{Title: "Log in", Name: "login", View: loginView{next, problem}}, status)
	}
	switch {
	case !ownOrigin(r):
		refuse(http.StatusForbidden, "This form was not sent by a page of this service.")
		return
	case token == "" || len(token) > maxToken:
		refuse(http.StatusBadRequest, "Give a token.")
		return
	}
	c := &caller{api: s.cfg.API, r: r, token: token}
	if err := c.get("/v1/whoami", nil, nil); err != nil {
		problem := "Nobody has this token."
		if statusOf(err) != http.StatusUnauthorized {
			problem = err.Error()
		}
		refuse(statusOf(err), problem)
		return
	}
	http.SetCookie(w, s.sessions.begin(r, token))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	if !ownOrigin(r) {
		s.render(w, r, failed(&apiError{Status: http.StatusForbidden, Message: "This form was not sent by a page of this service."}), http.StatusForbidden)
		return
	}
	http.SetCookie(w, s.sessions.end(r))
	http.Redirect(w, r, "/ui/login", http.StatusSeeOther)
}

// ownPage is the address of one of our pages: what is asked for, if it is one.
func ownPage(next string) string {
	address, _, _ := strings.Cut(next, "?")
	if strings.HasPrefix(next, "/ui/") && !strings.ContainsAny(next, "\\\r\n") && !strings.Contains(address, "..") && !strings.HasPrefix(next, "/ui/login") {
		return next
	}
	return "/ui/"
}

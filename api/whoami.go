package api

// self is what a caller is taken for.
type self struct {
	User      string   `json:"user"`
	ProjectID string   `json:"project_id"`
	Roles     []string `json:"roles"`
}

// whoami tells anybody who is authenticated what he is taken for.
func whoami(c *call) (reply, error) {
	out := self{User: c.who.User, ProjectID: c.who.Project, Roles: []string{}}
	for _, role := range c.who.Roles {
		if role != "" {
			out.Roles = append(out.Roles, role)
		}
	}
	return ok(out)
}

// whoamiPaths describes it.
func whoamiPaths() []fixedEndpoint {
	return []fixedEndpoint{{method: "GET", path: "/v1/whoami", summary: "what the caller is taken for", status: 200, body: schemaOf[self]()}}
}

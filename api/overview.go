package api

import "bordergw/model"

// showOverview sums up how all that is defined stands.
func showOverview(c *call) (reply, error) { return ok(c.cfg.Status.Overview()) }

// overviewPaths describes it.
func overviewPaths() []fixedEndpoint {
	return []fixedEndpoint{{
		method: "GET", path: "/v1/overview", status: 200, body: schemaOf[model.Overview](),
		summary: "how all that is defined stands: what needs somebody, devices by site, and between which sites borders carry networks",
	}}
}

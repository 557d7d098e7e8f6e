package api

import (
	"fmt"
	"net/http"
	"strings"

	"bordergw/model"
)

func resolveProbe(name string) endpoint {
	switch name {
	case "readyz":
		return get("/readyz", true, ready)
	case "metrics":
		return get("/metrics", true, func(c *call) (reply, error) {
			c.metrics.handler.ServeHTTP(c.w, c.r)
			return reply{}, nil
		})
	}
	return get("/"+name, true, func(*call) (reply, error) { return ok(text("ok\n")) })
}

func ready(c *call) (reply, error) {
	if err := c.cfg.Status.Ready(); err != nil {
		return reply{status: http.StatusServiceUnavailable, body: text("not ready: " + err.Error() + "\n")}, nil
	}
	return ok(text("ok\n"))
}

func resolveV1(seg []string) endpoint {
	if len(seg) != 1 {
		return notFound()
	}
	switch seg[0] {
	case "devices":
		return get("/v1/devices", false, adminOnly(deviceReports))
	case "plan":
		return get("/v1/plan", false, adminOnly(plan))
	case "version":
		return get("/v1/version", false, func(c *call) (reply, error) {
			return ok(map[string]string{"version": c.cfg.Version})
		})
	}
	return notFound()
}

func adminOnly(f func(*call) (reply, error)) func(*call) (reply, error) {
	return func(c *call) (reply, error) {
		if !c.who.Admin {
			return reply{}, model.ErrAdminRequired(http.MethodGet)
		}
		return f(c)
	}
}

func deviceReports(c *call) (reply, error) {
	reports := c.cfg.Status.DeviceReports()
	return ok(map[string][]model.DeviceReport{"devices": append([]model.DeviceReport{}, reports...)})
}

// plan shows what would be sent, as text unless JSON is asked for.
func plan(c *call) (reply, error) {
	plans := c.cfg.Status.Plans(c.r.Context())
	format := c.r.URL.Query().Get("format")
	if format == "json" || format == "" && strings.Contains(c.r.Header.Get("Accept"), "application/json") {
		return ok(map[string][]model.DevicePlan{"plans": append([]model.DevicePlan{}, plans...)})
	}
	var b strings.Builder
	for _, p := range plans {
		printPlan(&b, p)
	}
	return ok(text(b.String()))
}

func printPlan(b *strings.Builder, p model.DevicePlan) {
	fmt.Fprintf(b, "device %s (%s): ", p.Name, p.ID)
	switch {
	case !p.Known:
		b.WriteString("not read yet\n")
	case len(p.Steps) == 0:
		b.WriteString("nothing to do\n")
	default:
		fmt.Fprintf(b, "%d steps\n", len(p.Steps))
	}
	for _, step := range p.Steps {
		fmt.Fprintf(b, "  %s\n", step)
	}
}

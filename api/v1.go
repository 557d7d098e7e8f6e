package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"bordergw/model"
)

func resolveProbe(name string) endpoint {
	switch name {
	case "readyz":
		return get("/readyz", true, ready)
	case "metrics":
		return get("/metrics", true, showMetrics)
	}
	return get("/"+name, true, func(*call) (reply, error) { return ok(plainBody("ok\n")) })
}

// showMetrics lets a scrape wait while many others are being answered. Those
// whose client does not read end before the wait does.
func showMetrics(c *call) (reply, error) {
	patience, end := context.WithTimeout(c.r.Context(), metricsTimeout)
	defer end()
	select {
	case c.metrics.slots <- struct{}{}:
	case <-patience.Done():
		return c.busy(), nil
	}
	defer func() { <-c.metrics.slots }()
	c.metrics.handler.ServeHTTP(&timedWriter{ResponseWriter: c.w, timeout: metricsTimeout}, c.r)
	return reply{}, nil
}

func ready(c *call) (reply, error) {
	if err := c.cfg.Status.Ready(); err != nil {
		return reply{status: http.StatusServiceUnavailable, body: plainBody("not ready: " + model.Printable(err.Error()) + "\n")}, nil
	}
	return ok(plainBody("ok\n"))
}

func resolveV1(c *call, seg []string) endpoint {
	if len(seg) > 1 && seg[0] == "networks" {
		return resolveNetworkV1(c, seg[1:])
	}
	if len(seg) == 2 && seg[0] == "managers" {
		c.id = seg[1]
		return endpoint{route: managerRoute, serve: permitted(actionManagers, serveManager)}
	}
	if len(seg) > 0 && seg[0] == "quarantine" {
		return resolveQuarantine(c, seg[1:])
	}
	if len(seg) == 2 && seg[0] == "deleted-devices" {
		c.id = seg[1]
		return only(http.MethodDelete, "/v1/deleted-devices/{id}", permitted(actionPurge, purgeDevice))
	}
	if len(seg) > 0 && seg[0] == "devices" {
		return resolveDevices(c, seg[1:])
	}
	if len(seg) > 0 && seg[0] == "macs" {
		return resolveMACs(c, seg[1:])
	}
	if len(seg) > 0 && seg[0] == "revisions" {
		return resolveRevisions(c, seg[1:])
	}
	if len(seg) == 2 && seg[0] == "site" {
		return resolveSite(seg[1])
	}
	if len(seg) != 1 {
		return notFound()
	}
	switch seg[0] {
	case "overview":
		return get("/v1/overview", false, permitted(actionOverview, showOverview))
	case "deleted-devices":
		return get("/v1/deleted-devices", false, permitted(actionDevices, deletedDevices))
	case "plan":
		return get("/v1/plan", false, permitted(actionPlan, plan))
	case "audit":
		return get("/v1/audit", false, permitted(actionAudit, audit))
	case "events":
		return get(eventsRoute(c.r), false, permitted(actionEvents, events))
	case "export":
		return get("/v1/export", false, permitted(actionExport, export))
	case "trace":
		return get("/v1/trace", false, permitted(actionTrace, trace))
	case "backup":
		return get("/v1/backup", false, permitted(actionBackup, makeBackup))
	case "site":
		return get("/v1/site", false, permitted(actionExport, exportSite))
	case "import":
		return only(http.MethodPost, "/v1/import", permitted(actionImport, importAll))
	case "whoami":
		return get("/v1/whoami", false, whoami)
	case "version":
		return get("/v1/version", false, func(c *call) (reply, error) {
			return ok(map[string]string{"version": c.cfg.Version})
		})
	}
	return notFound()
}

// eventsRoute keeps streams, which last, apart in the metrics.
func eventsRoute(r *http.Request) string {
	if wantsStream(r) {
		return "/v1/events?stream=1"
	}
	return "/v1/events"
}

// unfreezeMAC answers 404 where nothing is frozen.
func unfreezeMAC(c *call) (reply, error) {
	mac, err := parseUnicastMAC(c.id)
	if err != nil {
		return reply{}, inputError("mac_address", err)
	}
	if _, known := c.defs.Networks.Get(c.parent); !known {
		return reply{}, model.ErrNetworkNotFound(c.parent)
	}
	if m := mac.(model.MAC); !c.cfg.Status.UnfreezeMAC(c.parent, m) {
		return reply{}, &model.Error{Kind: model.NotFound, Type: "FrozenMacNotFound",
			Message: fmt.Sprintf("MAC %s of network %s is not frozen.", m, c.parent)}
	}
	return reply{status: http.StatusNoContent}, nil
}

// deletedDevices lists all, or those of an id or name.
func deletedDevices(c *call) (reply, error) {
	q, out := c.url.query(), []model.DeletedDevice{}
	chosen := func(key, value string) bool { return len(q[key]) == 0 || slices.Contains(q[key], value) }
	for _, d := range c.cfg.Status.DeletedDevices() {
		if chosen("id", d.ID) && chosen("name", d.Name) {
			out = append(out, d)
		}
	}
	return ok(map[string][]model.DeletedDevice{"deleted_devices": out})
}

// purgeDevice gives up a deleted device that will not be cleaned.
func purgeDevice(c *call) (reply, error) {
	if err := c.cfg.Store.PurgeRetired(c.r.Context(), c.id); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

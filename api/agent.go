package api

import (
	"time"

	"bordergw/model"

	"github.com/gofrs/uuid/v5"
)

// agentView shows the session with one switch database as an agent of Neutron,
// so that stock clients show which are alive.
type agentView struct {
	id     string
	report model.DeviceReport
	// since is when the session came or went.
	since time.Time
	alive bool
}

// Meta implements record. Agents belong to nobody.
func (v agentView) Meta() *model.Record { return &model.Record{ID: v.id} }

// heartbeat is now for a session that stands: it is probed all the time.
func (v agentView) heartbeat() time.Time {
	if v.alive {
		return time.Now()
	}
	return v.since
}

func viewAgent(r model.DeviceReport) agentView {
	v := agentView{id: r.ID, report: r}
	if v.id == "" {
		// A discovered database has no id. This one stays the same.
		v.id = uuid.NewV5(uuid.NamespaceURL, r.Endpoint+" "+r.Name).String()
	}
	if c := model.FindCondition(r.Status.Conditions, model.Reachable); c != nil {
		v.alive, v.since = c.True, c.Since
	}
	return v
}

func agents() *resource[agentView] {
	absent := func(id string) error {
		return &model.Error{Kind: model.NotFound, Type: "AgentNotFound", Message: "Agent " + printed(id) + " could not be found."}
	}
	return &resource[agentView]{
		singular: "agent", plural: "agents", route: "/v2.0/agents",
		attrs: agentAttributes(),
		all:   allAgents,
		find: func(c *call, id string) (agentView, error) {
			for _, v := range allAgents(c) {
				if v.id == id {
					return v, nil
				}
			}
			return agentView{}, absent(id)
		},
		absent: absent,
	}
}

func allAgents(c *call) (out []agentView) {
	for _, r := range c.cfg.Status.DeviceReports() {
		out = append(out, viewAgent(r))
	}
	return out
}

func agentAttributes() []attribute[agentView] {
	type A = agentView
	configurations := func(v A) any {
		return agentConfigurations{v.report.Endpoint, v.report.SchemaVersion, v.report.Status.Phase,
			v.report.LogicalSwitches, v.report.RemoteMACs, v.report.LocalMACs}
	}
	return []attribute[A]{
		identity[A](),
		{name: "agent_type", filter: true, sort: true, format: shown(text), show: func(A) any { return "L2 Gateway agent" }},
		{name: "binary", filter: true, sort: true, format: shown(text), show: func(A) any { return "bordergw" }},
		{name: "host", filter: true, sort: true, format: shown(text), show: func(v A) any { return v.report.Name }},
		{name: "topic", filter: true, format: shown(text), show: func(A) any { return "l2gateway_agent" }},
		{name: "availability_zone", filter: true, format: shown(text), show: func(A) any { return "" }},
		{name: "alive", filter: true, format: shown(boolean), show: func(v A) any { return v.alive }},
		{name: "admin_state_up", filter: true, format: shown(boolean), show: func(A) any { return true }},
		readOnly("description", "as Neutron answers it", plainText(), func(v A) any { return v.report.Status.Detail }),
		readOnly("created_at", "as Neutron answers it", plainText(), func(v A) any { return neutronTime(v.since) }),
		readOnly("started_at", "as Neutron answers it", plainText(), func(v A) any { return neutronTime(v.since) }),
		readOnly("heartbeat_timestamp", "when it last was alive", plainText(), func(v A) any { return neutronTime(v.heartbeat()) }),
		readOnly("configurations", "what the device is", schemaOf[agentConfigurations](), configurations),
	}
}

// agentConfigurations is what an agent reports of itself.
type agentConfigurations struct {
	Endpoint        string `json:"endpoint"`
	SchemaVersion   string `json:"schema_version"`
	Status          string `json:"status"`
	LogicalSwitches int    `json:"logical_switches"`
	RemoteMACs      int    `json:"remote_macs"`
	LocalMACs       int    `json:"local_macs"`
}

// neutronTime is the form of Neutron's times, in UTC.
func neutronTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

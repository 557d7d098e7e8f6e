package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
)

// adminRole is the role that administrators have, in any case of letters.
const adminRole = "admin"

// Rule says who may do something. The zero Rule allows nobody.
type Rule struct {
	anybody bool
	// owner allows whoever belongs to the object's project.
	owner bool
	roles []string
}

var (
	adminOnly    = Rule{roles: []string{adminRole}}
	adminOrOwner = Rule{roles: []string{adminRole}, owner: true}
)

// ParseRule reads alternatives joined by " or ": admin_only, admin_or_owner,
// owner, any, role:NAME. The prefix "rule:" of policy files is accepted.
func ParseRule(s string) (Rule, error) {
	var r Rule
	for term := range strings.SplitSeq(s, " or ") {
		term = strings.TrimPrefix(strings.TrimSpace(term), "rule:")
		role, isRole := strings.CutPrefix(term, "role:")
		switch {
		case isRole && role != "" && !strings.ContainsAny(role, " \t:"):
			r.roles = append(r.roles, role)
		case term == "admin_only":
			r.roles = append(r.roles, adminRole)
		case term == "admin_or_owner":
			r.roles, r.owner = append(r.roles, adminRole), true
		case term == "owner":
			r.owner = true
		case term == "any":
			r.anybody = true
		default:
			return Rule{}, fmt.Errorf("%q is not one of admin_only, admin_or_owner, owner, any, role:NAME, joined by \" or \"", s)
		}
	}
	return r, nil
}

// allows reports whether somebody may act on an object of that project.
func (r Rule) allows(who Identity, project string) bool {
	return r.anybody || r.owner && project != "" && who.Project == project || slices.ContainsFunc(r.roles, who.hasRole)
}

// mayAllow reports whether somebody may act on an object that is his own.
func (r Rule) mayAllow(who Identity) bool { return r.allows(who, who.Project) }

// Policy is the rule of every action.
type Policy map[string]Rule

// Actions that are not on a resource.
const (
	actionOverview = "get_overview"
	actionDevices  = "get_device_report"
	actionPlan     = "get_plan"
	actionAudit    = "get_audit"
	actionExport   = "export"
	actionImport   = "import"
	actionUnfreeze = "unfreeze_mac"
	actionPurge    = "purge_device"

	actionQuarantine    = "get_quarantine"
	actionEndQuarantine = "end_quarantine"

	actionEndpoints = "set_endpoints"
	actionMembers   = "get_network_members"
	actionManagers  = "set_manager"
	actionEvents    = "get_events"

	actionBackup = "get_backup"
	actionMACs   = "get_mac"
	actionTrace  = "trace"

	actionPlanSite  = "plan_site"
	actionApplySite = "apply_site"
	actionAdopt     = "adopt_device"

	actionHistory  = "get_history"
	actionRollback = "rollback"
)

// verbs are the actions on resources, where the resource has them.
var verbs = []string{"create", "get", "update", "delete"}

// defaultPolicy is upstream's: networking-l2gw is for administrators, devices
// and networks are for their owners too.
func defaultPolicy() Policy {
	p := Policy{}
	for resource, r := range map[string]Rule{
		"l2_gateway": adminOnly, "l2_gateway_connection": adminOnly, "agent": adminOnly, "quota": adminOnly,
		"gateway_device": adminOrOwner, "remote_mac_entry": adminOrOwner, "network": adminOrOwner,
	} {
		for _, verb := range verbs {
			p[verb+"_"+resource] = r
		}
	}
	p["get_quota"] = adminOrOwner
	for _, never := range []string{"create_agent", "update_agent", "delete_agent", "create_quota", "update_l2_gateway_connection", "update_remote_mac_entry"} {
		delete(p, never)
	}
	for _, action := range []string{actionOverview, actionDevices, actionPlan, actionAudit, actionExport, actionImport, actionUnfreeze, actionPurge, actionQuarantine, actionEndQuarantine,
		actionEndpoints, actionMembers, actionManagers, actionEvents, actionBackup, actionMACs, actionTrace, actionPlanSite, actionApplySite, actionAdopt, actionHistory, actionRollback} {
		p[action] = adminOnly
	}
	return p
}

// NewPolicy is the default policy with the given rules, as ParseRule reads
// them, in the place of those of the same actions. An action that does not
// exist is an error.
func NewPolicy(rules map[string]string) (Policy, error) {
	p := defaultPolicy()
	for _, action := range slices.Sorted(maps.Keys(rules)) {
		if _, ok := p[action]; !ok {
			return nil, fmt.Errorf("there is no action %q, but %s", action, strings.Join(slices.Sorted(maps.Keys(p)), ", "))
		}
		r, err := ParseRule(rules[action])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", action, err)
		}
		p[action] = r
	}
	return p, nil
}

// caller is who asks, and the rules that say what he may do.
type caller struct {
	Identity
	rules Policy
}

// may reports whether the caller may do something to an object of a project.
func (c caller) may(action, project string) bool { return c.rules[action].allows(c.Identity, project) }

// hidesNetwork reports whether there is a network that the caller may not see.
// To him it does not exist, also where another object names it.
func (c caller) hidesNetwork(defs *model.Definitions, id string) bool {
	n, ok := defs.Networks.Get(id)
	return ok && !n.Shared && !c.may("get_network", n.ProjectID)
}

// hidesDevice is the same of a registered device.
func (c caller) hidesDevice(defs *model.Definitions, id string) bool {
	d, ok := defs.Devices.Get(id)
	return ok && !c.may("get_gateway_device", d.ProjectID)
}

// permitted serves only those whom the policy allows the action, which is on
// nobody's object: an owner is not asked for.
func permitted(action string, f func(*call) (reply, error)) func(*call) (reply, error) {
	return func(c *call) (reply, error) {
		if !c.who.may(action, "") {
			return reply{}, model.ErrAdminRequired(c.r.Method)
		}
		return f(c)
	}
}

// rule is that of a verb on the resource. What no rule is about can not be
// done at all, and is refused as such later.
func (r *resource[T]) rule(c *call, verb string) Rule {
	if rule, ok := c.who.rules[verb+"_"+r.singular]; ok {
		return rule
	}
	return c.who.rules["get_"+r.singular]
}

// authorise refuses those to whom no object can make the verb allowed. Who may
// see nothing sees an empty list, unless the resource says how it refuses.
func (r *resource[T]) authorise(c *call, verb string) error {
	if r.rule(c, verb).mayAllow(c.who.Identity) || verb == "get" && r.refuse == nil {
		return nil
	}
	return r.refusal(verb)
}

func (r *resource[T]) refusal(verb string) error {
	if r.refuse != nil {
		return r.refuse(verb)
	}
	return errPolicy(verb + "_" + r.singular)
}

func (r *resource[T]) visible(c *call, v T) bool {
	return r.rule(c, "get").allows(c.who.Identity, v.Meta().ProjectID) || r.public != nil && r.public(v)
}

// lookup finds the item of the path if the caller may see it. Upstream looks
// up before it changes, hence one verb for all.
func (r *resource[T]) lookup(c *call) (v T, err error) {
	if err := r.authorise(c, "get"); err != nil {
		return v, err
	}
	v, err = r.find(c, c.id)
	if err == nil && !r.visible(c, v) {
		err = r.absent(c.id)
	}
	return v, err
}

// lookupFor finds the item of the path if the caller may do the verb to it.
func (r *resource[T]) lookupFor(c *call, verb string) error {
	v, err := r.lookup(c)
	if err == nil && !r.rule(c, verb).allows(c.who.Identity, v.Meta().ProjectID) {
		err = r.refusal(verb)
	}
	return err
}

// adminRequired is how networking-l2gw refuses.
func adminRequired(verb string) error {
	return model.ErrAdminRequired(map[string]string{"create": "CREATE", "get": "GET", "update": "UPDATE", "delete": "DELETE"}[verb])
}

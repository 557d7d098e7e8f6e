package site

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
)

// Rollback says what has to change so that definitions are what they were: those of p.Then, in
// the place of now. It deletes what was not there.
func Rollback(now *model.Definitions, p *model.Past, o Options) *Plan {
	r := newReturner(now, p.Then)
	r.plan.file = fmt.Sprintf("revision %d", p.At)
	r.compare()
	r.plan.on = now
	r.was = append(r.was, r.plan.loseEndpoints(r.what.Networks.Delete)...)
	r.findLost(p.Lost)
	if len(r.plan.Changes) > 0 {
		what := r.what
		r.plan.steps = []step{{run: func(e model.Editor) error { return e.Restore(&what) }}}
	}
	r.findKept()
	r.plan.checkDeletions(r.managed(), o, false)
	r.plan.sort()
	r.plan.Rests = r.rests(p.At, o)
	return r.plan
}

// Between says what has changed from one state of the definitions to another.
func Between(before, after *model.Definitions) []Change {
	r := newReturner(before, after)
	r.compare()
	r.plan.sort()
	return r.plan.Changes
}

// returner compares what definitions are with what they were.
type returner struct {
	now, then *state
	plan      *Plan
	what      model.Restoration
	// was and is have each record that differs, as it is now and as it is to be.
	was, is []any
	// kept counts the objects that change, by the program that keeps them.
	kept map[string]int
}

func newReturner(now, then *model.Definitions) *returner {
	return &returner{now: newState(now), then: newState(then),
		kept: map[string]int{}, plan: &Plan{Site: All, Changes: []Change{}, Switches: []model.SwitchPreview{}, Findings: []Finding{}, touched: map[[2]string]bool{}}}
}

func (r *returner) compare() {
	r.switches()
	r.networks()
	r.gateways()
	r.connections()
	r.quotas()
}

// managed counts all that a rollback may delete, by kind.
func (r *returner) managed() map[string]int {
	return map[string]int{kindSwitch: r.now.Devices.Len(), kindNetwork: r.now.Networks.Len(), kindGateway: r.now.Gateways.Len(),
		kindConnection: r.now.Connections.Len(), kindQuota: r.now.Quotas.Len()}
}

// rests are the first two parts of the token: what changes as it is now, and what it is to be.
func (r *returner) rests(at uint64, o Options) string {
	was, _ := json.Marshal(r.was) // records always encode
	changes, _ := json.Marshal(r.plan.Changes)
	is, _ := json.Marshal(r.is)
	options, _ := json.Marshal(o)
	return tokenPart(was, changes) + "-" + tokenPart(is, options, fmt.Append(nil, at))
}

// add adds the change of an object.
func (r *returner) add(kind, name string, now, then *model.Record, fields []Field) *Change {
	one := Change{Action: Update, Kind: kind, Name: name}
	switch {
	case then == nil:
		one.Action, one.Project, fields = Delete, now.ProjectID, []Field{}
	case now == nil:
		one.Action, one.Project = Create, then.ProjectID
	default:
		one.Project = then.ProjectID
		fields = slices.Concat(fields, changedText("project", now.ProjectID, then.ProjectID), changedText("managed_by", now.ManagedBy, then.ManagedBy))
		if len(fields) == 0 {
			fields = []Field{{"order", "as it is", "as it was"}}
		}
	}
	if one.Fields = fields; fields == nil {
		one.Fields = []Field{}
	}
	if by := cmp.Or(now, then).ManagedBy; by != "" && siteOf(by) == "" {
		r.kept[by]++
	}
	r.plan.Changes = append(r.plan.Changes, one)
	return &r.plan.Changes[len(r.plan.Changes)-1]
}

func (r *returner) networks() {
	for _, t := range differing(r, r.now.Networks, r.then.Networks, plainNetwork) {
		restore(&r.what.Networks, t)
		var was *Network
		var fields []Field
		name := ""
		if t.now != nil {
			was = r.now.network(t.now)
			name = was.Key
		}
		if t.then != nil {
			is := r.then.network(t.then)
			name, fields = is.Key, fieldsOf(networkAttributes, was, is)
		}
		r.add(kindNetwork, name, metaOf(t.now), metaOf(t.then), fields)
		if t.now != nil && t.then != nil && t.now.VNI != t.then.VNI {
			r.interrupted(t.now.ID, name)
		}
	}
}

// interrupted finds what a network is connected to whose VNI changes.
func (r *returner) interrupted(id, name string) {
	for c := range r.then.Connections.All() {
		if c.NetworkID == id {
			r.plan.find("W06", "network "+name, "its VNI changes: the traffic of its connections is interrupted")
			return
		}
	}
}

func (r *returner) switches() {
	seen := map[string]bool{}
	for _, t := range differing(r, r.now.Devices, r.then.Devices, plainSwitch) {
		restore(&r.what.Devices, t)
		seen[cmp.Or(metaOf(t.then), metaOf(t.now)).ID] = true
		r.addSwitch(t)
	}
	var others []string
	for device := range r.then.RemoteMACs.Changes(r.now.RemoteMACs) {
		if !seen[device] {
			seen[device], others = true, append(others, device)
		}
	}
	for _, id := range slices.Sorted(slices.Values(others)) {
		was, standsNow := r.now.Devices.Get(id)
		is, stoodThen := r.then.Devices.Get(id)
		if standsNow && stoodThen && r.macsDiffer(id) {
			r.addSwitch(twins[*model.GatewayDevice]{was, is})
		}
	}
}

// addSwitch adds the change of a switch with its remote MACs.
func (r *returner) addSwitch(t twins[*model.GatewayDevice]) {
	var was *Switch
	var before []RemoteMAC
	var fields []Field
	name := ""
	if t.now != nil {
		was = r.now.device(t.now, r.now.RemoteMACs.Of(t.now.ID))
		name, before = was.Key, was.RemoteMACs
	}
	if t.then != nil {
		is := r.then.device(t.then, r.then.RemoteMACs.Of(t.then.ID))
		macs, _ := macsField(before, is.RemoteMACs)
		name, fields = is.Key, slices.Concat(fieldsOf(switchAttributes, was, is), macs)
		r.restoreMACs(t.then.ID)
	} else {
		for m := range r.now.RemoteMACs.Of(t.now.ID).All() { // they go with it
			r.was = append(r.was, m.RemoteMACEntry)
		}
	}
	r.add(kindSwitch, name, metaOf(t.now), metaOf(t.then), fields)
}

// macsDiffer reports whether the remote MACs of a device differ.
func (r *returner) macsDiffer(device string) bool {
	for c := range r.then.RemoteMACs.Of(device).Changes(r.now.RemoteMACs.Of(device)) {
		if c.Was == nil || c.Now == nil || c.Was.RemoteMACEntry != c.Now.RemoteMACEntry {
			return true
		}
	}
	return false
}

// restoreMACs notes which remote MACs of a device come and go.
func (r *returner) restoreMACs(device string) {
	macs := &r.what.RemoteMACs
	for c := range r.then.RemoteMACs.Of(device).Changes(r.now.RemoteMACs.Of(device)) {
		if c.Was != nil && c.Now != nil && c.Was.RemoteMACEntry == c.Now.RemoteMACEntry {
			continue
		}
		if c.Was != nil {
			macs.Delete, r.was = append(macs.Delete, c.Was), append(r.was, c.Was.RemoteMACEntry)
		}
		if c.Now != nil {
			macs.Put, r.is = append(macs.Put, c.Now), append(r.is, c.Now.RemoteMACEntry)
		}
	}
	slices.SortFunc(macs.Put, func(a, b *model.RemoteMAC) int {
		return cmp.Or(strings.Compare(a.DeviceID, b.DeviceID), cmp.Compare(a.Seq, b.Seq))
	})
}

func (r *returner) gateways() {
	for _, t := range differing(r, r.now.Gateways, r.then.Gateways, plainGateway) {
		restore(&r.what.Gateways, t)
		var was *Gateway
		var fields []Field
		name, devices := "", Field{"devices", "[]", ""}
		if t.now != nil {
			was = r.now.gateway(t.now)
			name, devices.From = was.Key, devicesText(was.Devices)
		}
		if t.then != nil {
			is := r.then.gateway(t.then)
			name, fields = is.Key, fieldsOf(gatewayAttributes, was, is)
			if devices.To = devicesText(is.Devices); devices.From != devices.To {
				fields = append(fields, devices)
				r.plan.touch(t.then.ID, anyNetwork)
			}
		}
		r.add(kindGateway, name, metaOf(t.now), metaOf(t.then), fields)
	}
}

func (r *returner) connections() {
	for _, t := range differing(r, r.now.Connections, r.then.Connections, plainConnection) {
		restore(&r.what.Connections, t)
		r.addConnection(t)
	}
}

func (r *returner) addConnection(t twins[*model.L2GatewayConnection]) {
	var was, is *Connection
	var fields []Field
	if t.now != nil {
		was = r.now.connection(t.now)
	}
	if is = was; t.then != nil {
		is = r.then.connection(t.then)
		fields = segmentField(was, is)
	}
	name := is.Gateway + " " + is.Network
	anew := t.then != nil && (t.now == nil || t.now.L2GatewayID != t.then.L2GatewayID || t.now.NetworkID != t.then.NetworkID || len(fields) > 0)
	if anew && t.now != nil {
		fields = slices.Concat(changedText("gateway", was.Gateway, is.Gateway), changedText("network", was.Network, is.Network), fields)
	}
	change := r.add(kindConnection, name, metaOf(t.now), metaOf(t.then), fields)
	if anew {
		r.plan.touch(t.then.L2GatewayID, t.then.NetworkID)
	}
	if anew && t.now != nil {
		change.Action = Replace
		r.plan.find("W06", "connection "+name, "it is made anew: the traffic of its ports is interrupted")
	}
}

func (r *returner) quotas() {
	for _, t := range differing(r, r.now.Quotas, r.then.Quotas, plainQuota) {
		restore(&r.what.Quotas, t)
		var was, is model.Limits
		if t.now != nil {
			was = t.now.Limits
		}
		if t.then != nil {
			is = t.then.Limits
		}
		r.add(kindQuota, cmp.Or(metaOf(t.then), metaOf(t.now)).ID, metaOf(t.now), metaOf(t.then), limitFields(was, is))
	}
}

// limitFields are the limits that differ. One that is not set is the default.
func limitFields(was, is model.Limits) (out []Field) {
	for _, name := range slices.Sorted(maps.Keys(was.With(is))) {
		text := func(of model.Limits) string {
			if n, set := of[name]; set {
				return fmt.Sprint(n)
			}
			return "default"
		}
		if from, to := text(was), text(is); from != to {
			out = append(out, Field{name, from, to})
		}
	}
	return out
}

// findKept finds programs that may change what a rollback gives them.
func (r *returner) findKept() {
	for _, by := range slices.Sorted(maps.Keys(r.kept)) {
		r.plan.find("W09", "manager "+by, "it keeps %s of these: it may change them again", countOf(r.kept[by], "object"))
	}
}

// findLost finds what nobody can bring back: what sources said of networks that are created.
func (r *returner) findLost(sets []string) {
	for _, n := range r.what.Networks.Put {
		if _, stands := r.now.Networks.Get(n.ID); stands {
			continue
		}
		for _, id := range sets {
			if source, of := strings.CutPrefix(id, model.EndpointSetID(n.ID, "")); of {
				r.plan.find("W08", kindNetwork+" "+keyOf(r.then.keys.networks, n.ID), "its endpoints of source %s do not come back: the source has to name them again", model.Shown(source))
			}
		}
	}
}

package site

import (
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
)

// Action is what a change does to an object.
type Action string

// The actions, each with the sign that a plan shows.
const (
	Create  Action = "create"  // +
	Update  Action = "update"  // ~
	Delete  Action = "delete"  // -
	Replace Action = "replace" // !
	Adopt   Action = "adopt"   // >
	Left    Action = "left"    // .
)

// Sign is how people see the action.
func (a Action) Sign() string {
	return map[Action]string{Create: "+", Update: "~", Delete: "-", Replace: "!", Adopt: ">", Left: "."}[a]
}

// Options of Compare.
type Options struct {
	// Prune deletes what the site manages and the file does not have.
	Prune bool `json:"prune"`
	// TakeOver takes objects from other managers.
	TakeOver bool `json:"take_over"`
	// MaxDelete is the percentage of the site's objects, and of its connections, that may be
	// deleted. Three objects may be in any case.
	MaxDelete int `json:"max_delete"`
	// Allow are the codes of findings that are errors and do not refuse the plan.
	Allow []string `json:"allow,omitempty"`
}

// Check says which option has a value that it can not have.
func (o *Options) Check() error {
	if o.MaxDelete < 0 || o.MaxDelete > 100 {
		return model.ErrBadRequest("Invalid input for max_delete. Reason: '%d' is no percentage from 0 to 100.", o.MaxDelete)
	}
	for _, code := range o.Allow {
		if !slices.Contains(allowable, code) {
			return model.ErrBadRequest("Invalid input for allow. Reason: '%s' is not one of %s.", model.Shown(model.Clip(code, 64)), strings.Join(allowable, ", "))
		}
	}
	return nil
}

// allowable are the findings that can be let through.
var allowable = []string{"E01", "E02", "E03", "E04", "E05", "E06", "E07"}

// DefaultMaxDelete is the percentage that a change without an order to the contrary may delete.
const DefaultMaxDelete = 20

// Field is an attribute that a change gives another value.
type Field struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Change is what happens to one object.
type Change struct {
	Action  Action  `json:"action"`
	Kind    string  `json:"kind"`
	Name    string  `json:"name"`
	Project string  `json:"project"`
	Line    int     `json:"line,omitempty"`
	Fields  []Field `json:"fields"`
}

// Finding is something that people should know before a plan is carried out.
type Finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Object   string `json:"object"`
	Message  string `json:"message"`
}

// Refusal is why a plan is not carried out without an order to the contrary.
type Refusal struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Details []string `json:"details"`
}

// The codes of refusals.
const (
	OwnedBySite      = "OwnedBySite"
	TooManyDeletions = "TooManyDeletions"
	Preflight        = "Preflight"
	// RuleRefused: a rule refuses it, and no order to the contrary helps.
	RuleRefused = "RuleRefused"
)

// Plan is what has to change so that definitions are those of a file.
type Plan struct {
	Site    string   `json:"site"`
	Token   string   `json:"token"`
	Changes []Change `json:"changes"`
	// Switches are those to which something would be written, as their databases stand.
	Switches []model.SwitchPreview `json:"switches"`
	Findings []Finding             `json:"findings"`
	Refused  *Refusal              `json:"refused"`

	// Rests are the parts of the token that findings have no say in.
	Rests string `json:"-"`
	file  string
	steps []step
	// touched are the connections that are created or made anew, by gateway and network; anyNetwork stands
	// for all of a gateway, whose devices change.
	touched map[[2]string]bool
	// on are the definitions that the plan was made on, lost the networks that it deletes.
	on   *model.Definitions
	lost map[string]bool
}

const anyNetwork = ""

// touch notes a connection whose ports and switches are looked at.
func (p *Plan) touch(gateway, network string) { p.touched[[2]string{gateway, network}] = true }

// touches reports whether a connection is to be looked at, and whether all of it.
func (p *Plan) touches(c *model.L2GatewayConnection) (is, whole bool) {
	whole = p.touched[[2]string{c.L2GatewayID, c.NetworkID}]
	return whole || p.touched[[2]string{c.L2GatewayID, anyNetwork}], whole
}

// step is one call of an editor. Steps are made phase by phase.
type step struct {
	phase phase
	line  int
	what  string
	run   func(model.Editor) error
}

type phase int

// The order of the phases keeps references whole: what refers goes first and comes last.
const (
	deleteConnections phase = iota
	deleteGateways
	changeSwitches
	changeNetworks
	changeGateways
	createConnections
	deleteRest
	phases
)

// Changed is the number of changes, without what is left.
func (p *Plan) Changed() int {
	n := 0
	for _, c := range p.Changes {
		if c.Action != Left {
			n++
		}
	}
	return n
}

// Apply makes the changes with an editor.
func (p *Plan) Apply(e model.Editor) error {
	for at := range phases {
		if err := p.applyPhase(e, at); err != nil {
			return err
		}
	}
	return nil
}

// applyPhase makes the steps of one phase. One may need another of its phase first, such as a
// switch that gets the address of another: those that are refused are tried again until
// nothing moves.
func (p *Plan) applyPhase(e model.Editor, at phase) error {
	pending := make([]step, 0, len(p.steps))
	for _, s := range p.steps {
		if s.phase == at {
			pending = append(pending, s)
		}
	}
	for len(pending) > 0 {
		var refused []step
		var first error
		for _, s := range pending {
			if err := s.run(e); err != nil {
				if refused = append(refused, s); first == nil {
					first = p.named(s, err)
				}
			}
		}
		if len(refused) == len(pending) {
			return first
		}
		pending = refused
	}
	return nil
}

// named says which object of the file a refusal is about.
func (p *Plan) named(s step, err error) error {
	where := s.what
	if where == "" { // it says so itself
		return err
	}
	if s.line > 0 {
		where = fmt.Sprintf("%s:%d: %s", p.file, s.line, where)
	}
	return model.About(where, err)
}

// checkDeletions refuses a plan that deletes too much of what the site manages.
func (p *Plan) checkDeletions(managed map[string]int, o Options, empty bool) {
	deleted, all, total := map[string]int{}, 0, 0
	for _, c := range p.Changes {
		if c.Action == Delete {
			deleted[c.Kind]++
			all++
		}
	}
	for _, n := range managed {
		total += n
	}
	switch {
	case all == 0 || o.MaxDelete >= 100:
	case empty:
		p.refuse(TooManyDeletions, fmt.Sprintf("the file defines nothing, and --prune deletes all that site %s manages: --max-delete 100", p.Site))
	default:
		p.checkShare([]share{{all, total, "objects"}, {deleted[kindConnection], managed[kindConnection], "connections"}}, o.MaxDelete)
	}
}

// share is a number of objects out of all of a kind.
type share struct {
	n, of int
	what  string
}

// percent is rounded up.
func (s share) percent() int { return (s.n*100 + s.of - 1) / max(s.of, 1) }

// checkShare refuses the plan for the share that needs most to be allowed, so that this is enough.
func (p *Plan) checkShare(shares []share, percent int) {
	shares = slices.DeleteFunc(shares, func(s share) bool { return !tooMany(s.n, s.of, percent) })
	if len(shares) > 0 {
		s := slices.MaxFunc(shares, func(a, b share) int { return a.percent() - b.percent() })
		p.refuse(TooManyDeletions, fmt.Sprintf("deletes %d of %d %s (%d %%), allowed are %d %%: --max-delete %d", s.n, s.of, s.what, s.percent(), percent, s.percent()))
	}
}

// alwaysAllowed is how many objects may be deleted whatever part of all they are.
const alwaysAllowed = 3

func tooMany(n, of, percent int) bool { return n > alwaysAllowed && n*100 > percent*of }

// refuse keeps the first refusal, and gathers the details of its code.
func (p *Plan) refuse(code, message string) {
	if p.Refused == nil {
		p.Refused = &Refusal{Code: code, Message: message}
	}
	if p.Refused.Code == code {
		p.Refused.Details = append(p.Refused.Details, message)
	}
}

// find adds a finding.
func (p *Plan) find(code, object, format string, args ...any) {
	severity := "warning"
	if strings.HasPrefix(code, "E") {
		severity = "error"
	}
	p.Findings = append(p.Findings, Finding{code, severity, object, fmt.Sprintf(format, args...)})
}

// sort gives changes, findings and steps an order that does not depend on the file's.
func (p *Plan) sort() {
	slices.SortStableFunc(p.Changes, func(a, b Change) int {
		if left := (a.Action == Left); left != (b.Action == Left) {
			return map[bool]int{true: 1, false: -1}[left]
		}
		return strings.Compare(orderOf[a.Kind]+a.Name+"\x00"+a.Project, orderOf[b.Kind]+b.Name+"\x00"+b.Project)
	})
	slices.SortStableFunc(p.Findings, func(a, b Finding) int {
		return strings.Compare(a.Code+a.Object+"\x00"+a.Message, b.Code+b.Object+"\x00"+b.Message)
	})
}

// The kinds as people call them, and the order in which a plan shows them.
const (
	kindSwitch     = "switch"
	kindNetwork    = "network"
	kindGateway    = "gateway"
	kindConnection = "connection"
	kindQuota      = "quota"
)

var orderOf = map[string]string{kindSwitch: "0", kindNetwork: "1", kindGateway: "2", kindConnection: "3", kindQuota: "4"}

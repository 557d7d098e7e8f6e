package api

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"strings"

	"bordergw/model"
)

// defaultPlanLimit is the number of steps shown of each device when no limit is given.
const defaultPlanLimit = 1000

// plan shows what would be sent, as text unless JSON is asked for. Limit 0 is every step.
func plan(c *call) (reply, error) {
	q := c.url.query()
	limit, err := planLimit(q)
	if err != nil {
		return reply{}, err
	}
	plans, err := plansOf(c, q.Get("device"), limit)
	if err != nil {
		return reply{}, err
	}
	format := q.Get("format")
	if format == "json" || format == "" && strings.Contains(c.r.Header.Get("Accept"), "application/json") {
		return ok(stream{{"plans", sentPlans(plans, limit)}})
	}
	return ok(textStream(planLines(plans, limit)))
}

// plansOf are those of all devices, or that of one, of an id or a name.
func plansOf(c *call, device string, limit int) (iter.Seq[model.DevicePlan], error) {
	if device == "" {
		return c.cfg.Status.Plans(limit), nil
	}
	id, err := registered(c, device)
	if err != nil {
		return nil, err
	}
	p, is := c.cfg.Status.Plan(id, limit)
	if !is { // deleted meanwhile
		return nil, model.ErrGatewayDeviceNotFound(device)
	}
	return slices.Values([]model.DevicePlan{p}), nil
}

func planLimit(q url.Values) (int, error) {
	p, err := parsePage(q)
	if q.Get("limit") == "" {
		p.limit = defaultPlanLimit
	}
	return p.limit, err
}

// moreSteps is how many steps of a plan are not shown.
func moreSteps(p *model.DevicePlan, limit int) int {
	if limit == 0 {
		return 0
	}
	return max(0, p.Count-limit)
}

func sentPlans(plans iter.Seq[model.DevicePlan], limit int) items {
	return func(yield func(any, error) bool) {
		for p := range plans {
			if !yield(sentPlan(&p, limit), nil) {
				return
			}
		}
	}
}

func sentPlan(p *model.DevicePlan, limit int) members {
	more := moreSteps(p, limit)
	return append(members{{"id", p.ID}, {"name", p.Name}, {"known", p.Known}}.unless(p.Detail == "", "detail", p.Detail),
		member{"steps", stepsOf(p)}).unless(more == 0, "more_steps", more)
}

func stepsOf(p *model.DevicePlan) items {
	return func(yield func(any, error) bool) {
		if p.Steps == nil {
			return
		}
		for step := range p.Steps {
			if !yield(step, nil) {
				return
			}
		}
	}
}

// planLines are the lines of all plans.
func planLines(plans iter.Seq[model.DevicePlan], limit int) iter.Seq[string] {
	return func(yield func(string) bool) {
		none := true
		for p := range plans {
			none = false
			if !yield(planHead(&p)) || !stepLines(&p, limit, yield) {
				return
			}
		}
		if none {
			yield("no device is registered\n")
		}
	}
}

// stepLines reports whether more lines are wanted.
func stepLines(p *model.DevicePlan, limit int, yield func(string) bool) bool {
	for step := range stepsOf(p) {
		if !yield("  " + model.Printable(step.(string)) + "\n") {
			return false
		}
	}
	more := moreSteps(p, limit)
	return more == 0 || yield(fmt.Sprintf("  and %d more %s, limit 0 shows all\n", more, stepWord(more)))
}

func planHead(p *model.DevicePlan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "device %s (%s): ", model.Printable(p.Name), p.ID)
	switch {
	case !p.Known && p.Detail != "":
		fmt.Fprintf(&b, "not driven: %s\n", p.Detail)
	case !p.Known:
		b.WriteString("not read yet\n")
	case p.Count == 0:
		b.WriteString("nothing to do\n")
	default:
		fmt.Fprintf(&b, "%d %s\n", p.Count, stepWord(p.Count))
	}
	if p.Known && p.Detail != "" {
		fmt.Fprintf(&b, "  %s\n", p.Detail)
	}
	return b.String()
}

func stepWord(count int) string {
	if count == 1 {
		return "step"
	}
	return "steps"
}

// textStream is a plain text that is sent while it is made.
type textStream iter.Seq[string]

func (s textStream) contentType() string { return plainType }

func (s textStream) writeTo(w io.Writer) error {
	b := bufio.NewWriterSize(w, sendBuffer)
	for part := range s {
		if _, err := b.WriteString(model.PrintableLines(part)); err != nil {
			return err
		}
	}
	return b.Flush()
}

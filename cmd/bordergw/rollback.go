package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bordergw/site"
)

// rollbackFlags say which revision is meant, and what may be done for it.
type rollbackFlags struct {
	to      uint64
	options site.Options
	token   string
	yes     bool
	dry     bool
	form    output
}

func (f *rollbackFlags) bind(fs *pflag.FlagSet) {
	fs.Var(setting[uint64]{&f.to, "REVISION", parseRevision}, "to", "the revision that definitions become those of; required")
	fs.Var(setting[string]{&f.token, "TOKEN", parseToken}, "plan", "token of the plan that is meant; anything else is refused")
	fs.BoolVar(&f.yes, "yes", false, "do not ask")
	fs.BoolVar(&f.dry, "dry-run", false, "print the plan with its token, and change nothing")
	f.form.bindForms(fs, "with --dry-run, how to print the plan", "table", "json", "yaml")
	bindLimits(fs, &f.options)
}

// rollbackOrder is a request to plan a rollback, or to carry one out.
type rollbackOrder struct {
	MaxDelete int      `json:"max_delete"`
	Allow     []string `json:"allow,omitempty"`
	Token     string   `json:"token,omitempty"`
}

// call sends the order, and gives the answer as it came too. A refusal has the exit code that its status
// stands for.
func (f *rollbackFlags) call(ctx context.Context, api *client, what, token string, answer any) ([]byte, error) {
	order := rollbackOrder{f.options.MaxDelete, f.options.Allow, token}
	text, err := api.do(ctx, http.MethodPost, fmt.Sprintf("%s/%d/%s", revisionsPath, f.to, what), "application/json", order)
	if err != nil {
		return nil, siteRefusal(err)
	}
	if json.Unmarshal(text, answer) != nil {
		return nil, api.unreadable()
	}
	return text, nil
}

// rollbackCommand makes definitions what they were.
func rollbackCommand() *cobra.Command {
	flags, f := &clientFlags{}, &rollbackFlags{}
	c := &cobra.Command{Use: "rollback", Short: "Make the definitions what they were at a revision, all of them or none", Args: argsOfUse,
		Example: "  bordergw rollback --to 41\n  bordergw rollback --to 41 --dry-run -o json\n  bordergw rollback --to 41 --yes --max-delete 50"}
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		switch {
		case !c.Flags().Changed("to"):
			return usagef("a revision is needed: --to N; bordergw history lists them")
		case f.dry:
			return f.showPlan(c, api)
		case f.form.raw():
			return usagef("-o %s is for --dry-run", f.form.form)
		}
		token := f.token
		if token == "" && !f.yes {
			p := &site.Plan{}
			if _, err := f.call(c.Context(), api, "plan", "", p); err != nil {
				return err
			}
			printPlan(c.OutOrStdout(), f.title(), p)
			if done, err := f.agree(c, p); done || err != nil {
				return err
			}
			token = p.Token
		}
		return f.apply(c, api, token)
	})
	flags.bind(c.Flags())
	f.bind(c.Flags())
	return c
}

func (f *rollbackFlags) title() string { return fmt.Sprintf("rollback to %d", f.to) }

// showPlan prints the plan, with how to carry it out. One that is refused is refused here too.
func (f *rollbackFlags) showPlan(c *cobra.Command, api *client) error {
	p := &site.Plan{}
	text, err := f.call(c.Context(), api, "plan", "", p)
	if err != nil {
		return err
	}
	w := c.OutOrStdout()
	if f.form.raw() {
		if err := f.form.text(w, text); err != nil {
			return err
		}
	} else {
		printPlan(w, f.title(), p)
	}
	switch {
	case p.Refused != nil:
		return siteRefusal(&apiError{Status: http.StatusUnprocessableEntity, Type: p.Refused.Code, Message: p.Refused.Message, Details: p.Refused.Details})
	case p.Changed() > 0 && !f.form.raw():
		fmt.Fprintf(w, "plan %s\napply it with: bordergw rollback --to %d%s --plan %s\n", p.Token, f.to, givenLimits(&f.options), p.Token)
	}
	return nil
}

// agree asks whether the plan that was shown is to be carried out. It reports whether there is
// nothing more to do.
func (f *rollbackFlags) agree(c *cobra.Command, p *site.Plan) (done bool, err error) {
	switch {
	case p.Changed() == 0 && p.Refused == nil:
		return true, nil
	case p.Refused != nil:
		return false, nil // apply says so
	case !isTerminal(c.InOrStdin()):
		return true, usagef("without a terminal to ask at, --yes or --plan %s is needed", p.Token)
	case !agreed(c, "roll back"):
		return true, errors.New("nothing was changed")
	}
	return false, nil
}

func (f *rollbackFlags) apply(c *cobra.Command, api *client, token string) error {
	var done struct {
		site.Plan
		Revision uint64 `json:"revision"`
	}
	if _, err := f.call(c.Context(), api, "apply", token, &done); err != nil {
		return err
	}
	printPlan(c.OutOrStdout(), f.title(), &done.Plan)
	if done.Revision != 0 {
		fmt.Fprintf(c.OutOrStdout(), "rolled back to %d: revision %d\n", f.to, done.Revision)
	}
	return nil
}

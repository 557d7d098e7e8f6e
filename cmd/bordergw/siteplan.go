package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bordergw/site"
	"bordergw/vtep/transport"
)

// siteFlags name a site file and say what may be done with it.
type siteFlags struct {
	path string
	site.Options
}

func (f *siteFlags) bind(fs *pflag.FlagSet) {
	fs.StringVarP(&f.path, "file", "f", "", "site file; - is standard input")
	fs.BoolVar(&f.Prune, "prune", false, "delete what the site manages and the file does not have")
	fs.BoolVar(&f.TakeOver, "take-over", false, "take objects from other sites and programs")
	bindLimits(fs, &f.Options)
}

// bindLimits binds what a plan of a site file and one of a rollback are refused for unless it is allowed.
func bindLimits(fs *pflag.FlagSet, o *site.Options) {
	fs.IntVar(&o.MaxDelete, "max-delete", site.DefaultMaxDelete, "percentage of the objects that are managed that may be deleted")
	fs.StringSliceVar(&o.Allow, "allow", nil, "codes of findings that do not refuse the plan, such as E01,E02")
}

// givenLimits are those flags as they have to be given again.
func givenLimits(o *site.Options) (out string) {
	if o.MaxDelete != site.DefaultMaxDelete {
		out += fmt.Sprintf(" --max-delete %d", o.MaxDelete)
	}
	if len(o.Allow) > 0 {
		out += " --allow " + strings.Join(o.Allow, ",")
	}
	return out
}

// given are the flags that the plan rests upon, as they have to be given again.
func (f *siteFlags) given() (out string) {
	if f.Prune {
		out += " --prune"
	}
	if f.TakeOver {
		out += " --take-over"
	}
	return out + givenLimits(&f.Options)
}

// order is a request of /v1/site.
type order struct {
	File string `json:"file"`
	Name string `json:"name"`
	site.Options
	Token string `json:"token,omitempty"`
}

// read reads the file and parses it, so that a mistake in it is one of the command line.
func (f *siteFlags) read(in io.Reader) (*order, *site.File, error) {
	var text []byte
	var err error
	switch f.path {
	case "":
		return nil, nil, usagef("a site file is needed: -f FILE")
	case "-":
		text, err = transport.ReadAll(in, f.path, site.MaxSize)
	default:
		text, err = transport.ReadFile(f.path, site.MaxSize)
	}
	if err != nil {
		return nil, nil, err
	}
	parsed, err := site.Parse(f.path, text)
	if err == nil {
		err = parsed.Applicable()
	}
	if err != nil {
		return nil, nil, usageError{err}
	}
	return &order{File: string(text), Name: f.path, Options: f.Options}, parsed, nil
}

// siteCall sends an order. A refusal has the exit code that its status stands for.
func siteCall(ctx context.Context, api *client, what string, o *order, answer any) error {
	text, err := api.do(ctx, http.MethodPost, "/v1/site/"+what, "application/json", o)
	if err != nil {
		return siteRefusal(err)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return api.unreadable()
	}
	return nil
}

func siteRefusal(err error) error {
	var refused *apiError
	if !errors.As(err, &refused) || len(refused.Details) == 0 && refused.Status != http.StatusUnprocessableEntity {
		return err
	}
	lines := slices.Clone(refused.Details)
	switch refused.Status {
	case http.StatusConflict:
		for i := range lines {
			lines[i] = "  " + lines[i]
		}
		return coded{errors.New(strings.Join(append([]string{refused.Message + ":"}, lines...), "\n")), exitStale}
	case http.StatusUnprocessableEntity:
		return coded{errors.New(strings.Join(append(lines, allowedBy(refused)...), "\n")), exitUnsafe}
	}
	return errors.New(strings.Join(lines, "\n"))
}

// allowedBy names the flag that allows what findings refuse. The refusal of a rule can not be allowed.
func allowedBy(refused *apiError) []string {
	rule := func(detail string) bool { return strings.HasPrefix(detail, site.RefusedByRule) }
	if refused.Type != site.Preflight || slices.ContainsFunc(refused.Details, rule) {
		return nil
	}
	return []string{"--allow CODE,… lets such findings through"}
}

func fetchPlan(c *cobra.Command, api *client, f *siteFlags) (*site.Plan, *order, error) {
	o, _, err := f.read(c.InOrStdin())
	if err != nil {
		return nil, nil, err
	}
	p := &site.Plan{}
	return p, o, siteCall(c.Context(), api, "plan", o, p)
}

// planSite shows what a site file would change.
func planSite(c *cobra.Command, api *client, f *siteFlags, form string, exitCode bool) error {
	p, _, err := fetchPlan(c, api, f)
	switch {
	case err != nil:
		return err
	case form == "json":
		text, err := json.Marshal(p)
		if err == nil {
			err = output{form: form}.text(c.OutOrStdout(), text)
		}
		if err != nil {
			return err
		}
	default:
		printPlan(c.OutOrStdout(), "site "+p.Site, p)
		if p.Changed() > 0 && p.Refused == nil {
			fmt.Fprintf(c.OutOrStdout(), "plan %s\napply it with: bordergw apply -f %s%s --plan %s\n", p.Token, f.path, f.given(), p.Token)
		}
	}
	if exitCode && len(p.Changes) > 0 {
		return coded{errAnswered, exitNo}
	}
	return nil
}

// applyCommand makes the definitions those of a site file.
func applyCommand() *cobra.Command {
	flags, file := &clientFlags{}, &siteFlags{}
	var token string
	var yes bool
	var wait afterwards
	c := &cobra.Command{Use: "apply", Short: "Make the definitions those of a site file, all of them or none", Args: argsOfUse,
		Example: "  bordergw apply -f dc1.yaml\n  bordergw apply -f dc1.yaml --prune --yes\n  bordergw apply -f dc1.yaml --yes --wait=Bound,30s"}
	c.Flags().Var(setting[string]{&token, "TOKEN", parseToken}, "plan", "token of the plan that is meant; anything else is refused")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	wait.bind(c.Flags())
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		o, parsed, err := file.read(c.InOrStdin())
		if err != nil {
			return err
		}
		o.Token = token
		if token == "" && !yes {
			if err := agree(c, api, o); err != nil {
				return err
			}
		}
		if err := apply(c, api, o); err != nil {
			return err
		}
		return wait.wait(c, api, parsed.Site)
	})
	flags.bind(c.Flags())
	file.bind(c.Flags())
	return c
}

// parseToken refuses what a script has of a plan that failed: nothing at all would mean any plan.
func parseToken(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", errors.New("the token is empty")
	}
	return text, nil
}

// agree shows the plan and asks. What is agreed to is that plan and no other.
func agree(c *cobra.Command, api *client, o *order) error {
	if o.Name == "-" || !isTerminal(c.InOrStdin()) {
		return usagef("without a terminal to ask at, --yes or --plan TOKEN is needed")
	}
	p := &site.Plan{}
	if err := siteCall(c.Context(), api, "plan", o, p); err != nil {
		return err
	}
	printPlan(c.OutOrStdout(), "site "+p.Site, p)
	o.Token = p.Token
	if p.Changed() == 0 || p.Refused != nil {
		return nil // apply says so
	}
	if !agreed(c, "apply it") {
		return errors.New("nothing was changed")
	}
	return nil
}

// agreed asks a question at the terminal.
func agreed(c *cobra.Command, question string) bool {
	fmt.Fprint(c.OutOrStdout(), question+"? [y/N] ")
	answer, _ := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

func isTerminal(in io.Reader) bool {
	f, isFile := in.(*os.File)
	if !isFile {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	nobody, err := os.Stat(os.DevNull) // where services have their input from
	return err != nil || !os.SameFile(info, nobody)
}

func apply(c *cobra.Command, api *client, o *order) error {
	var done struct {
		site.Plan
		Revision uint64 `json:"revision"`
	}
	if err := siteCall(c.Context(), api, "apply", o, &done); err != nil {
		return err
	}
	printPlan(c.OutOrStdout(), "site "+done.Site, &done.Plan)
	if done.Revision != 0 {
		fmt.Fprintf(c.OutOrStdout(), "applied: revision %d\n", done.Revision)
	}
	return nil
}

// checkCommand shows the findings alone.
func checkCommand() *cobra.Command {
	flags, file := &clientFlags{}, &siteFlags{}
	c := &cobra.Command{Use: "check", Short: "Say what stands in the way of a site file", Args: argsOfUse, Example: "  bordergw check -f dc1.yaml"}
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		p, _, err := fetchPlan(c, api, file)
		if err != nil {
			return err
		}
		if len(p.Findings) == 0 {
			api.remark("no findings")
		}
		bad := false
		for _, f := range p.Findings {
			fmt.Fprintf(c.OutOrStdout(), "%s %s: %s\n", f.Code, f.Object, f.Message)
			bad = bad || f.Severity == "error"
		}
		if bad {
			return coded{errAnswered, exitNo}
		}
		return nil
	})
	flags.bind(c.Flags())
	file.bind(c.Flags())
	return c
}

// diffCommand compares the canonical texts of what a site manages and of its file.
func diffCommand() *cobra.Command {
	flags, file := &clientFlags{}, &siteFlags{}
	c := &cobra.Command{Use: "diff", Short: "Compare what a site manages with its file, as diff -u does", Args: argsOfUse, Example: "  bordergw diff -f dc1.yaml"}
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		_, want, err := file.read(c.InOrStdin())
		if err != nil {
			return err
		}
		text, err := api.do(c.Context(), http.MethodGet, "/v1/site?site="+want.Site, "application/yaml", nil)
		if err != nil {
			return err
		}
		is, err := site.Parse("the answer", text)
		if err != nil {
			return api.unreadable()
		}
		site.Fill(want, is)
		diff := site.Diff(site.Print(is), site.Print(want), "site "+want.Site, file.path)
		if len(diff) == 0 {
			return nil
		}
		if _, err := c.OutOrStdout().Write(diff); err != nil {
			return err
		}
		return coded{errAnswered, exitNo}
	})
	flags.bind(c.Flags())
	c.Flags().StringVarP(&file.path, "file", "f", "", "site file; - is standard input")
	return c
}

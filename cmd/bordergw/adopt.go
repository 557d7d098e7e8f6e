package main

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"bordergw/model"
	"bordergw/site"
)

// adoption is what adopt asks for.
type adoption struct {
	site, gateway string
	strict        bool
	form          output
}

// adoptCommand prints the site file of what stands unmanaged on switches.
func adoptCommand() *cobra.Command {
	flags, a := &clientFlags{}, &adoption{}
	c := &cobra.Command{Use: "adopt SWITCH...", Short: "Print a site file of what stands unmanaged on switches, with notes on standard error", Args: argsOfUse,
		Example: "  bordergw adopt sw1 sw2 --site dc1 > dc1.yaml\n  bordergw adopt --strict sw1 > /dev/null\n  bordergw adopt sw1 -o json"}
	c.Flags().StringVar(&a.site, "site", "", "owner of the file (default: the site that manages the switches, or adopted)")
	c.Flags().StringVar(&a.gateway, "gateway", "", "what the names of gateways begin with (default adopted)")
	c.Flags().BoolVar(&a.strict, "strict", false, "exit with 3 if there is any note")
	a.form.bindForms(c.Flags(), "how to print the file: json and yaml have the notes with it", "table", "json", "yaml")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		return a.run(c.Context(), api, args, c.OutOrStdout())
	})
	flags.bind(c.Flags())
	positional(c)
	flags.completeArguments(c, named(deviceNoun))
	return c
}

func (a *adoption) run(ctx context.Context, api *client, switches []string, out io.Writer) error {
	path, err := a.path(ctx, api, switches)
	if err != nil {
		return err
	}
	var answer struct {
		File  string
		Notes []site.Note
	}
	text, err := api.get(ctx, path, &answer)
	switch {
	case err != nil:
		return err
	case a.form.raw():
		err = a.form.text(out, text)
	default:
		_, err = io.WriteString(out, answer.File)
		for _, n := range answer.Notes {
			fmt.Fprintln(api.warnings, model.Printable(n.Code+" "+n.Object+": "+n.Message))
		}
	}
	if err != nil {
		return err
	}
	if a.strict && len(answer.Notes) > 0 {
		return coded{errAnswered, exitNo}
	}
	return nil
}

// path asks for all switches in one request: what several have of one name is one network.
func (a *adoption) path(ctx context.Context, api *client, switches []string) (string, error) {
	noun, ids := deviceNoun(), make([]string, len(switches))
	for i, ref := range switches {
		id, err := api.resolve(ctx, &noun, noun.path, ref)
		if err != nil {
			return "", err
		}
		ids[i] = id
	}
	q := url.Values{}
	for _, id := range ids[1:] {
		q.Add("with", id)
	}
	for key, value := range map[string]string{"site": a.site, "gateway": a.gateway} {
		if value != "" {
			q.Set(key, value)
		}
	}
	path := "/v1/devices/" + url.PathEscape(ids[0]) + "/adopt"
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return path, nil
}

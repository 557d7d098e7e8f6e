package main

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"
)

// planCommand shows what the daemon would send, which sends nothing.
func planCommand() *cobra.Command {
	flags := &clientFlags{}
	form := "text"
	var limit uint
	file := &siteFlags{}
	var exitCode bool
	c := &cobra.Command{Use: "plan", Short: "Show what would be sent to the devices now, or what a site file would change", Args: argsOfUse,
		Example: "  bordergw plan\n  bordergw plan --device sw1\n  bordergw plan -f dc1.yaml"}
	c.Flags().String("device", "", "show what would be sent to this device only")
	flags.completeFlag(c, "device", named(deviceNoun))
	c.Flags().BoolVar(&exitCode, "exit-code", false, "with --file: exit with 3 if anything would change or is left")
	file.bind(c.Flags())
	c.Flags().VarP(oneOf(&form, "text", "json"), "output", "o", "how to print the plan")
	c.Flags().UintVar(&limit, "limit", 1000, "number of steps of each device; 0 is all")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		if file.path != "" && c.Flags().Changed("device") {
			return usagef("--device and --file can not be used together")
		}
		if file.path != "" {
			return planSite(c, api, file, form, exitCode)
		}
		q := url.Values{}
		if c.Flags().Changed("limit") {
			q.Set("limit", strconv.FormatUint(uint64(limit), 10))
		}
		if err := resolveInto(c, api, q, "device", deviceNoun()); err != nil {
			return err
		}
		return printSent(c, api, q, form)
	})
	flags.bind(c.Flags())
	return c
}

// printSent prints what would be sent.
func printSent(c *cobra.Command, api *client, q url.Values, form string) error {
	path := "/v1/plan"
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	accept := map[string]string{"text": "text/plain", "json": "application/json"}[form]
	text, err := api.do(c.Context(), http.MethodGet, path, accept, nil)
	switch {
	case err != nil:
		return err
	case form == "json":
		return output{form: form}.text(c.OutOrStdout(), text)
	}
	_, err = c.OutOrStdout().Write(text)
	return err
}

package main

import (
	"net/http"
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
		Example: "  bordergw plan\n  bordergw plan -f dc1.yaml"}
	c.Flags().BoolVar(&exitCode, "exit-code", false, "with --file: exit with 3 if anything would change or is left")
	file.bind(c.Flags())
	c.Flags().VarP(oneOf(&form, "text", "json"), "output", "o", "how to print the plan")
	c.Flags().UintVar(&limit, "limit", 1000, "number of steps of each device; 0 is all")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		if file.path != "" {
			return planSite(c, api, file, form, exitCode)
		}
		accept := map[string]string{"text": "text/plain", "json": "application/json"}[form]
		path := "/v1/plan"
		if c.Flags().Changed("limit") {
			path += "?limit=" + strconv.FormatUint(uint64(limit), 10)
		}
		text, err := api.do(c.Context(), http.MethodGet, path, accept, nil)
		switch {
		case err != nil:
			return err
		case form == "json":
			return output{form: form}.text(c.OutOrStdout(), text)
		}
		_, err = c.OutOrStdout().Write(text)
		return err
	})
	flags.bind(c.Flags())
	return c
}

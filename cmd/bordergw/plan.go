package main

import (
	"net/http"

	"github.com/spf13/cobra"
)

// planCommand shows what the daemon would send, which sends nothing.
func planCommand() *cobra.Command {
	flags := &clientFlags{}
	form := "text"
	c := &cobra.Command{Use: "plan", Short: "Show what would be sent to the devices now", Args: argsOfUse}
	c.Flags().VarP(oneOf(&form, "text", "json"), "output", "o", "how to print the plan")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		accept := map[string]string{"text": "text/plain", "json": "application/json"}[form]
		text, err := api.do(c.Context(), http.MethodGet, "/v1/plan", accept, nil)
		switch {
		case err != nil:
			return err
		case form == "json":
			return output{form}.text(c.OutOrStdout(), text)
		}
		_, err = c.OutOrStdout().Write(text)
		return err
	})
	flags.bind(c.Flags())
	return c
}

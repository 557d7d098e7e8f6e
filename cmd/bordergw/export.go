package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"bordergw/vtep/transport"
)

// maxExport bounds what import reads. The daemon takes less.
const maxExport = maxAnswer

// exportCommand prints all definitions, or a site file.
func exportCommand() *cobra.Command {
	flags := &clientFlags{}
	var site string
	var all, ids bool
	var at uint64
	c := &cobra.Command{Use: "export", Short: "Print all definitions, for import, or a site file", Args: argsOfUse,
		Example: "  bordergw export > bordergw.json\n  bordergw export --site dc1 > dc1.yaml\n  bordergw export --at 41 --all"}
	c.Flags().StringVar(&site, "site", "", "print the site file of what this site manages")
	c.Flags().BoolVar(&all, "all", false, "print a site file of everything, whoever made it")
	c.Flags().BoolVar(&ids, "ids", false, "write the ids into the site file")
	c.Flags().Var(setting[uint64]{&at, "REVISION", parseRevision}, "at", "print the site file as it was at this revision")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		if site != "" || all {
			query := url.Values{"site": {site}, "all": {strconv.FormatBool(all)}, "ids": {strconv.FormatBool(ids)}}
			if c.Flags().Changed("at") {
				query.Set("at", strconv.FormatUint(at, 10))
			}
			return printSite(c, api, query)
		}
		for _, flag := range []string{"ids", "at"} {
			if c.Flags().Changed(flag) {
				return usagef("--%s needs --site or --all", flag)
			}
		}
		text, err := api.do(c.Context(), http.MethodGet, "/v1/export", "application/json", nil)
		if err != nil {
			return err
		}
		return output{form: "json"}.text(c.OutOrStdout(), text)
	})
	flags.bind(c.Flags())
	return c
}

// printSite prints a site file as the daemon makes it.
func printSite(c *cobra.Command, api *client, choice url.Values) error {
	text, err := api.do(c.Context(), http.MethodGet, "/v1/site?"+choice.Encode(), "application/yaml", nil)
	if err != nil {
		return err
	}
	_, err = c.OutOrStdout().Write(text)
	return err
}

// importCommand fills a daemon that has no definitions.
func importCommand() *cobra.Command {
	flags := &clientFlags{}
	c := &cobra.Command{Use: "import FILE", Short: "Take over what export printed, into an empty daemon (FILE - is standard input)", Args: argsOfUse,
		Example: "  bordergw import bordergw.json"}
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		text, err := readExport(args[0], c.InOrStdin())
		if err != nil {
			return err
		}
		_, err = api.do(c.Context(), http.MethodPost, "/v1/import", "application/json", text)
		return err
	})
	flags.bind(c.Flags())
	return c
}

func readExport(path string, in io.Reader) (text json.RawMessage, err error) {
	if path == "-" {
		text, err = transport.ReadAll(in, path, maxExport)
	} else {
		text, err = transport.ReadFile(path, maxExport)
	}
	switch {
	case err != nil:
		return nil, err
	case !json.Valid(text):
		return nil, errors.New(path + " is not JSON")
	}
	return text, nil
}

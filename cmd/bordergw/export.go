package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"bordergw/vtep/transport"
)

// maxExport bounds what import reads. The daemon takes less.
const maxExport = maxAnswer

// exportCommand prints all definitions.
func exportCommand() *cobra.Command {
	flags := &clientFlags{}
	c := &cobra.Command{Use: "export", Short: "Print all definitions, for import", Args: argsOfUse}
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		text, err := api.do(c.Context(), http.MethodGet, "/v1/export", "application/json", nil)
		if err != nil {
			return err
		}
		return output{"json"}.text(c.OutOrStdout(), text)
	})
	flags.bind(c.Flags())
	return c
}

// importCommand fills a daemon that has no definitions.
func importCommand() *cobra.Command {
	flags := &clientFlags{}
	c := &cobra.Command{Use: "import FILE", Short: "Take over what export printed, into an empty daemon (FILE - is standard input)", Args: argsOfUse}
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

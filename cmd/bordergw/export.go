package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"bordergw/model"
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

func readExport(path string, in io.Reader) (json.RawMessage, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, model.Plain(err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxExport+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading %w", model.Plain(err))
	case len(text) > maxExport:
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxExport)
	case !json.Valid(text):
		return nil, errors.New(path + " is not JSON")
	}
	return text, nil
}

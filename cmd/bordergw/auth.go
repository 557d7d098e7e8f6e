package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"bordergw/api"
	"bordergw/vtep/transport"
)

// authenticator gives what the configuration asks for.
func (c *config) authenticator() (api.Authenticator, error) {
	switch c.Auth {
	case authHeaders:
		return api.TrustedHeaders{}, nil
	case authToken:
		tokens, err := readTokens(c.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("reading the tokens: %w", err)
		}
		return api.NewTokens(tokens), nil
	case authKeystone:
		return c.Keystone.authenticator()
	}
	return api.NoAuth{}, nil
}

// tokenEntry is an element of the list in a token file.
type tokenEntry struct {
	Token   string   `yaml:"token"`
	User    string   `yaml:"user"`
	Project string   `yaml:"project"`
	Roles   []string `yaml:"roles"`
}

func readTokens(path string) ([]api.Token, error) {
	text, err := transport.ReadFile(path, maxConfigSize)
	if err != nil {
		return nil, err
	}
	tokens, err := parseTokens(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tokens, nil
}

// parseTokens never shows a token in its errors.
func parseTokens(text []byte) ([]api.Token, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var entries []tokenEntry
	if err := dec.Decode(&entries); err != nil && !errors.Is(err, io.EOF) {
		return nil, withoutValues(err)
	}
	if len(entries) == 0 {
		return nil, errors.New("there is no token")
	}
	seen := map[string]bool{}
	tokens := make([]api.Token, len(entries))
	for i, e := range entries {
		switch {
		case e.Token == "" || e.User == "" || e.Project == "":
			return nil, fmt.Errorf("entry %d: token, user and project are needed", i+1)
		case seen[e.Token]:
			return nil, fmt.Errorf("entry %d: the token is given twice", i+1)
		}
		seen[e.Token] = true
		tokens[i] = api.Token{Secret: e.Token, User: e.User, Project: e.Project, Roles: e.Roles}
	}
	return tokens, nil
}

// withoutValues keeps only the lines of YAML errors, which quote what they
// could not read.
func withoutValues(err error) error {
	const want = "a list of token, user, project and roles is expected"
	var bad *yaml.TypeError
	if errors.As(err, &bad) && len(bad.Errors) > 0 {
		if line, _, ok := strings.Cut(bad.Errors[0], ":"); ok {
			return errors.New(line + ": " + want)
		}
	}
	return errors.New(want)
}

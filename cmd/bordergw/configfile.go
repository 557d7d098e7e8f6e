package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"bordergw/model"
	"bordergw/vtep/transport"
)

// maxConfigSize bounds what is read of a configuration or token file.
const maxConfigSize = 1 << 20

// readConfigFile sets the keys that the YAML file gives and notes their lines.
// It refuses unknown and repeated keys and values that are not scalars.
func readConfigFile(path string, keys *pflag.FlagSet, origin origins) error {
	text, err := transport.ReadFile(path, maxConfigSize)
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	return parseConfig(path, text, keys, origin)
}

func parseConfig(path string, text []byte, keys *pflag.FlagSet, origin origins) error {
	root, err := parseDocument(text)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case root == nil:
		return nil
	case root.Kind != yaml.MappingNode:
		return fmt.Errorf("%s:%d: a mapping of keys to values is expected", path, root.Line)
	}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		where := fmt.Sprintf("%s:%d: %s", path, key.Line, key.Value)
		if err := setKey(keys, origin, key, value, where); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	return nil
}

// parseDocument gives the root node of the only document, nil if it is empty.
func parseDocument(text []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, model.Plain(err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("one YAML document is expected")
	}
	return doc.Content[0], nil
}

func setKey(keys *pflag.FlagSet, origin origins, key, value *yaml.Node, where string) error {
	name := strings.ReplaceAll(key.Value, "_", "-")
	flag := keys.Lookup(name)
	switch {
	case flag == nil || flag.Name != name || strings.Contains(key.Value, "-"):
		return errors.New("unknown key")
	case origin[name] != "":
		return errors.New("the key is given twice")
	case value.Kind == yaml.MappingNode && strings.Contains(flag.Value.Type(), "="):
		origin[name] = where
		return setPairs(flag, value)
	case value.Kind == yaml.SequenceNode && isList(flag):
		origin[name] = where
		return setElements(flag, value)
	case value.Kind != yaml.ScalarNode || value.ShortTag() == "!!null":
		return errors.New("one value is expected")
	}
	origin[name] = where
	return flag.Value.Set(value.Value)
}

// isList reports whether a key takes a list of values.
func isList(flag *pflag.Flag) bool {
	_, ok := flag.Value.(pflag.SliceValue)
	return ok && !strings.Contains(flag.Value.Type(), "=")
}

// setElements sets a flag once for each element of a list.
func setElements(flag *pflag.Flag, list *yaml.Node) error {
	for _, value := range list.Content {
		if value.Kind != yaml.ScalarNode || value.ShortTag() == "!!null" {
			return fmt.Errorf("line %d: one value is expected", value.Line)
		}
		if err := flag.Value.Set(value.Value); err != nil {
			return fmt.Errorf("line %d: %w", value.Line, err)
		}
	}
	return nil
}

// setPairs sets a flag once for each pair of a mapping.
func setPairs(flag *pflag.Flag, mapping *yaml.Node) error {
	seen := map[string]bool{}
	for i := 0; i < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		switch {
		case value.Kind != yaml.ScalarNode || value.ShortTag() == "!!null":
			return fmt.Errorf("line %d: %s: one value is expected", key.Line, key.Value)
		case seen[key.Value]:
			return fmt.Errorf("line %d: %s is given twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		if err := flag.Value.Set(key.Value + "=" + value.Value); err != nil {
			return fmt.Errorf("line %d: %w", key.Line, err)
		}
	}
	return nil
}

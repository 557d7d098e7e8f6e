package main

import (
	"fmt"
	"slices"
	"strings"
)

// setting is a pflag.Value whose text is checked when it is set, so that a bad
// value is reported with the flag or the line it came from.
type setting[T any] struct {
	target *T
	kind   string
	parse  func(string) (T, error)
}

func (s setting[T]) Set(text string) error {
	v, err := s.parse(text)
	if err != nil {
		return err
	}
	*s.target = v
	return nil
}

func (s setting[T]) String() string {
	if s.target == nil { // pflag calls it on the zero value
		return ""
	}
	return fmt.Sprint(*s.target)
}

func (s setting[T]) Type() string { return s.kind }

// oneOf is a setting that takes one of a few words.
func oneOf(target *string, words ...string) setting[string] {
	return setting[string]{target, strings.Join(words, "|"), func(text string) (string, error) {
		if !slices.Contains(words, text) {
			return "", fmt.Errorf("%q is not one of %s", text, strings.Join(words, ", "))
		}
		return text, nil
	}}
}

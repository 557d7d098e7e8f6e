package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bordergw/api"
	"bordergw/model"
)

// policyRules is a pflag.Value of pairs ACTION=RULE, separated by ';'.
type policyRules map[string]string

func (p policyRules) Set(text string) error {
	for pair := range strings.SplitSeq(text, ";") {
		action, rule, ok := strings.Cut(pair, "=")
		action = strings.TrimSpace(action)
		if !ok {
			return fmt.Errorf("%q is not ACTION=RULE", pair)
		}
		if _, err := api.NewPolicy(map[string]string{action: rule}); err != nil {
			return err
		}
		p[action] = rule
	}
	return nil
}

func (p policyRules) String() string {
	var pairs []string
	for _, action := range slices.Sorted(maps.Keys(p)) {
		pairs = append(pairs, action+"="+p[action])
	}
	return strings.Join(pairs, ";")
}

func (policyRules) Type() string { return "action=rule" }

// limit is a pflag.Value: the limit of one resource.
type limit struct {
	limits   model.Limits
	resource string
}

func (l limit) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < model.Unlimited {
		return fmt.Errorf("%q is not a number, and not -1 for no limit", text)
	}
	l.limits[l.resource] = int(n)
	return nil
}

func (l limit) String() string { return strconv.Itoa(l.limits.Of(l.resource)) }

func (limit) Type() string { return "number" }

package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bordergw/model"
	"bordergw/site"
)

// afterwards is what a command waits for when it has done its work: the zero value for nothing.
type afterwards struct {
	condition string
	timeout   time.Duration
}

// String is the default in a help text.
func (a afterwards) String() string { return a.condition }

func (a *afterwards) bind(fs *pflag.FlagSet) {
	fs.Var(setting[afterwards]{a, "CONDITION[,TIMEOUT]", parseAfterwards}, "wait",
		fmt.Sprintf("wait until a condition of all connections of the site is true: %s (default %s,%s)", strings.Join(connectionConditions(), ", "), model.Programmed, waitTimeout))
	fs.Lookup("wait").NoOptDefVal = model.Programmed
	_ = fs.SetAnnotation("wait", wordsFlag, connectionConditions()) // fails for an unknown flag only
}

func parseAfterwards(s string) (out afterwards, err error) {
	condition, timeout, timed := strings.Cut(s, ",")
	if out.condition, err = parseCondition(condition); err != nil {
		return out, err
	}
	if !slices.Contains(connectionConditions(), out.condition) {
		return out, fmt.Errorf("a connection has no condition %s", out.condition)
	}
	out.timeout = waitTimeout
	if timed {
		out.timeout, err = time.ParseDuration(timeout)
	}
	if err == nil && out.timeout <= 0 {
		err = fmt.Errorf("%s is not a positive duration", timeout)
	}
	return out, err
}

// wait waits for the connections that a site manages.
func (a *afterwards) wait(c *cobra.Command, api *client, name string) error {
	if a.condition == "" {
		return nil
	}
	w := &waiter{api: api, out: c.OutOrStdout()}
	if err := w.addEach(c.Context(), "connection", a.condition, url.Values{"managed_by": {site.Manager(name)}}); err != nil {
		return err
	}
	return w.wait(c.Context(), a.timeout)
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bordergw/model"
)

const (
	defaultURL     = "http://127.0.0.1:9696"
	requestTimeout = 30 * time.Second
	// maxAnswer bounds the memory that an answer may take.
	maxAnswer = 256 << 20
)

// object is one resource of an answer, its values as they came.
type object map[string]json.RawMessage

// text is a string attribute, "" if it is none.
func (o object) text(key string) string {
	var s string
	if json.Unmarshal(o[key], &s) != nil {
		return ""
	}
	return s
}

// client talks to the REST API of one daemon.
type client struct {
	base string
	// origin says where base is from.
	origin string
	token  string
	http   *http.Client
	// warnings takes what the daemon remarks on a request that it carried out,
	// and what we do ourselves.
	warnings io.Writer
}

// clientFlags are the flags of every command that is a client.
type clientFlags struct {
	url, token string
	timeout    time.Duration
}

func (f *clientFlags) bind(fs *pflag.FlagSet) {
	fs.StringVar(&f.url, "url", "", "where the daemon listens (BORDERGW_URL; default "+defaultURL+")")
	fs.StringVar(&f.token, "token", "", "authentication token (BORDERGW_TOKEN)")
	fs.DurationVar(&f.timeout, "request-timeout", requestTimeout, "give up on a request after this time")
}

// withClient is a command body that is handed a client, which is closed when
// the body returns.
func (f *clientFlags) withClient(body func(*cobra.Command, *client, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := f.connect()
		if err != nil {
			return err
		}
		defer c.http.CloseIdleConnections()
		c.warnings = cmd.ErrOrStderr()
		return body(cmd, c, arguments(cmd, args))
	}
}

func (f *clientFlags) connect() (*client, error) {
	base, origin := f.where()
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usagef("%q is not a URL such as %s", base, defaultURL)
	}
	if f.timeout <= 0 {
		return nil, usagef("--request-timeout: %s is not a positive duration", f.timeout)
	}
	return &client{
		base:   strings.TrimRight(base, "/"),
		origin: origin,
		token:  firstOf(f.token, os.Getenv("BORDERGW_TOKEN")),
		http: &http.Client{
			Timeout:   f.timeout,
			Transport: http.DefaultTransport.(*http.Transport).Clone(),
		},
	}, nil
}

// where gives the URL of the daemon, and says what gave it.
func (f *clientFlags) where() (base, origin string) {
	if f.url != "" {
		return f.url, "this URL was given by --url"
	}
	if env := os.Getenv("BORDERGW_URL"); env != "" {
		return env, "this URL was given by BORDERGW_URL"
	}
	return defaultURL, "this URL is the default"
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// apiError is a refusal of the API.
type apiError struct {
	Status  int
	Type    string
	Message string
	// Details are the single reasons, if there are several (/v1).
	Details []string
}

// Error is one line: a name in the message must not pass for an error of its own.
func (e *apiError) Error() string {
	message := model.Printable(e.Message)
	if e.Status == http.StatusUnauthorized {
		return message + " (HTTP 401); set a valid token with --token or BORDERGW_TOKEN"
	}
	if e.Type == "" {
		return fmt.Sprintf("%s (HTTP %d)", message, e.Status)
	}
	return fmt.Sprintf("%s (%s, HTTP %d)", message, model.Printable(e.Type), e.Status)
}

// do sends body, if any, as JSON, and returns the text of a successful answer.
func (c *client) do(ctx context.Context, method, path, accept string, body any) ([]byte, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encoding the request: %w", err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Accept", accept)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("X-Auth-Token", c.token)
	}
	return c.send(req)
}

func (c *client) send(req *http.Request) ([]byte, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreached(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, c.unreached(err)
	case len(text) > maxAnswer:
		return nil, fmt.Errorf("the answer of %s is larger than %d bytes", c.base, maxAnswer)
	case resp.StatusCode >= http.StatusMultipleChoices:
		return nil, refusal(resp.StatusCode, text)
	}
	for _, value := range resp.Header.Values("Warning") {
		c.passOn(value)
	}
	return text, nil
}

// unreached words why there is no answer.
func (c *client) unreached(err error) error {
	var ne net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case errors.As(err, &ne) && ne.Timeout():
		return fmt.Errorf("the daemon at %s did not answer in time (--request-timeout %s)", c.base, c.http.Timeout)
	case undialled(err):
		return fmt.Errorf("the daemon at %s can not be reached: %w\n%s; --url or BORDERGW_URL gives another. A daemon is started by: bordergw serve",
			c.base, model.Plain(err), c.origin)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("it closed the connection before its answer was complete")
	}
	return fmt.Errorf("the daemon at %s can not be reached: %w", c.base, model.Plain(err))
}

// undialled reports whether nobody was reached who could have answered.
func undialled(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// unreadable is the error of an answer that is not what bordergw answers.
func (c *client) unreadable() error {
	return fmt.Errorf("the answer of %s is not the JSON that was expected: is it bordergw?", c.base)
}

// passOn prints a Warning header of the daemon: code, agent and a quoted text
// (RFC 7234 section 5.5). One of a proxy is printed as it is.
func (c *client) passOn(value string) {
	if quoted, ours := strings.CutPrefix(value, "299 - "); ours {
		if text, err := strconv.Unquote(quoted); err == nil {
			value = text
		}
	}
	c.warn("%s", value)
}

// warn shows the user a text that is no failure.
func (c *client) warn(format string, args ...any) {
	if c.warnings != nil {
		fmt.Fprintln(c.warnings, "bordergw: warning:", model.Printable(fmt.Sprintf(format, args...)))
	}
}

// remark shows the user a text beside the output.
func (c *client) remark(text string) {
	if c.warnings != nil {
		fmt.Fprintln(c.warnings, model.Printable(text))
	}
}

// refusal reads Neutron's error body, whose only key is NeutronError (or the
// name of another exception).
func refusal(status int, text []byte) *apiError {
	var body map[string]struct {
		Type, Code, Message string
		Details             []string
	}
	if json.Unmarshal(text, &body) == nil && len(body) == 1 {
		for _, e := range body {
			return &apiError{Status: status, Type: firstOf(e.Type, e.Code), Message: firstOf(e.Message, e.Type, e.Code), Details: e.Details}
		}
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if line == "" || len(line) > 200 || strings.HasPrefix(line, "<") {
		line = http.StatusText(status)
	}
	return &apiError{Status: status, Message: line}
}

// call exchanges JSON and returns what the answer has under key, which is nil
// if key is empty.
func (c *client) call(ctx context.Context, method, path string, body any, key string) (json.RawMessage, error) {
	text, err := c.do(ctx, method, path, "application/json", body)
	if err != nil || key == "" {
		return nil, err
	}
	var wrapper map[string]json.RawMessage
	if err := json.Unmarshal(text, &wrapper); err != nil {
		return nil, c.unreadable()
	}
	content, ok := wrapper[key]
	if !ok {
		return nil, fmt.Errorf("the answer of %s lacks %q: is it bordergw?", c.base, key)
	}
	return content, nil
}

// get reads an answer that is one JSON object, and returns its text as well.
func (c *client) get(ctx context.Context, path string, into any) (json.RawMessage, error) {
	text, err := c.do(ctx, http.MethodGet, path, "application/json", nil)
	if err == nil && json.Unmarshal(text, into) != nil {
		err = c.unreadable()
	}
	return text, err
}

// list returns the resources of a collection that pass the filter.
func (c *client) list(ctx context.Context, path string, filter url.Values, key string) ([]object, error) {
	raw, err := c.call(ctx, http.MethodGet, path+"?"+filter.Encode(), nil, key)
	if err != nil {
		return nil, err
	}
	var list []object
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, c.unreadable()
	}
	return list, nil
}

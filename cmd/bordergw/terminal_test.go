package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// hostile is what a switch or a client may call itself.
const hostile = "sw\x1b]0;owned\x07\u009b31m\r\nlevel=error msg=forged\t\u202egnp.\u2066\U000e0041\u2028\ufeff end"

// requireHarmless fails on anything that a terminal acts on or that hides.
func requireHarmless(t require.TestingT, text string, context ...any) {
	for i, r := range text {
		require.True(t, unicode.IsPrint(r) || r == '\n' || r == '\t', "%q at %d: %v", r, i, context)
	}
	require.True(t, utf8.ValidString(text))
}

// hostileServer answers every request with text of that kind, in all places.
func hostileServer(t *testing.T, text string) string {
	quoted, err := json.Marshal(text)
	require.NoError(t, err)
	row := strings.ReplaceAll(`{"id":"c-1","name":T,"status":T,"status_detail":T,"user":T,"T2":T,"tunnel_ips":[T],"devices":[{"device_name":T,"interfaces":[{"name":T}]}],`+
		`"conditions":[{"type":"Bound","status":false,"reason":T,"message":T}]}`, "T", "\x00")
	row = strings.ReplaceAll(strings.ReplaceAll(row, "\x002", "T2"), "\x00", string(quoted))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v1/plan" && r.Header.Get("Accept") == "text/plain":
			// Of a plan the daemon itself escapes the line ends.
			_, _ = w.Write([]byte("device " + strings.ReplaceAll(text, "\n", "") + "\n"))
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"NeutronError":{"type":` + string(quoted) + `,"message":` + string(quoted) + `,"detail":""}}`))
		case r.URL.Path == "/v2.0/l2-gateway-connections/c-1":
			_, _ = w.Write([]byte(`{"l2_gateway_connection":` + row + `}`))
		default:
			var all []string
			for _, key := range []string{"networks", "l2_gateways", "l2_gateway_connections", "gateway_devices", "audit", "plans"} {
				all = append(all, `"`+key+`":[`+row+`]`)
			}
			_, _ = w.Write([]byte("{" + strings.Join(all, ",") + `,"network":` + row + "}"))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestF81_HostileText: nothing of it reaches the terminal by any command in any form.
func TestF81_HostileText(t *testing.T) {
	url := hostileServer(t, hostile)
	for _, line := range []string{
		"network list", "gateway list", "connection list", "device list", "audit", "audit --id x", "plan", "plan -o json", "export",
		"connection show c-1", "connection delete c-1", "wait --timeout 10ms", "network create x",
		"network list -o json", "network list -o yaml", "connection show c-1 -o yaml", "connection show c-1 -o json", "audit -o yaml",
	} {
		got := runArgs(t.Context(), append(strings.Fields(line), "--url", url)...)
		require.NotEmpty(t, got.out+got.errOut, line)
		requireHarmless(t, got.out, line)
		requireHarmless(t, got.errOut, line)
		for l := range strings.Lines(got.out + got.errOut) {
			require.NotRegexp(t, "^level=error", l, line)
		}
	}
}

// TestF81_OutputIsLossless: JSON and YAML say what the daemon said.
func TestF81_OutputIsLossless(t *testing.T) {
	url := hostileServer(t, hostile)
	for form, decode := range map[string]func([]byte, any) error{"json": json.Unmarshal, "yaml": yaml.Unmarshal} {
		got := runArgs(t.Context(), "connection", "show", "c-1", "-o", form, "--url", url)
		require.Equal(t, exitOK, got.code, got.errOut)
		var v map[string]any
		require.NoError(t, decode([]byte(got.out), &v), got.out)
		require.Equal(t, hostile, v["name"], form)
		require.Equal(t, []any{hostile}, v["tunnel_ips"], form)
	}
}

// FuzzOutput: whatever a daemon passes on, YAML and JSON are harmless and lossless.
func FuzzOutput(f *testing.F) {
	for _, seed := range []string{hostile, "", "- x: y", "\U0001f600", "a\u0085b", "#\ufeff", "0x1f", "\x7f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := json.Marshal(map[string]string{"k" + text: text})
		require.NoError(t, err)
		var want map[string]string
		require.NoError(t, json.Unmarshal(raw, &want))
		for form, decode := range map[string]func([]byte, any) error{"json": json.Unmarshal, "yaml": yaml.Unmarshal} {
			var b bytes.Buffer
			out := &terminal{w: &b}
			require.NoError(t, output{form: form}.text(out, raw))
			out.Flush()
			requireHarmless(t, b.String())
			var got map[string]string
			require.NoError(t, decode(b.Bytes(), &got), "%q", b.String())
			require.Equal(t, want, got)
		}
	})
}

// TestF81_Log: neither form of the log has a line that a switch wrote.
func TestF81_Log(t *testing.T) {
	for _, form := range []string{"text", "json"} {
		var b bytes.Buffer
		root := newRoot()
		root.SetErr(&terminal{w: &b})
		log := newLogger(root, config{LogFormat: form, LogLevel: logrus.InfoLevel})
		log.WithFields(logrus.Fields{"device": hostile, "err": errors.New(hostile)}).Warn(hostile)
		requireHarmless(t, b.String(), form)
		require.Equal(t, 1, strings.Count(b.String(), "\n"), b.String())
		if form == "json" {
			var v map[string]any
			require.NoError(t, json.Unmarshal(b.Bytes(), &v))
			require.Equal(t, []any{hostile, hostile, hostile}, []any{v["msg"], v["device"], v["err"]})
		}
	}
}

// TestTerminalJoinsCharacters: a character may be written in pieces.
func TestTerminalJoinsCharacters(t *testing.T) {
	for _, text := range []string{"Zürich 東京 😀", "\x1b\u202e\x80\xf0\x9f", "x\xe6\x9d"} {
		var whole, pieces bytes.Buffer
		one, many := &terminal{w: &whole}, &terminal{w: &pieces}
		_, err := one.Write([]byte(text))
		require.NoError(t, err)
		for i := range len(text) {
			n, err := many.Write([]byte(text[i : i+1]))
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
		require.NoError(t, one.Flush())
		require.NoError(t, many.Flush())
		require.Equal(t, whole.String(), pieces.String())
		requireHarmless(t, pieces.String())
	}
}

// fullDisk has no room.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestAnswerThatIsNotWritten: a command whose answer nobody gets fails, whoever prints it.
func TestAnswerThatIsNotWritten(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"site":"dc1","token":"a-b-c","changes":[],"switches":[],"findings":[],"refused":null}`)
	}))
	defer server.Close()
	t.Setenv("BORDERGW_URL", server.URL)
	var errOut bytes.Buffer
	require.Equal(t, exitFailure, execute(t.Context(), []string{"plan", "-f", "testdata/site/dc1.yaml"}, nil, fullDisk{}, &errOut), errOut.String())
	require.Equal(t, "bordergw: no space left on device\n", errOut.String())
}

// TestWarnings: remarks of the daemon, and of a proxy, go to stderr.
func TestWarnings(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Warning", `299 - "switch \u202esw9 is not known"`)
		w.Header().Add("Warning", `110 proxy "stale"`)
		_, _ = w.Write([]byte(`{"l2_gateway":{"id":"g-1"}}`))
	}))
	defer server.Close()
	got := runArgs(t.Context(), "gateway", "create", "g", "--device", "name=sw9,interface_names=p1", "--url", server.URL)
	require.Equal(t, exitOK, got.code)
	require.Equal(t, "bordergw: warning: switch \\u202esw9 is not known\nbordergw: warning: 110 proxy \"stale\"\n", got.errOut)
}

// TestRefusalIsOneLine: what the daemon refuses may quote a switch, which must not
// forge an error of its own.
func TestRefusalIsOneLine(t *testing.T) {
	for body, want := range map[string]string{
		`{"NeutronError":{"type":"T","message":"port reports 'x\r\nforged\u2028y'","detail":""}}`: `port reports 'x\u000d\u000aforged\u2028y' (T, HTTP 409)`,
		`{"NeutronError":{"type":"T\nforged","message":"m","detail":""}}`:                         `m (T\u000aforged, HTTP 409)`,
		"gone\x1b[2J\nforged": `gone\u001b[2J (HTTP 409)`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(body))
		}))
		got := runArgs(t.Context(), "network", "create", "n", "--url", server.URL)
		server.Close()
		require.Equal(t, exitFailure, got.code)
		require.Equal(t, "bordergw: "+want+"\n", got.errOut)
	}
}

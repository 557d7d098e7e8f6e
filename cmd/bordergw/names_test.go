package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

// fleet is a daemon on which one switch, two networks, a gateway and a border gateway are
// defined.
func fleet(t *testing.T) {
	t.Helper()
	serveIn(t, t.TempDir())
	s := ovsdbtest.Start(t)
	s.AddSwitch("sw1", "192.0.2.1", "p1", "p2")
	must(t, "device", "create", "sw1", "--management-ip", "127.0.0.1", "--management-port", strconv.Itoa(s.Port()))
	must(t, "wait", "device/sw1", "--timeout", "20s")
	must(t, "network", "create", "blue", "--vni", "5001", "--id", "d6569be4-c207-4d84-a507-5cb213862ecd")
	must(t, "network", "create", "--name", "red", "--id", "d6561111-c207-4d84-a507-5cb213862ecd")
	must(t, "gateway", "create", "gw1", "--device", "name=sw1,interface_names=p1|100;p2|0")
	must(t, "gateway", "create", "--name", "border", "--device", "device_id=sw1,segmentation_id=7000")
	must(t, "connection", "create", "gw1/blue")
	must(t, "connection", "create", "border", "red")
	must(t, "wait", "gw1/blue", "--timeout", "20s")
}

// columns splits a table into its cells.
func columns(out string) (rows [][]string) {
	for line := range strings.Lines(out) {
		var cells []string
		for cell := range strings.SplitSeq(strings.TrimRight(line, "\n"), "   ") {
			if cell = strings.TrimSpace(cell); cell != "" {
				cells = append(cells, cell)
			}
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestNamesEverywhere(t *testing.T) {
	fleet(t)
	t.Run("tables", tablesHaveNames)
	t.Run("filters", filtersChoose)
	t.Run("references", referencesAreUnderstood)
	t.Run("completion", shellsComplete)
	t.Run("changes", changesAreTold)
}

func tablesHaveNames(t *testing.T) {
	require.Equal(t, [][]string{
		{"NAME", "GATEWAY", "NETWORK", "SWITCHES", "PORTS", "STATUS", "REASON"},
		{"gw1/blue", "gw1", "blue", "sw1", "p1 vlan 100, p2 untagged", "ACTIVE", "-"},
	}, columns(must(t, "connection", "list", "--network", "blue")))
	all := columns(must(t, "connections", "ls", "--no-headers"))
	require.Len(t, all, 2)
	require.Equal(t, []string{"border/red", "border", "red", "sw1", "vni 7000"}, all[1][:5])
	require.Equal(t, [][]string{{"NAME", "VNI", "STATUS"}, {"blue", "5001", "ACTIVE"}}, columns(must(t, "network", "list", "--name", "blue")))
	require.Equal(t, [][]string{
		{"NAME", "PORTS", "HA_MODE"},
		{"gw1", "sw1 p1 vlan 100, sw1 p2", "active-active"},
		{"border", "sw1 vni 7000", "active-active"},
	}, columns(must(t, "gateway", "list")))
	require.Contains(t, must(t, "gateway", "show", "border"), "device_id=sw1,segmentation_id=7000")
	require.Equal(t, "connection/gw1/blue\nconnection/border/red\n", must(t, "connection", "list", "-o", "name"))
	require.Equal(t, "device/sw1\n", must(t, "device", "list", "-o", "name"))
	require.Contains(t, must(t, "network", "list", "-o", "wide"), "d6569be4-c207-4d84-a507-5cb213862ecd")
	shown := must(t, "connection", "show", "gw1/blue")
	require.Regexp(t, `(?m)^name +gw1/blue$`, shown)
	require.Regexp(t, `(?m)^ports +p1 vlan 100\n +p2 untagged$`, shown)
	audit := must(t, "audit")
	require.Regexp(t, `l2_gateway_connection +gw1/blue\n`, audit)
	require.Regexp(t, `network +red\n`, audit)
}

func filtersChoose(t *testing.T) {
	for line, want := range map[string]string{
		"connection list --switch sw1":                    "gw1/blue border/red",
		"connection list --gateway border":                "border/red",
		"connection list --network blue,red":              "gw1/blue border/red",
		"connection list --network red --gateway border":  "border/red",
		"connection list --switch sw1 --limit 1":          "gw1/blue",
		"connection list --limit 1":                       "gw1/blue",
		"network list --gateway gw1":                      "blue",
		"network list --switch sw1 --name red":            "red",
		"network list --vni 5001":                         "blue",
		"gateway list --network red":                      "border",
		"gateway list --switch sw1 --limit 1":             "gw1",
		"gateway list --ha-mode active-active --name gw1": "gw1",
		"device list --status IN_SYNC,SYNCING,DEGRADED":   "sw1",
	} {
		args := append(strings.Fields(line), "-o", "name")
		kind := args[0]
		require.Equal(t, want, strings.ReplaceAll(strings.Join(strings.Fields(must(t, args...)), " "), kind+"/", ""), line)
	}
	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(must(t, "gateway", "list", "--switch", "sw1", "--limit", "1", "-o", "json")), &list))
	require.Len(t, list, 1)
	require.Contains(t, list[0], "preempt", "objects are whole")

	none := runArgs(t.Context(), "connection", "list", "--switch", "sw9")
	require.Equal(t, result{exitFailure, "", "bordergw: no switch or device \"sw9\": did you mean \"sw1\"?\n"}, none)
	for _, kind := range []string{"network", "gateway"} {
		require.Equal(t, exitFailure, runArgs(t.Context(), kind, "list", "--switch", "sw9").code)
	}
	must(t, "device", "create", "lonely", "--management-ip", "127.0.0.1", "--management-port", "1")
	require.Equal(t, result{exitOK, "", "no connections match\n"}, runArgs(t.Context(), "connection", "list", "--switch", "lonely"))
	must(t, "device", "delete", "device/lonely")
	require.Equal(t, result{exitOK, "", "no macs\n"}, runArgs(t.Context(), "mac", "list", "sw1"))
	require.Equal(t, result{exitOK, "[]\n", ""}, runArgs(t.Context(), "mac", "list", "sw1", "-o", "json"))
}

func referencesAreUnderstood(t *testing.T) {
	for line, want := range map[string]string{
		"network show d6569be4":        "network/blue",
		"network show D6569BE4-c2":     "network/blue",
		"network show id:d6569":        "network/blue",
		"network show --name blue":     "network/blue",
		"connection show gw1/blue":     "connection/gw1/blue",
		"connection show gw1/id:d6569": "connection/gw1/blue",
		"network show network/blue":    "network/blue",
		"device show device/sw1":       "device/sw1",
		"gateway show gateway/gw1":     "gateway/gw1",

		"network show network/id:d6569":       "network/blue",
		"connection show connection/gw1/blue": "connection/gw1/blue",
	} {
		require.Equal(t, want+"\n", must(t, append(strings.Fields(line), "-o", "name")...), line)
	}
	for line, want := range map[string]string{
		"network show bleu":              `no network "bleu": did you mean "blue"?`,
		"network show d656":              "network d656 is ambiguous, use an id: d6569be4-c207-4d84-a507-5cb213862ecd (blue), d6561111-c207-4d84-a507-5cb213862ecd (red)",
		"network show d65":               `no network "d65"`,
		"network delete d6569":           `no network "d6569"; an id that begins so is that of blue: id:d6569`,
		"network show id:blue":           `no network "id:blue"`,
		"connection list --status activ": `--status: "activ" is not one of ACTIVE, PENDING, ERROR, UNSUPPORTED`,
		"connection show gw1/bleu":       `no network "bleu": did you mean "blue"?`,
		"connection show gw1/red":        `no connection "gw1/red": that gateway does not have that network`,
		"connection show gw1":            `no connection "gw1": did you mean "gw1/blue"?`,
		"connection create gw/blue":      `no gateway "gw": did you mean "gw1"?`,
		"gateway list --network bl":      `no network "bl": did you mean "blue"?`,
		"wait device/sw2":                `no device "sw2": did you mean "sw1"?`,
		"network delete nosuch":          `no network "nosuch"`,
		"mac list sw":                    `no device "sw": did you mean "sw1"?`,
		"connection delete gw1/blu":      `no network "blu": did you mean "blue"?`,
	} {
		got := runArgs(t.Context(), strings.Fields(line)...)
		require.Equal(t, "bordergw: "+want+"\n", got.errOut, line)
		require.Contains(t, []int{exitFailure, exitUsage}, got.code, line)
	}
}

// A name with a slash can be read in several ways: what is deleted is never a guess.
func TestNamesWithSlashes(t *testing.T) {
	serveIn(t, t.TempDir())
	must(t, "network", "create", "c", "--id", "n-c")
	must(t, "network", "create", "b/c", "--id", "n-bc")
	must(t, "device", "create", "sw", "--management-ip", "127.0.0.1", "--management-port", "1")
	must(t, "gateway", "create", "a", "--device", "name=sw,interface_names=p1|5")
	must(t, "gateway", "create", "a/b", "--device", "name=sw,interface_names=p1|6")
	must(t, "connection", "create", "--gateway", "a/b", "--network", "c")
	require.Equal(t, "connection/a/b/c\n", must(t, "connection", "show", "a/b/c", "-o", "name"), "there is one only")
	must(t, "connection", "create", "--gateway", "a", "--network", "b/c")
	require.Contains(t, runArgs(t.Context(), "connection", "delete", "a/b/c").errOut, "connection a/b/c is ambiguous, use an id: ")
	require.Contains(t, runArgs(t.Context(), "connection", "create", "a/b/c").errOut, "can be read as several pairs")
	must(t, "network", "create", "id:n-c", "--id", "n-d")
	require.Equal(t, "network/c\n", must(t, "network", "show", "id:n-c", "-o", "name"))
	require.Contains(t, must(t, "network", "list", "-o", "name"), "network/id:n-d\n", "its name would be taken for an id")
}

func shellsComplete(t *testing.T) {
	for line, want := range map[string]string{
		"network show ":               "blue red",
		"network show b":              "blue",
		"network delete blue ":        "red",
		"network show --name ":        "blue red",
		"connection show ":            "gw1/blue border/red",
		"connection show b":           "border/red",
		"connection create ":          "gw1 border",
		"connection create gw1 r":     "red",
		"gateway list --switch=x -o ": "table wide name json yaml",
		"connection list --status ":   "ACTIVE PENDING ERROR UNSUPPORTED",
		"connection list --gateway ":  "gw1 border",
		"wait ":                       "gw1/blue border/red device/sw1",
		"wait --for B":                "Bound",
		"gateway create g --ha-mode ": "active-active active-passive",
		"mac list ":                   "sw1",
		"history --object ":           "device/sw1 network/blue network/red gateway/gw1 gateway/border connection/gw1/blue connection/border/red",
		"audit --object ne":           "network/blue network/red",
		"events --object network/b":   "network/blue",
		"events --object mac/":        "",
		"describe connection/gw":      "connection/gw1/blue",
		"events --type hi":            "history.* history.begun history.dropped",
	} {
		got := must(t, append([]string{"__complete"}, strings.Split(line, " ")...)...)
		words := strings.Split(got[:strings.LastIndex(got, ":")], "\n")
		for i := range words {
			words[i], _, _ = strings.Cut(words[i], "\t")
		}
		require.Equal(t, want, strings.TrimSpace(strings.Join(words, " ")), line)
	}
}

func changesAreTold(t *testing.T) {
	require.Equal(t, "connection gw1/blue deleted\n", must(t, "connection", "delete", "gw1/blue"))
	require.Equal(t, "gateway gw1 deleted\n", must(t, "gateway", "delete", "--name", "gw1"))
	require.Equal(t, "network blue deleted\n", must(t, "network", "delete", "id:d6569"))
	var list []struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(must(t, "connection", "list", "-o", "json")), &list))
	require.Equal(t, "connection border/red deleted\n", must(t, "connection", "delete", list[0].ID[:13]))
	require.Equal(t, result{exitOK, "", "no connections\n"}, runArgs(t.Context(), "connection", "list"))
}

// Two networks of one name are told apart by their ids.
func TestNamesThatAreNotUnique(t *testing.T) {
	serveIn(t, t.TempDir())
	for _, id := range []string{"n-1", "n-2"} {
		must(t, "network", "create", "twin", "--id", id)
	}
	must(t, "network", "create", "twin", "--id", "n-3", "--project-id", "other")
	require.Equal(t, "network/id:n-1\nnetwork/id:n-2\nnetwork/twin\n", must(t, "network", "list", "-o", "name"))
	require.Contains(t, runArgs(t.Context(), "network", "show", "twin").errOut, "network twin is ambiguous, use an id: n-1, n-2, n-3")
	must(t, "network", "show", "id:n-2")
}

// The names of 5,000 connections take as many requests as those of one.
func TestNamesTakeFewRequests(t *testing.T) {
	const many = 5000
	var requests atomic.Int32
	lists := map[string]string{}
	fill := func(path, key, format string) {
		var all []string
		for i := range many {
			all = append(all, strings.ReplaceAll(format, "#", strconv.Itoa(i)))
		}
		lists[path] = fmt.Sprintf(`{"%s":[%s]}`, key, strings.Join(all, ","))
	}
	fill("/v2.0/l2-gateway-connections", "l2_gateway_connections", `{"id":"c#","l2_gateway_id":"g#","network_id":"n#","segmentation_id":"","status":"ACTIVE"}`)
	fill("/v2.0/l2-gateways", "l2_gateways", `{"id":"g#","name":"gw#","project_id":"p","devices":[{"device_id":"d#","segmentation_id":"7000"}]}`)
	fill("/v2.0/networks", "networks", `{"id":"n#","name":"net#","project_id":"p"}`)
	fill("/v2.0/gw/gateway_devices", "gateway_devices", `{"id":"d#","name":"sw#","project_id":"p"}`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		_, _ = fmt.Fprint(w, lists[r.URL.Path])
	}))
	defer server.Close()
	t.Setenv("BORDERGW_URL", server.URL)
	rows := columns(must(t, "connection", "list"))
	require.Len(t, rows, many+1)
	require.Equal(t, []string{"gw4999/net4999", "gw4999", "net4999", "sw4999", "vni 7000", "ACTIVE", "-"}, rows[many])
	require.EqualValues(t, 4, requests.Load(), "connections, gateways, networks, devices")
}

// A shell that completes waits half a second at most, and is not told why there is nothing.
func TestCompletionFailsInSilence(t *testing.T) {
	for _, url := range []string{silent(t), "http://127.0.0.1:1", "nonsense"} {
		got := runArgs(t.Context(), "__complete", "network", "show", "--url", url, "")
		require.Equal(t, exitOK, got.code)
		require.Equal(t, ":4\n", got.out, url)
		require.NotContains(t, got.errOut, "reached")
	}
}

// Names that a terminal would act on are not offered.
func TestHostileNamesAreNotCompleted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"networks":[{"id":"n-1","name":"a\nb"},{"id":"n-2","name":"\u001b[2J"},{"id":"n-3","name":"fine"}]}`)
	}))
	defer server.Close()
	require.Equal(t, "fine\n:4\n", must(t, "__complete", "network", "show", "--url", server.URL, ""))
}

func TestNobodyListensHasAHint(t *testing.T) {
	t.Setenv("BORDERGW_URL", "http://127.0.0.1:1")
	require.Regexp(t, `^bordergw: the daemon at http://127\.0\.0\.1:1 can not be reached: .*connection refused\n`+
		`bordergw: this URL was given by BORDERGW_URL; --url or BORDERGW_URL gives another\. A daemon is started by: bordergw serve\n$`,
		runArgs(t.Context(), "network", "list").errOut)
	require.Contains(t, runArgs(t.Context(), "network", "list", "--url", "http://127.0.0.1:1").errOut, "this URL was given by --url;")
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bordergw/model"
)

// whereCommand shows where MACs are.
func whereCommand() *cobra.Command {
	flags, v := &clientFlags{}, &whereView{}
	c := &cobra.Command{
		Use: "where MAC|IP...", Short: "Show where MACs are, and where they were", Args: argsOfUse,
		Example: "  bordergw where 02:00:00:00:00:0a\n  bordergw where --network blue 0200.0000.000a 192.0.2.7\n  bordergw where --at 2026-11-29T00:46:30Z 02-00-00-00-00-0a",
	}
	fs := c.Flags()
	fs.StringVar(&v.network, "network", "", "only in the network of this id or name")
	fs.StringVar(&v.at, "at", "", "where it was then: "+timeForms)
	fs.BoolVar(&v.all, "all-history", false, "all former places that are kept, not only the last "+strconv.Itoa(shownPlaces))
	v.form.bindForms(fs, "how to print the result", "table", "json", "yaml")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		v.api, v.out = api, c.OutOrStdout()
		return v.run(c.Context(), args)
	})
	flags.bind(fs)
	return c
}

// shownPlaces is how many former places are shown unless all are asked for.
const shownPlaces = 5

// whereView prints where MACs are.
type whereView struct {
	api         *client
	out         io.Writer
	form        output
	network, at string
	all         bool
}

// macAnswer is an answer of GET /v1/macs/{mac}.
type macAnswer struct {
	MACs         []macDetail `json:"macs"`
	HistorySince *time.Time  `json:"history_since"`
	HistoryDays  int         `json:"history_days"`
}

type macDetail struct {
	model.MACEntry
	Programmed []model.ProgrammedOn `json:"programmed"`
	History    []macPlace           `json:"history"`
}

type macPlace struct {
	From   time.Time   `json:"from"`
	To     *time.Time  `json:"to"`
	Device model.Named `json:"device"`
	How    string      `json:"how"`
}

// run shows each host. It answers with no if one of them is nowhere.
func (v *whereView) run(ctx context.Context, hosts []string) error {
	at, err := parseWhen("at", v.at, time.Now())
	if err != nil {
		return err
	}
	v.at = at
	raws := []json.RawMessage{}
	found := true
	for i, host := range hosts {
		macs, err := v.macsOf(ctx, host)
		if err != nil {
			return err
		}
		for _, key := range macs {
			raw, answer, err := v.ask(ctx, key)
			if err != nil {
				return err
			}
			raws, found = append(raws, raw), found && answer.found()
			if v.form.form == "table" {
				if i > 0 {
					fmt.Fprintln(v.out)
				}
				v.print(key.MAC, answer)
			}
		}
		found = found && len(macs) > 0
	}
	if v.form.form != "table" {
		text, err := json.Marshal(raws)
		if err == nil {
			err = v.form.text(v.out, text)
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return coded{errAnswered, exitNo}
	}
	return nil
}

// macsOf are the MACs of a host, with the network to look in. Of an IP address these are those that switches report
// with it; that there are none is said.
func (v *whereView) macsOf(ctx context.Context, host string) ([]model.MACKey, error) {
	mac, err := model.ParseMAC(host)
	if err == nil {
		return []model.MACKey{{Network: v.network, MAC: mac}}, nil
	}
	if _, notIP := netip.ParseAddr(host); notIP != nil {
		return nil, usagef("%q is neither a MAC address nor an IP address", host)
	}
	q := url.Values{"ip": {host}, "limit": {"1000"}}
	if v.network != "" {
		q.Set("network", v.network)
	}
	raw, err := v.api.call(ctx, http.MethodGet, "/v1/macs?"+q.Encode(), nil, "macs")
	if refused := (*apiError)(nil); errors.As(err, &refused) && refused.Type == "NoAddresses" {
		v.api.warn("%s: %s", host, refused.Message)
		return nil, nil
	}
	var entries []model.MACEntry
	if err == nil && json.Unmarshal(raw, &entries) != nil {
		err = v.api.unreadable()
	}
	var macs []model.MACKey
	for i := range entries {
		macs = append(macs, model.MACKey{Network: entries[i].Network.ID, MAC: entries[i].MAC})
	}
	if err == nil && len(macs) == 0 && v.form.form == "table" {
		fmt.Fprintf(v.out, "%s: no switch reports a MAC with this address\n", host)
	}
	return macs, err
}

func (v *whereView) ask(ctx context.Context, key model.MACKey) (json.RawMessage, *macAnswer, error) {
	q := url.Values{"history": {"1"}}
	if key.Network != "" {
		q.Set("network", key.Network)
	}
	if v.at != "" {
		q.Set("at", v.at)
	}
	text, err := v.api.do(ctx, http.MethodGet, "/v1/macs/"+key.MAC.String()+"?"+q.Encode(), "application/json", nil)
	if err != nil {
		return nil, nil, err
	}
	answer := &macAnswer{}
	if json.Unmarshal(text, answer) != nil {
		return nil, nil, v.api.unreadable()
	}
	return text, answer, nil
}

// found reports whether the MAC is anywhere.
func (a *macAnswer) found() bool {
	return slices.ContainsFunc(a.MACs, func(m macDetail) bool { return m.State != model.MACGone })
}

func (v *whereView) print(mac model.MAC, a *macAnswer) {
	if len(a.MACs) == 0 {
		fmt.Fprintf(v.out, "%s: %s\n", mac, a.unseen(time.Now()))
		return
	}
	var rows [][]string
	for i := range a.MACs {
		rows = append(rows, whereRow(&a.MACs[i], v.at != ""))
	}
	_ = printTable(v.out, []string{"MAC", "NETWORK", "SWITCH", "PORT", "SINCE", "HOW", "MOVES", "STATE"}, rows)
	for i := range a.MACs {
		v.printMore(&a.MACs[i], len(a.MACs) > 1)
	}
}

// unseen says for how long a MAC was nowhere.
func (a *macAnswer) unseen(now time.Time) string {
	switch {
	case a.HistorySince == nil:
		return "not seen now; no history is kept"
	case a.HistoryDays > 0:
		return fmt.Sprintf("not seen in %d days", a.HistoryDays)
	}
	return "not seen since " + a.HistorySince.UTC().Format(time.RFC3339) + ", when the history begins"
}

func whereRow(m *macDetail, past bool) []string {
	device, how := "", m.Source
	if m.Device != nil {
		device = m.Device.Name
	}
	if m.Source == model.MACLocal {
		how = "learned"
		if len(m.History) > 0 && m.History[0].To == nil && m.History[0].How == "moved" {
			how = "moved"
		}
	}
	moves := strconv.FormatUint(m.Moves, 10)
	if past || m.State == model.MACGone {
		how, moves = "", ""
	}
	port, since := portText(m.Ports), shortTime(&m.Since)
	if m.Source == model.MACStaticSrc { // when it was placed there is not known
		port, since = "beyond "+m.Endpoint.String(), ""
	}
	return []string{m.MAC.String(), m.Network.Name, device, port, since, how, moves, stateText(&m.MACEntry)}
}

// portText names the port if there is only one that it can be.
func portText(ports []model.BoundPort) string {
	texts := make([]string, len(ports))
	for i, p := range ports {
		vlan := "vlan " + p.VLAN.String()
		if p.VLAN == 0 {
			vlan = "untagged"
		}
		texts[i] = p.Port + " " + vlan
		if slices.ContainsFunc(ports, func(o model.BoundPort) bool { return o.Switch != p.Switch }) {
			texts[i] = p.Switch + " " + texts[i]
		}
	}
	switch {
	case len(texts) < 2:
		return strings.Join(texts, "")
	case len(texts) > shownPorts:
		return fmt.Sprintf("one of %s and %d more", strings.Join(texts[:shownPorts], ", "), len(texts)-shownPorts)
	}
	return "one of " + strings.Join(texts, ", ")
}

// shownPorts bounds the ports in a cell.
const shownPorts = 8

func stateText(m *model.MACEntry) string {
	if m.State == model.MACGone && m.Since.IsZero() {
		return "not seen yet" // at that time
	}
	if m.Until == nil {
		return m.State
	}
	if m.State == model.MACOK { // that was then
		return "until " + shortTime(m.Until)
	}
	return m.State + " until " + shortTime(m.Until)
}

func shortTime(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// printMore prints which switches have a row, and where the MAC was.
func (v *whereView) printMore(m *macDetail, several bool) {
	of := ""
	if several {
		of = " in " + model.Printable(m.Network.Name)
	}
	if len(m.Programmed) > 0 {
		fmt.Fprintf(v.out, "programmed%s %s\n", of, programmedText(m.Programmed))
	}
	for _, o := range m.Others {
		fmt.Fprintf(v.out, "also shown%s by %s since %s\n", of, model.Printable(o.Device.Name), shortTime(&o.Since))
	}
	if len(m.History) == 0 {
		return
	}
	shown := m.History
	if !v.all {
		shown = shown[:min(len(shown), shownPlaces)]
	}
	fmt.Fprintf(v.out, "history%s\n", of)
	rows := [][]string{}
	for i, p := range shown {
		how := p.How
		if before := i + 1; how == "moved" && before < len(m.History) {
			how = "moved from " + m.History[before].Device.Name
		}
		rows = append(rows, []string{shortTime(&p.From), shortTime(p.To), p.Device.Name, how})
	}
	table := &indented{w: v.out, start: true}
	_ = printTable(table, []string{"FROM", "TO", "SWITCH", "HOW"}, rows)
	if more := len(m.History) - len(shown); more > 0 {
		fmt.Fprintf(v.out, "  and %d more: --all-history\n", more)
	}
}

// programmedText says on how many of the switches that are to have a row there is one.
func programmedText(on []model.ProgrammedOn) string {
	var missing []string
	for _, p := range on {
		if !p.Has {
			missing = append(missing, model.Printable(fmt.Sprintf("%s (%s)", p.Device.Name, p.Reason)))
		}
	}
	text := fmt.Sprintf("on %d of %d switches", len(on)-len(missing), len(on))
	if len(missing) > 0 {
		text += "; missing on " + strings.Join(missing, ", ")
	}
	return text
}

// indented indents lines by two spaces.
type indented struct {
	w     io.Writer
	start bool
}

func (i *indented) Write(p []byte) (int, error) {
	for line := range strings.SplitAfterSeq(string(p), "\n") {
		if line == "" {
			continue
		}
		if i.start {
			line = "  " + line
		}
		i.start = strings.HasSuffix(line, "\n")
		if _, err := io.WriteString(i.w, line); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/site"
)

// defined is all that is defined, as a site file and as records with their ids.
func defined(t testing.TB, d *model.Definitions) string {
	text := string(site.Print(site.Of(d, site.Choice{Everything: true, IDs: true})))
	var out []string
	add := func(record any) {
		b, err := json.Marshal(record)
		require.NoError(t, err)
		out = append(out, string(b))
	}
	bare := func(r model.Record) model.Record {
		return model.Record{ID: r.ID, ProjectID: r.ProjectID, ManagedBy: r.ManagedBy}
	}
	for n := range d.Networks.All() {
		c := *n
		c.Record = bare(c.Record)
		add(c)
	}
	for gd := range d.Devices.All() {
		c := *gd
		c.Record, c.Accepted = bare(c.Record), 0
		add(c)
		for m := range d.RemoteMACs.Of(gd.ID).All() {
			add(m.RemoteMACEntry)
		}
	}
	for g := range d.Gateways.All() {
		c := *g
		c.Record, c.Active = bare(c.Record), ""
		add(c)
	}
	for conn := range d.Connections.All() {
		c := *conn
		c.Record, c.StitchVLANs = bare(c.Record), nil
		add(c)
	}
	for q := range d.Quotas.All() {
		c := *q
		c.Record = bare(c.Record)
		add(c)
	}
	slices.Sort(out)
	return text + strings.Join(out, "\n")
}

// historian changes a store at random, and remembers what was defined at each revision.
type historian struct {
	*fixture
	*rand.Rand
	// read: switches are read, so that numbers may be in quarantine, and a rollback be refused for that.
	read bool
	was  map[uint64]string
	// done counts what succeeded, by step.
	done map[string]int
}

func (h *historian) do(name string, step func() error) {
	h.t.Helper()
	last := h.LastAudit()
	err := step()
	var refusal *model.Error
	if err != nil && !errors.As(err, &refusal) {
		require.NoError(h.t, err, name)
	}
	if err == nil {
		h.done[name]++
	}
	if h.LastAudit() != last {
		h.was[h.LastAudit()] = defined(h.t, h.Definitions())
	}
}

// change makes one change at random.
func (h *historian) change() {
	steps := h.steps()
	names := append(slices.Sorted(maps.Keys(steps)), "connect", "connect", "update gateway", "update gateway", "create gateway")
	name := names[h.IntN(len(names))]
	h.do(name, steps[name])
}

// goBack goes back to a revision, as apply does.
func (h *historian) goBack(n uint64) error {
	past, err := h.At(h.t.Context(), n)
	require.NoError(h.t, err)
	require.Equal(h.t, h.was[n], defined(h.t, past.Then), "the definitions at %d", n)
	p := site.Rollback(h.Definitions(), past, site.Options{MaxDelete: 100})
	require.Nil(h.t, p.Refused)
	last := h.LastAudit()
	if p.Changed() == 0 {
		require.Equal(h.t, h.was[n], defined(h.t, h.Definitions()))
		return nil
	}
	ctx := model.WithCause(h.ctx, model.Cause{Kind: model.CauseRollback, To: n})
	if err := h.Edit(ctx, p.Apply); err != nil {
		require.Equal(h.t, last, h.LastAudit(), "a refusal changes nothing")
		return err
	}
	require.Equal(h.t, h.was[n], defined(h.t, h.Definitions()), "after the rollback to %d", n)
	require.Empty(h.t, site.Rollback(h.Definitions(), past, site.Options{}).Changes)
	h.was[h.LastAudit()] = h.was[n]
	r := h.revisions(model.RevisionFilter{Limit: 1})[0]
	require.Equal(h.t, []uint64{h.LastAudit(), last + 1, n}, []uint64{r.Number, r.First, r.Cause.To})
	return nil
}

// live makes changes and goes back, time and again. It counts what rules refused.
func (h *historian) live() (back, refused int) {
	h.was[0] = defined(h.t, h.Definitions())
	for range 5 {
		for range 50 {
			h.change()
		}
		for range 3 {
			err := h.goBack(h.someRevision())
			var refusal *model.Error
			switch {
			case err == nil:
				back++
			case h.read && errors.As(err, &refusal):
				require.Equal(h.t, "VNIQuarantined", refusal.Type, "%s", err)
				refused++
			default:
				require.NoError(h.t, err)
			}
		}
		h.reopen()
	}
	for range 20 {
		n := h.someRevision()
		past, err := h.At(h.t.Context(), n)
		require.NoError(h.t, err)
		require.Equal(h.t, h.was[n], defined(h.t, past.Then), "revision %d", n)
	}
	h.lookAround()
	h.turnPages()
	return back, refused
}

// lookAround: what a revision has changed is what lies between it and the one before.
func (h *historian) lookAround() {
	all := slices.Sorted(maps.Keys(h.was))
	for range 20 {
		i := 1 + h.IntN(len(all)-1)
		turn, err := h.Around(h.t.Context(), all[i])
		require.NoError(h.t, err)
		require.Equal(h.t, all[i], turn.Revision.Number)
		require.Equal(h.t, []string{h.was[all[i-1]], h.was[all[i]]}, []string{defined(h.t, turn.Before), defined(h.t, turn.After)})
	}
}

// turnPages: a list of the revisions of an object has the same page by page.
func (h *historian) turnPages() {
	for kind, names := range map[string]string{model.KindNetwork: "net", model.KindGateway: "gw", model.KindDevice: "sw"} {
		f := model.RevisionFilter{Kind: kind, Name: h.word(names, 6)}
		want := h.numbers(f)
		var got []string
		for f.Limit = 1 + h.IntN(3); ; {
			page := h.revisions(f)
			for _, r := range page {
				got, f.Before, f.Found = append(got, fmt.Sprint(r.Number)), r.Number, r.Found
			}
			if len(page) < f.Limit {
				break
			}
		}
		require.Equal(h.t, want, got, "%s %s", kind, f.Name)
	}
}

func (h *historian) someRevision() uint64 {
	all := slices.Sorted(maps.Keys(h.was))
	return all[h.IntN(len(all))]
}

// testRandomHistories: what is exported at a revision, and after the rollback to it, is what was
// exported when it was made, byte for byte.
func testRandomHistories(t *testing.T, open Open) {
	done, back, refused := map[string]int{}, 0, 0
	for seed := range uint64(8) {
		f := newFixture(t, open)
		f.opts.VNIRange = model.VNIRange{First: 100, Last: 400}
		f.reopen()
		f.asked()
		h := &historian{fixture: f, Rand: rand.New(rand.NewPCG(seed, 7)), was: map[uint64]string{}, done: done, read: seed%2 == 1}
		b, r := h.live()
		back, refused = back+b, refused+r
	}
	t.Log(done, back, refused)
	require.Len(t, done, 18)
	require.Greater(t, back, 60)
}

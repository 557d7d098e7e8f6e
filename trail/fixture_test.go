package trail

import (
	"context"
	"encoding/json"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// audit is an Audit in memory.
type audit struct {
	mu      sync.Mutex
	records []*model.AuditRecord
	defs    *model.Definitions
	notice  chan struct{}
	err     error
}

func newAudit() *audit {
	return &audit{defs: model.NewDefinitions("s", 1), notice: make(chan struct{}, 1)}
}

func (a *audit) add(records ...*model.AuditRecord) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range records {
		r.Time = time.Now()
		r.Seq = uint64(len(a.records)) + 1
		a.records = append(a.records, r)
	}
	model.Hint(a.notice)
}

func (a *audit) AuditAfter(seq uint64, most int) ([]*model.AuditRecord, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	after := a.records[min(int(seq), len(a.records)):]
	return slices.Clone(after[:min(len(after), most)]), a.err
}

func (a *audit) LastAudit() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return uint64(len(a.records))
}

func (a *audit) Definitions() *model.Definitions    { return a.defs }
func (a *audit) Changes() (<-chan struct{}, func()) { return a.notice, func() {} }

// picture is a MACPicture in memory.
type picture struct {
	defs     *model.Definitions
	at       map[macAt]model.MACPlace
	reported map[string]bool
}

type macAt struct {
	network string
	mac     model.MAC
}

func (p *picture) Definitions() *model.Definitions { return p.defs }
func (p *picture) Reported(device string) bool     { return p.reported[device] }
func (p *picture) Reporters() int                  { return len(p.reported) }
func (p *picture) Place(network string, mac model.MAC) model.MACPlace {
	return p.at[macAt{network, mac}]
}

func (p *picture) Changes(was model.MACPicture) iter.Seq[model.MACChange] {
	old, _ := was.(*picture)
	if old == nil {
		old = &picture{}
	}
	all := map[macAt]bool{}
	for k := range p.at {
		all[k] = true
	}
	for k := range old.at {
		all[k] = true
	}
	var changes []model.MACChange
	for k := range all {
		if c := (model.MACChange{Network: k.network, MAC: k.mac, Was: old.at[k], Is: p.at[k]}); c.Was != c.Is {
			changes = append(changes, c)
		}
	}
	slices.SortFunc(changes, func(a, b model.MACChange) int { return a.MAC.Compare(b.MAC) })
	return slices.Values(changes)
}

// fixture is a history that runs.
type fixture struct {
	*Trail
	t     *testing.T
	path  string
	audit *audit
	stop  func()
}

// start makes a history with some bounds that are other ones, and runs it.
func start(t *testing.T, bound ...func(*bounds)) *fixture {
	f := &fixture{t: t, path: filepath.Join(t.TempDir(), "history.db"), audit: newAudit()}
	f.open()
	for _, b := range bound {
		b(&f.bounds)
	}
	f.begin()
	return f
}

// run opens the history and runs it in the bubble of the test.
func (f *fixture) run(adjust ...func(*Options)) {
	f.open(adjust...)
	f.begin()
}

func (f *fixture) open(adjust ...func(*Options)) {
	opts := Options{Path: f.path, Audit: f.audit, Version: "v"}
	for _, a := range adjust {
		a(&opts)
	}
	var err error
	f.Trail, err = Open(opts)
	require.NoError(f.t, err)
}

func (f *fixture) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Trail.Run(ctx) }()
	f.stop = func() {
		cancel()
		require.NoError(f.t, <-done)
	}
}

// inBubble runs a test with a history in fake time.
func inBubble(t *testing.T, do func(t *testing.T, f *fixture), bound ...func(*bounds)) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, bound...)
		do(t, f)
		f.stop()
	})
}

// record is an event as it is read.
type record struct {
	ID string `json:"id"`
	model.Event
}

// events are all events there are after some time.
func (f *fixture) events(after time.Duration) (out []record) {
	f.t.Helper()
	time.Sleep(after)
	synctest.Wait()
	return f.all()
}

func (f *fixture) all() (out []record) {
	f.t.Helper()
	r, _ := f.Range()
	q := model.EventQuery{Epoch: r.Epoch, From: r.First - 1, Limit: 1000}
	for {
		page, err := f.Page(q)
		require.NoError(f.t, err)
		for _, e := range page.Events {
			require.Equal(f.t, q.Epoch, e.ID.Epoch)
			require.NotContains(f.t, string(e.JSON), "\n")
			var read record
			require.NoError(f.t, json.Unmarshal(e.JSON, &read))
			require.Equal(f.t, e.ID.String(), read.ID)
			require.Equal(f.t, r.First+uint64(len(out)), e.ID.Seq, "no gap")
			out = append(out, read)
		}
		if q.From = page.Seen; !page.More {
			return out
		}
	}
}

// texts are the types and messages of events but for the first ones.
func texts(all []record) (out []string) {
	for _, e := range all {
		if !strings.HasPrefix(e.Type, "daemon.") && e.Type != "history.begun" {
			out = append(out, e.Type+": "+e.Message)
		}
	}
	return out
}

func device(name string) model.ObjectRef {
	return model.ObjectRef{Kind: model.KindDevice, ID: name + "-id", Name: name}
}

func phase(sw, value, why string) model.Level {
	return model.Level{Type: "device.phase", Object: device(sw), Aspect: phaseAspect, Value: value, Severity: model.SeverityInfo, Message: why}
}

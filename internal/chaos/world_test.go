package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/vtep"
)

// world is a controller, its switches, and what is done to them.
type world struct {
	t     *testing.T
	r     *rand.Rand
	site  *rig.Site
	tors  []*tor
	ids   []string // of the devices
	made  int      // networks so far
	conns []string
	// macs has the switch that learned each MAC last.
	macs  map[string]*location
	steps int
	count map[string]int
}

// tor is one switch.
type tor struct {
	*ovsdbtest.Server
	*rig.Proxy
	name, ip string
	// ails is until which step the switch is stopped, or paused; 0 for not.
	ails   int
	paused bool
}

// location is where a MAC was learned.
type location struct {
	network string
	tor     *tor
	moves   int
}

// maxMoves is less than what freezes a MAC.
const maxMoves = 3

func newWorld(t *testing.T, seed uint64, switches int) *world {
	w := &world{
		t: t, r: rand.New(rand.NewPCG(seed, 0)), site: rig.New(t, reconcile.Options{Interval: 2 * time.Second, Settle: caution}),
		macs: map[string]*location{}, count: map[string]int{},
	}
	require.True(t, switches >= 2 && switches <= 200, "2 to 200 switches")
	for i := range switches {
		tor := &tor{Server: ovsdbtest.Start(t), name: fmt.Sprintf("tor%d", i), ip: fmt.Sprintf("192.0.2.%d", i+1)}
		tor.Proxy = rig.NewProxy(t, tor.Server.Port())
		tor.furnish()
		w.tors = append(w.tors, tor)
		w.ids = append(w.ids, w.site.Register(tor.name, tor.Proxy.Port()))
	}
	w.site.InSync(w.ids...)
	return w
}

// furnish makes the switch and what is foreign on it.
func (s *tor) furnish() {
	s.AddSwitch(s.name, s.ip, "p1", "p2")
	s.VtepCtl("add-ls", "foreign", "--", "set", "Logical_Switch", "foreign", "tunnel_key=99",
		"--", "bind-ls", s.name, "p1", "4000", "foreign",
		"--", "add-ucast-remote", "foreign", "00:ff:00:00:00:01", "198.51.100.1",
		"--", "add-mcast-remote", "foreign", "unknown-dst", "198.51.100.1")
}

// foreign is what furnish made, as a Picture has it.
func (s *tor) foreign() []string {
	return []string{"ls foreign 99", "bind " + s.name + " p1 4000 foreign", "mac foreign 00:ff:00:00:00:01 198.51.100.1", "flood foreign 198.51.100.1"}
}

// turmoil goes on until a time.
func (w *world) turmoil(until time.Time) {
	actions := []struct {
		name   string
		weight int
		do     func()
	}{
		{"network", 4, w.network}, {"connect", 10, w.connect}, {"part", 6, w.part},
		{"learn", 14, w.learn}, {"forget", 4, w.forget},
		{"stop", 1, w.stop}, {"pause", 1, w.pause}, {"wipe", 1, w.wipe}, {"cut", 2, w.cut}, {"restart", 1, w.restart},
		{"edit", 6, w.edit},
	}
	total := 0
	for _, a := range actions {
		total += a.weight
	}
	for time.Now().Before(until) {
		w.steps++
		w.heal()
		n := w.r.IntN(total)
		for _, a := range actions {
			if n -= a.weight; n < 0 {
				w.count[a.name]++
				a.do()
				break
			}
		}
	}
}

// heal ends what has lasted long enough.
func (w *world) heal() {
	for _, s := range w.tors {
		if s.ails != 0 && s.ails <= w.steps {
			s.heal()
		}
	}
}

func (s *tor) heal() {
	if s.ails == 0 {
		return
	}
	s.ails = 0
	if s.paused {
		s.paused = false
		s.Resume()
		return
	}
	s.Run()
}

// well is a switch that works, nil if the one that was drawn does not.
func (w *world) well() *tor {
	if s := w.tors[w.r.IntN(len(w.tors))]; s.ails == 0 {
		return s
	}
	return nil
}

func (w *world) ailing() int { return w.steps + 5 + w.r.IntN(40) }

func (w *world) stop() {
	if s := w.well(); s != nil {
		s.Stop()
		s.ails = w.ailing()
	}
}

func (w *world) pause() {
	if s := w.well(); s != nil {
		s.Pause()
		s.ails, s.paused = w.ailing(), true
	}
}

func (w *world) wipe() {
	s := w.well()
	if s == nil {
		return
	}
	s.Wipe()
	s.furnish()
	for m, at := range w.macs {
		if at.tor == s {
			delete(w.macs, m)
		}
	}
}

func (w *world) cut() { w.tors[w.r.IntN(len(w.tors))].Cut() }

func (w *world) restart() {
	w.site.Stop()
	w.site.Start()
}

// network makes one, or removes one that has no connection.
func (w *world) network() {
	defs := w.site.Store.Definitions()
	if defs.Networks.Len() < 8 {
		w.made++
		w.site.Network(fmt.Sprintf("net%d", w.made), model.VNI(5000+w.made))
		return
	}
	n := w.anyNetwork()
	err := w.site.Store.DeleteNetwork(w.t.Context(), n)
	require.True(w.t, err == nil || model.KindOf(err) == model.Conflict, "%v", err)
}

// anyNetwork draws one, "" if there is none. The order of creation makes the
// draw repeatable.
func (w *world) anyNetwork() string {
	var all []string
	for n := range w.site.Store.Definitions().Networks.All() {
		all = append(all, n.ID)
	}
	if len(all) == 0 {
		return ""
	}
	return all[w.r.IntN(len(all))]
}

// vlan is a network's own, so that two networks never want the same.
func vlan(network string) model.VLAN {
	var n int
	_, _ = fmt.Sscanf(network, "net%d", &n) // made by network
	return model.VLAN(1 + n%3900)
}

func (w *world) connect() {
	n := w.anyNetwork()
	if n == "" || len(w.conns) >= 16 {
		return
	}
	var at []rig.At
	for _, i := range w.r.Perm(len(w.tors))[:1+w.r.IntN(min(4, len(w.tors)))] {
		at = append(at, rig.At{Switch: w.tors[i].name, Port: []string{"p1", "p2"}[w.r.IntN(2)], VLAN: vlan(n)})
	}
	c, err := w.site.TryJoin(n, at...)
	if err == nil {
		w.conns = append(w.conns, c.ID)
		return
	}
	require.Equal(w.t, model.Conflict, model.KindOf(err), "%v", err)
}

func (w *world) part() {
	if len(w.conns) == 0 {
		return
	}
	i := w.r.IntN(len(w.conns))
	w.site.Part(w.conns[i])
	w.conns = append(w.conns[:i], w.conns[i+1:]...)
}

// learn has a switch learn a new MAC or one that was elsewhere. The switch
// may not have the network (yet); then it learns nothing.
func (w *world) learn() {
	s, n := w.well(), w.anyNetwork()
	if s == nil || n == "" {
		return
	}
	m := fmt.Sprintf("02:00:00:00:%02x:%02x", w.steps>>8&255, w.steps&255)
	moves := 0
	if old, at := w.movable(n); at != nil && w.r.IntN(3) == 0 {
		w.withdraw(old)
		m, moves = old, at.moves+1
	}
	if _, err := s.TryVtepCtl("add-ucast-local", n, m, s.ip); err == nil {
		w.macs[m] = &location{network: n, tor: s, moves: moves}
	}
}

// movable is the first MAC of a network, by name, that may move and whose
// switch works.
func (w *world) movable(network string) (found string, at *location) {
	for m, st := range w.macs {
		if st.network == network && st.tor.ails == 0 && st.moves < maxMoves && (at == nil || m < found) {
			found, at = m, st
		}
	}
	return found, at
}

// withdraw has the switch that works forget a MAC.
func (w *world) withdraw(m string) {
	at := w.macs[m]
	// The logical switch may have gone, and its rows with it.
	_, _ = at.tor.TryVtepCtl("del-ucast-local", at.network, m)
	delete(w.macs, m)
}

func (w *world) forget() {
	if n := w.anyNetwork(); n != "" {
		if m, at := w.movable(n); at != nil {
			w.withdraw(m)
		}
	}
}

// edit is an operator who removes rows. What is not there can
// not be taken. Nobody takes both our mark and our VNI off a logical switch: it
// would be anybody's then.
func (w *world) edit() {
	s, n := w.well(), w.anyNetwork()
	if s == nil || n == "" {
		return
	}
	edits := [][]string{
		{"unbind-ls", s.name, "p1", fmt.Sprint(vlan(n))},
		{"unbind-ls", s.name, "p2", fmt.Sprint(vlan(n))},
		{"clear-remote-macs", n},
		{"add-ucast-remote", n, "02:ee:00:00:00:01", "198.51.100.9"},
		{"set", "Logical_Switch", n, "tunnel_key=4242"},
		{"remove", "Logical_Switch", n, "other_config", vtep.MarkKey},
	}
	i := w.r.IntN(len(edits))
	if edits[i][1] == "Logical_Switch" && !s.hasMarkAndVNI(n) {
		return
	}
	_, _ = s.TryVtepCtl(edits[i]...)
}

// hasMarkAndVNI reports whether a logical switch stands as it was written.
func (s *tor) hasMarkAndVNI(network string) bool {
	key, err := s.TryVtepCtl("get", "Logical_Switch", network, "tunnel_key")
	if err != nil || strings.TrimSpace(key) == "4242" {
		return false
	}
	_, err = s.TryVtepCtl("get", "Logical_Switch", network, "other_config:"+vtep.MarkKey)
	return err == nil
}

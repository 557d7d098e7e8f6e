package browser_test

import (
	"fmt"
	"testing"
	"time"

	"bordergw/internal/poll"
)

// status is an expression for what a list shows of something.
func status(kind, name string) string {
	return fmt.Sprintf(`document.querySelector('tr[data-kind=%s][data-name="%s"]')?.dataset.status`, kind, name)
}

// untouched fails if the page has been loaded anew since mark.
func (b *tab) untouched() {
	b.t.Helper()
	if !asked[bool](b, `window.mark === 1`) {
		b.t.Error("the page was loaded anew")
	}
}

// mark leaves something on the page that does not outlive it.
func (b *tab) mark() { b.t.Helper(); b.do(eval(`window.mark = 1`)) }

// TestASwitchThatGoesDownIsShown soon, on every page that tells of it and without a reload. What is open, focused and selected stays.
func TestASwitchThatGoesDownIsShown(t *testing.T) {
	t.Parallel()
	s := one(t)
	list, overview := open(t, s.url), open(t, s.url)
	for b, path := range map[*tab]string{list: "/ui/switches", overview: "/ui/"} {
		b.see(path)
		b.await(`document.getElementById('live').dataset.state === 'live'`)
		b.mark()
	}
	list.await(status("device", "leaf1") + ` === 'IN_SYNC'`)
	list.do(eval(`document.querySelector('tr[data-name=leaf1] a').focus()`))
	overview.do(eval(`document.querySelector('details.as-table').open = true`))
	if n := asked[int](overview, `document.querySelectorAll('#attention li').length`); n != 0 {
		t.Errorf("%d things need attention", n)
	}

	began := time.Now()
	s.switches["leaf1"].Stop()
	poll.True(t, patience, "the list shows it", func() bool {
		return asked[bool](list, status("device", "leaf1")+` === 'UNREACHABLE'`)
	})
	inList := time.Since(began)
	list.await(`document.querySelector('tr[data-name=leaf1]').classList.contains('changed')`)
	poll.True(t, patience, "the overview shows it", func() bool {
		return asked[bool](overview, `document.querySelector('#attention li[data-name=leaf1]')?.dataset.status === 'UNREACHABLE'`)
	})
	both := time.Since(began)
	t.Logf("measured: shown in the list after %s, on the overview after %s", inList.Round(time.Millisecond), both.Round(time.Millisecond))
	if both > soon {
		t.Logf("measured: that is more than %s: the machine is busy, or the page is slow", soon)
	}
	list.untouched()
	overview.untouched()
	if !asked[bool](list, `document.activeElement.textContent === 'leaf1'`) {
		t.Error("the focus was lost")
	}
	if !asked[bool](overview, `document.querySelector('details.as-table').open`) {
		t.Error("what was open is shut")
	}
	list.see("/ui/connections/" + s.connections["gw1/blue"])
	list.await(`document.querySelector('#t-Programmed rect.good') && document.querySelector('#t-Programmed rect.bad')`)
	list.see("/ui/switches")
	s.switches["leaf1"].Run()
	list.await(status("device", "leaf1") + ` === 'IN_SYNC'`)
}

// TestTheStreamResumes: a daemon that is started again is followed again, and what happened meanwhile is shown.
func TestTheStreamResumes(t *testing.T) {
	t.Parallel()
	s := one(t)
	b := open(t, s.url)
	b.see("/ui/networks")
	b.await(`document.getElementById('live').dataset.state === 'live'`)
	b.mark()
	s.stop()
	b.await(`document.getElementById('live').dataset.state === 'reconnecting'`)
	if text := asked[string](b, `document.getElementById('live').textContent`); text != "reconnecting…" {
		t.Errorf("the page says %q", text)
	}
	s.run()
	s.call("POST", "/v2.0/networks", map[string]any{"network": map[string]string{"name": "meanwhile"}}, nil)
	took := poll.True(t, patience, "the page goes on", func() bool {
		return asked[bool](b, `document.getElementById('live').dataset.state === 'live' && !!document.querySelector('tr[data-name=meanwhile]')`)
	})
	t.Logf("measured: followed again after %s", took.Round(time.Millisecond))
	s.call("POST", "/v2.0/networks", map[string]any{"network": map[string]string{"name": "afterwards"}}, nil)
	b.await(`!!document.querySelector('tr[data-name=afterwards]')`)
	if asked[bool](b, `!!document.querySelector('tr.changed')`) {
		t.Error("rows that are as they were are shown as changed")
	}
	b.untouched()
	b.forgive() // connections were refused meanwhile
}

// TestPause: nothing changes while somebody reads.
func TestPause(t *testing.T) {
	t.Parallel()
	s := one(t)
	b := open(t, s.url)
	b.see("/ui/networks")
	b.await(`document.getElementById('live').dataset.state === 'live'`)
	b.do(eval(`document.getElementById('pause').click()`))
	b.await(`document.getElementById('live').dataset.state === 'paused'`)
	b.do(eval(`window.heard = 0; source.addEventListener('definition.created', () => window.heard++)`))
	s.call("POST", "/v2.0/networks", map[string]any{"network": map[string]string{"name": "new"}}, nil)
	b.await(`window.heard > 0`)
	if asked[bool](b, `!!document.querySelector('tr[data-name=new]')`) {
		t.Error("the page has changed")
	}
	b.do(eval(`document.getElementById('pause').click()`))
	b.await(`!!document.querySelector('tr[data-name=new]')`)
}

// TestEventsArrive: the page of events shows each one, the newest first.
func TestEventsArrive(t *testing.T) {
	t.Parallel()
	s := one(t)
	b := open(t, s.url)
	b.see("/ui/events")
	b.await(`document.getElementById('live').dataset.state === 'live'`)
	for i := range 3 {
		s.learn("leaf1", "blue", fmt.Sprintf("02:00:00:00:01:%02x", i))
		b.await(fmt.Sprintf(`document.querySelector('tbody tr').textContent.includes('02:00:00:00:01:%02x')`, i))
	}
}

// TestWithoutAHistory the page says that it is not live, and why there are no events.
func TestWithoutAHistory(t *testing.T) {
	t.Parallel()
	b := open(t, serve(t, "--history", "off").url)
	b.see("/ui/")
	b.await(`document.getElementById('live').textContent === 'not live'`)
	b.await(`document.querySelector('section:last-of-type .off').textContent.includes('history')`)
	b.forgive() // the console tells that the stream is refused
}

package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestKeys: every section, the search, rows and the help are a key away, and no key counts while somebody writes.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := one(t)
	b := open(t, s.url)
	b.see("/ui/")
	for _, to := range []struct{ key, page string }{{"s", "switches"}, {"n", "networks"}, {"c", "connections"}, {"m", "macs"}, {"t", "trace"},
		{"e", "events"}, {"p", "plan"}, {"r", "revisions"}, {"o", "overview"}} {
		b.keys("g")
		b.keys(to.key)
		b.at(to.page)
	}
	b.keys("?")
	b.at("help")
	b.keys("/")
	b.await(`document.activeElement.id === 'search'`)
	b.keys("g")
	b.keys("s")
	b.await(`document.getElementById('search').value.endsWith('gs')`)
	b.keys(kb.Escape)
	b.await(`document.activeElement.id !== 'search'`)
	b.keys("/")
	b.do(eval(`document.getElementById('search').value = ''`))
	b.keys("blue" + kb.Enter)
	b.at("network")

	b.see("/ui/switches")
	b.keys("j")
	b.await(`document.activeElement.textContent === 'leaf1'`)
	b.keys("k")
	b.await(`document.activeElement.textContent === 'leaf1'`)
	b.keys(kb.Enter)
	b.at("switch")
}

// at waits for a page.
func (b *tab) at(page string) {
	b.t.Helper()
	b.await(`document.readyState === 'complete' && document.body.dataset.page === '` + page + `'`)
}

// TestEverythingIsReachedByTab, in the order of the page, and is seen to be.
func TestEverythingIsReachedByTab(t *testing.T) {
	t.Parallel()
	s := one(t)
	b := open(t, s.url)
	for name, path := range s.pages() {
		if name == "error" {
			continue
		}
		b.see(path)
		b.do(eval(`document.activeElement.blur()`))
		all := asked[int](b, `(window.todo = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
			.filter(e => e.checkVisibility())).length`)
		for range 2*all + 10 { // what scrolls is reached too
			if asked[int](b, `todo.length`) == 0 {
				break
			}
			b.keys(kb.Tab)
			if asked[bool](b, `(() => { const e = document.activeElement; todo = todo.filter(x => x !== e); return e !== document.body && getComputedStyle(e).outlineStyle === 'none' && !e.closest('svg'); })()`) {
				t.Errorf("%s: the focus is not seen on %s", name, asked[string](b, `document.activeElement.outerHTML`))
			}
		}
		if left := asked[[]string](b, `todo.map(e => e.outerHTML)`); len(left) > 0 {
			t.Errorf("%s: not reached by Tab: %s", name, strings.Join(left, "\n"))
		}
	}
}

// TestTheSkipLink leads past the navigation.
func TestTheSkipLink(t *testing.T) {
	t.Parallel()
	b := open(t, one(t).url)
	b.see("/ui/networks")
	b.keys(kb.Tab)
	b.await(`document.activeElement.className === 'skip'`)
	b.keys(kb.Enter)
	b.await(`document.activeElement.id === 'main'`)
}

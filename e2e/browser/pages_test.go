package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func eval(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](expression)
}

// TestEveryPage: at all sizes and in both schemes nothing is wider than the window, no text is too faint, and nothing is complained of.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(testing.TB) *scene{"nothing": nothing, "one": func(t testing.TB) *scene { return one(t) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := build(t)
			b := open(t, s.url)
			for _, width := range []int64{1280, 400, 320} {
				b.do(chromedp.EmulateViewport(width, 800))
				for page, path := range s.pages() {
					b.see(path)
					if over := asked[float64](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
						t.Errorf("%s is %v pixels wider than a window of %d", page, over, width)
					}
					if page == "error" {
						b.forgive() // the console tells of the 404
					}
					if width == 320 {
						continue
					}
					for _, scheme := range []string{"light", "dark"} {
						b.scheme(scheme)
						if faint := asked[[]string](b, contrast); len(faint) > 0 {
							t.Errorf("%s, %s: text is hard to read: %s", page, scheme, strings.Join(faint, "; "))
						}
					}
				}
			}
		})
	}
}

func nothing(t testing.TB) *scene { return &scene{daemon: serve(t)} }

// contrast lists texts with less contrast than WCAG's AA asks for.
const contrast = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color, under) => {
    canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = c => c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
  const under = e => {
    const stack = [];
    for (; e; e = e.parentElement) stack.unshift(getComputedStyle(e).backgroundColor);
    return stack.reduce((below, color) => 'rgb(' + rgb(color, below).join() + ')', 'white');
  };
  const out = new Set();
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') || !e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.nodeValue.trim())) continue;
    const back = under(e), a = light(rgb(getComputedStyle(e).color, back)), b = light(rgb(back, 'white'));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) out.add(e.className + ' ' + e.textContent.trim().slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  return [...out];
})()`

// TestColours: the button goes round, the choice outlives the page, and is there before anything is drawn.
func TestColours(t *testing.T) {
	t.Parallel()
	b := open(t, nothing(t).url)
	b.scheme("light")
	b.see("/ui/")
	const back = `getComputedStyle(document.body).backgroundColor`
	light := asked[string](b, back)
	b.do(eval(`document.getElementById('theme').click()`))
	b.await(`document.getElementById('theme').textContent === 'light'`)
	b.do(eval(`document.getElementById('theme').click()`))
	b.await(`document.getElementById('theme').textContent === 'dark'`)
	if asked[string](b, back) == light {
		t.Error("dark is as light as light")
	}
	b.see("/ui/networks")
	b.await(`document.documentElement.dataset.theme === 'dark'`)
	b.do(eval(`document.getElementById('theme').click()`))
	b.await(back + ` === '` + light + `'`)
}

// TestWithoutScripts: all pages can be read, forms work, and pages are loaded anew by themselves.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	s := one(t)
	b := open(t, s.url)
	b.scripts(false)
	for page, path := range s.pages() {
		if page == "error" {
			continue
		}
		b.see(path)
		html := b.html()
		if !strings.Contains(html, `data-page="`) || strings.Contains(html, `class="scripts"`) {
			t.Errorf("%s: scripts run, or the page is not there", page)
		}
		if live := strings.Contains(html, "data-events="); live != strings.Contains(html, `http-equiv="refresh"`) {
			t.Errorf("%s is not loaded anew", page)
		}
	}
	b.see("/ui/networks")
	b.do(chromedp.Click(`tr[data-name=blue] a`, chromedp.NodeReady))
	b.awaitHTML(`data-page="network"`)
	b.do(chromedp.SendKeys(`#search`, "leaf1\r"))
	b.awaitHTML(`data-page="switch"`)
	b.see("/ui/plan")
	b.do(chromedp.SendKeys(`#file`, "bordergw: 1\rsite: dc1\rnetworks:\r  new:"), chromedp.Click(`form.plan button`, chromedp.NodeReady))
	b.awaitHTML(`id="plan-h"`)
}

// TestPlan: the page says what a file changes, and copies the command that does it.
func TestPlan(t *testing.T) {
	t.Parallel()
	b := open(t, one(t).url)
	b.see("/ui/plan")
	b.do(chromedp.SetValue(`#file`, "bordergw: 1\nsite: dc1\nnetworks:\n  green:\n"), chromedp.Click(`form.plan button`, chromedp.NodeReady))
	b.await(`document.querySelector('#plan .diff .add')?.textContent.includes('green')`)
	b.await(`/^bordergw apply -f FILE --plan \S+$/.test(document.getElementById('command').textContent)`)
	b.do(eval(`document.querySelector('[data-copy]').click()`))
	b.await(`/Copied|Select it and copy/.test(document.querySelector('[data-copy]').textContent)`)
}

// TestHostileNames: what a switch and an operator call things does nothing in a browser.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const bad = `<img src=/x onerror=evil()><script>evil()</script>`
	s := &scene{daemon: serve(t), switches: nil}
	s.apply(fmt.Sprintf("bordergw: 1\nsite: dc1\nswitches:\n  %q: {address: \"127.0.0.1:9\", location: %q}\nnetworks:\n  %q:\ngateways:\n  %q: {devices: [{switch: %q, ports: {%q: [1]}}]}\nconnections:\n  - {gateway: %q, network: %q}\n",
		bad, bad, bad, bad, bad, bad, bad, bad))
	s.know()
	b := open(t, s.url)
	paths := s.pages()
	paths["switch"], paths["network"] = "/ui/switches/"+s.devices[bad], "/ui/networks/"+s.networks[bad]
	paths["connection"] = "/ui/connections/" + s.connections[bad+"/"+bad]
	paths["search"] = "/ui/search?q=%3Cimg"
	delete(paths, "error")
	for page, path := range paths {
		b.see(path)
		if n := asked[int](b, `document.querySelectorAll('img, script:not([src])').length`); n > 0 {
			t.Errorf("%s: %d elements come of names", page, n)
		}
	}
	b.see("/ui/switches")
	if !asked[bool](b, `document.querySelector('tbody th').textContent.includes('<script>')`) {
		t.Error("the name is not shown")
	}
}

package browser_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"bordergw/internal/poll"
)

// tab is a tab of the browser that remembers what goes wrong in it.
type tab struct {
	t   testing.TB
	ctx context.Context
	url string

	mu       sync.Mutex
	troubles []string
	requests []string
}

// open opens a tab with cookies of its own, until the test ends. What goes wrong in it fails the test.
func open(t testing.TB, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	b := &tab{t: t, ctx: ctx, url: url}
	b.must(chromedp.Listen(ctx, b.hear))
	b.do(chromedp.EmulateViewport(1280, 900))
	t.Cleanup(func() {
		cancel()
		b.check()
	})
	return b
}

// hear notes errors on the console, and who is asked for what.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.troubles = append(b.troubles, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.troubles = append(b.troubles, fmt.Sprintf("console.%s", e.Type))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.troubles = append(b.troubles, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

// check fails the test if the console has had an error, or somebody else was asked for something.
func (b *tab) check() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, trouble := range b.troubles {
		b.t.Errorf("the console has %s", trouble)
	}
	for _, to := range b.requests {
		if !strings.HasPrefix(to, b.url+"/") && !strings.HasPrefix(to, "data:") {
			b.t.Errorf("another origin is asked for: %s", to)
		}
	}
}

// forgive forgets what has gone wrong so far: the test has made it so.
func (b *tab) forgive() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.troubles = nil
}

func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, slow)
	defer cancel()
	b.must(chromedp.Do(ctx, steps...))
}

// see goes to a page.
func (b *tab) see(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + path))
}

// keys types.
func (b *tab) keys(keys string) { b.t.Helper(); b.do(chromedp.KeyEvent(keys)) }

// scheme makes the browser prefer "light" or "dark".
func (b *tab) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	b.must(err)
}

// scripts switches JavaScript on or off.
func (b *tab) scripts(on bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	b.must(err)
}

// asked is what an expression is on the page.
func asked[T any](b *tab, expression string) T {
	b.t.Helper()
	out, err := try(b, chromedp.Evaluate[T](expression))
	b.must(err)
	return out
}

// try does one thing.
func try[T any](b *tab, what chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, slow)
	defer cancel()
	return chromedp.Run(ctx, what)
}

// await waits until an expression is true on the page. A page that is on its way to another can not be asked.
func (b *tab) await(expression string) {
	b.t.Helper()
	poll.Until(b.t, patience, func() error {
		is, err := try(b, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && !is {
			err = errors.New("not so: " + expression)
		}
		return err
	})
}

// html is the page as it is now, also without JavaScript.
func (b *tab) html() string {
	b.t.Helper()
	out, err := try(b, chromedp.OuterHTML("html", chromedp.NodeReady))
	b.must(err)
	return out
}

// awaitHTML is await without JavaScript.
func (b *tab) awaitHTML(part string) {
	b.t.Helper()
	poll.Until(b.t, patience, func() error {
		text, err := try(b, chromedp.OuterHTML("html", chromedp.NodeReady))
		if err == nil && !strings.Contains(text, part) {
			err = errors.New("not on the page: " + part)
		}
		return err
	})
}

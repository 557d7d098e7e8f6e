package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

const adminToken = "a-long-secret-of-alice"

// TestLogin: with a token people come to the page that they wanted, follow events there, and leave again.
func TestLogin(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tokens.yaml")
	if err := os.WriteFile(file, []byte("- {token: "+adminToken+", user: alice, project: ops, roles: [admin]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := serve(t, "--auth", "token", "--token-file", file)
	d.token = adminToken
	b := open(t, d.url)
	b.see("/ui/networks?name=blue")
	b.at("login")
	b.do(chromedp.SendKeys(`#token`, "wrong\r"))
	b.await(`document.querySelector('[role=alert]')?.textContent.includes('Nobody has this token.')`)
	b.forgive() // the console tells of the 401
	b.do(chromedp.SendKeys(`#token`, adminToken+"\r"))
	b.at("networks")
	b.await(`location.search === '?name=blue'`)
	b.await(`document.getElementById('live').dataset.state === 'live'`)
	d.call("POST", "/v2.0/networks", map[string]any{"network": map[string]string{"name": "blue"}}, nil)
	b.await(`!!document.querySelector('tr[data-name=blue]')`)
	b.do(chromedp.Click(`form[action="/ui/logout"] button`, chromedp.NodeReady))
	b.at("login")
	b.see("/ui/")
	b.at("login")
}

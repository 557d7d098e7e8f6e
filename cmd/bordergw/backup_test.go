package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/backup"
	"bordergw/internal/poll"
)

// What one daemon is backed up to, another one begins with.
func TestBackupAndRestore(t *testing.T) {
	from := start(t, &daemon{}, untilDone)
	client := func(r *running, args ...string) result { return runArgs(t.Context(), append(args, "--url", r.url)...) }
	require.Zero(t, client(from, "network", "create", "n", "--vni", "77").code)
	require.Zero(t, client(from, "gateway", "create", "g", "--device", "name=sw,interface_names=p1|5").code)
	poll.True(t, patience, "events of both", func() bool {
		return strings.Count(client(from, "events", "--type", "definition.*", "-o", "json").out, "definition.created") == 2
	})
	dir := t.TempDir()
	file := filepath.Join(dir, "backup.tar")
	require.Equal(t, result{out: file + ": backup of revision 2\n"}, client(from, "backup", file, "--history"))
	require.NoError(t, os.WriteFile(file, []byte("an older one"), 0o600))
	require.Zero(t, client(from, "backup", file, "--history").code)
	piped := client(from, "backup", "-")
	require.Zero(t, piped.code, piped.errOut)
	_, err := backup.Read(bytes.NewBufferString(piped.out), backup.Discard)
	require.NoError(t, err)
	exported, listed := client(from, "export"), client(from, "events", "--type", "definition.*", "-o", "json")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing but the backup is left")
	from.stop()
	require.NoError(t, from.wait(t))

	d := &daemon{cfg: daemonConfig(t)}
	restored := runArgs(t.Context(), "restore", file, "--data-dir", d.cfg.DataDir)
	require.Zero(t, restored.code, restored.errOut)
	require.Contains(t, restored.out, "revision 2 of ")
	require.Contains(t, restored.out, "with 1 networks, 1 gateways, 0 connections and 0 devices\n")
	to := start(t, d, untilDone)
	require.Equal(t, exported, client(to, "export"))
	require.Equal(t, listed, client(to, "events", "--type", "definition.*", "-o", "json"))
	again := runArgs(t.Context(), "restore", file, "--data-dir", d.cfg.DataDir)
	require.Equal(t, exitFailure, again.code)
	require.Contains(t, again.errOut, "is not empty")
	to.stop()
	require.NoError(t, to.wait(t))
}

// A backup that does not become whole leaves the file of the last one.
func TestBackupCutOff(t *testing.T) {
	whole := &bytes.Buffer{}
	require.NoError(t, backup.Write(whole, backup.About{}, backup.File{Name: backup.StoreName, Size: 3, Content: bytes.NewReader([]byte("abc"))}))
	for name, serve := range map[string]http.HandlerFunc{
		"refused": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(whole.Bytes()[:1500])
			panic(http.ErrAbortHandler)
		},
		"too short":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(whole.Bytes()[:1536]) },
		"something else": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(serve)
			defer server.Close()
			dir := t.TempDir()
			file := filepath.Join(dir, "backup.tar")
			require.NoError(t, os.WriteFile(file, []byte("the last one"), 0o600))
			got := runArgs(t.Context(), "backup", file, "--url", server.URL)
			require.Equal(t, exitFailure, got.code, got.errOut)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, "the last one", string(text))
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, entries, 1)
		})
	}
}

// What a restore refuses leaves the directory as it was.
func TestRestoreRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, says string }{
		"no backup":        {"definitions", "it is not a backup of bordergw"},
		"no store of ours": {archiveOf(t, "this is no database"), "open store "},
	} {
		t.Run(name, func(t *testing.T) {
			file, into := filepath.Join(dir, "file"), filepath.Join(t.TempDir(), "data")
			require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
			got := runArgs(t.Context(), "restore", file, "--data-dir", into)
			require.Equal(t, exitFailure, got.code)
			require.Contains(t, got.errOut, file+": ")
			require.Contains(t, got.errOut, c.says)
			entries, err := os.ReadDir(into)
			require.NoError(t, err)
			require.Empty(t, entries)
		})
	}
	missing := runArgs(t.Context(), "restore", filepath.Join(dir, "missing"), "--data-dir", filepath.Join(dir, "data"))
	require.Equal(t, exitFailure, missing.code)
}

func archiveOf(t *testing.T, store string) string {
	var out bytes.Buffer
	require.NoError(t, backup.Write(&out, backup.About{}, backup.File{Name: backup.StoreName, Size: int64(len(store)), Content: bytes.NewBufferString(store)}))
	return out.String()
}

// unwilling can not be copied.
type unwilling struct{}

func (unwilling) CopyTo(io.Writer) (int64, error) { return 0, errors.New("no space left on device") }

// A copy leaves no file behind, whether it succeeds or not.
func TestBackupsLeaveNothing(t *testing.T) {
	r := start(t, &daemon{}, untilDone)
	b := &backups{dir: t.TempDir(), store: r.db, history: unwilling{}}
	made, err := b.Backup(t.Context(), false)
	require.NoError(t, err)
	empty := func() {
		entries, err := os.ReadDir(b.dir)
		require.NoError(t, err)
		require.Empty(t, entries)
	}
	empty()
	require.NoError(t, made.Close())
	_, err = b.Backup(t.Context(), true)
	require.ErrorContains(t, err, "no space left on device")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = b.Backup(gone, false)
	require.ErrorIs(t, err, context.Canceled)
	empty()
	r.stop()
	require.NoError(t, r.wait(t))
}

// What is no regular file is not replaced by one, and a link stays a link.
func TestBackupReplacesFilesOnly(t *testing.T) {
	r := start(t, &daemon{}, untilDone)
	dir := t.TempDir()
	got := runArgs(t.Context(), "backup", dir, "--url", r.url)
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errOut, "is no regular file")
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(file, []byte("the last one"), 0o600))
	require.NoError(t, os.Symlink(file, link))
	got = runArgs(t.Context(), "backup", link, "--url", r.url)
	require.Zero(t, got.code, got.errOut)
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	_, err = backup.Read(f, backup.Discard)
	require.NoError(t, err)
	require.FileExists(t, link)
	_, err = takeBackup(t.Context(), clientOf(t, r.url), false, full{})
	require.ErrorIs(t, err, errFull)
	require.NotErrorIs(t, err, backup.ErrDamaged)
	r.stop()
	require.NoError(t, r.wait(t))
}

var errFull = errors.New("no space left on device")

// full takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func clientOf(t *testing.T, url string) *client {
	c, err := (&clientFlags{url: url, timeout: patience}).connect()
	require.NoError(t, err)
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

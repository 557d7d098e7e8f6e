package backup_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/backup"
)

var about = backup.About{Format: 1, Version: "1.2.3", StoreID: "s", Revision: 42, Time: time.Date(2026, 11, 29, 0, 47, 2, 0, time.UTC)}

// archive backs up texts, by name.
func archive(t testing.TB, storeText, historyText string) []byte {
	var out bytes.Buffer
	files := []backup.File{{Name: backup.StoreName, Size: int64(len(storeText)), Content: strings.NewReader(storeText)}}
	if historyText != "" {
		files = append(files, backup.File{Name: backup.HistoryName, Size: int64(len(historyText)), Content: strings.NewReader(historyText)})
	}
	require.NoError(t, backup.Write(&out, about, files...))
	return out.Bytes()
}

func fine(string) error { return nil }

func TestRestoreGivesWhatWasBackedUp(t *testing.T) {
	for _, history := range []string{"", "what happened"} {
		dir := filepath.Join(t.TempDir(), "not", "there")
		got, err := backup.Restore(bytes.NewReader(archive(t, "definitions", history)), dir, func(path string) error {
			text, err := os.ReadFile(path)
			require.Equal(t, "definitions", string(text))
			return err
		})
		require.NoError(t, err)
		require.Equal(t, about, got)
		require.Equal(t, "definitions", read(t, dir, backup.StoreName))
		if history != "" {
			require.Equal(t, history, read(t, dir, backup.HistoryName))
		}
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 1+min(1, len(history)))
	}
}

func read(t *testing.T, dir, name string) string {
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	info, err := os.Stat(filepath.Join(dir, name))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	return string(text)
}

// Wherever an archive is cut off, and whichever byte of its contents is another one, it is damaged.
func TestDamaged(t *testing.T) {
	whole := archive(t, strings.Repeat("definitions ", 100), "what happened")
	end := bytes.LastIndex(whole, []byte("history.db\n")) + len("history.db\n") // zeros follow
	for n := range end {
		_, err := backup.Read(bytes.NewReader(whole[:n]), backup.Discard)
		require.ErrorIs(t, err, backup.ErrDamaged, "cut off after %d bytes", n)
	}
	at := bytes.Index(whole, []byte("definitions"))
	for _, n := range []int{at, at + 1000, bytes.Index(whole, []byte("what happened")), bytes.Index(whole, []byte(`"revision":42`)) + 12} {
		flipped := bytes.Clone(whole)
		flipped[n] ^= 1
		_, err := backup.Read(bytes.NewReader(flipped), backup.Discard)
		require.ErrorIs(t, err, backup.ErrDamaged, "byte %d", n)
	}
}

// A damaged archive, and one whose store is no good, leave the directory empty.
func TestRestoreAllOrNothing(t *testing.T) {
	whole := archive(t, "definitions", "what happened")
	bad := errors.New("a newer program wrote it")
	for name, restore := range map[string]func(dir string) error{
		"cut off": func(dir string) error {
			_, err := backup.Restore(bytes.NewReader(whole[:len(whole)-2048]), dir, fine)
			return err
		},
		"unreadable": func(dir string) error {
			_, err := backup.Restore(io.MultiReader(bytes.NewReader(whole[:1600]), iotest.ErrReader(bad)), dir, fine)
			return err
		},
		"no good": func(dir string) error {
			_, err := backup.Restore(bytes.NewReader(whole), dir, func(string) error { return bad })
			require.ErrorIs(t, err, bad)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.Error(t, restore(dir))
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, entries)
		})
	}
}

// What a directory holds is never overwritten, but for what a restore left that was cut off.
func TestRestoreNeedsAnEmptyDirectory(t *testing.T) {
	whole := archive(t, "definitions", "what happened")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, backup.StoreName), []byte("mine"), 0o600))
	_, err := backup.Restore(bytes.NewReader(whole), dir, fine)
	require.ErrorContains(t, err, dir+` is not empty, there is "bordergw.db"`)
	require.Equal(t, "mine", read(t, dir, backup.StoreName))

	dir = t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".restore"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".restore", backup.StoreName), []byte("half"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, backup.HistoryName), []byte("what happened"), 0o600))
	_, err = backup.Restore(bytes.NewReader(whole), dir, fine)
	require.NoError(t, err)
	require.Equal(t, "definitions", read(t, dir, backup.StoreName))

	dir = t.TempDir() // a history whose store is lost
	require.NoError(t, os.WriteFile(filepath.Join(dir, backup.HistoryName), []byte("mine"), 0o600))
	_, err = backup.Restore(bytes.NewReader(whole), dir, fine)
	require.ErrorContains(t, err, `is not empty, there is "history.db"`)
	require.Equal(t, "mine", read(t, dir, backup.HistoryName))
}

// Only the files of a backup are ever made, and no other path.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{"../bordergw.db", "/etc/passwd", "x", "./bordergw.db"} {
		var out bytes.Buffer
		require.NoError(t, backup.Write(&out, about, backup.File{Name: name, Size: 1, Content: strings.NewReader("x")}))
		_, err := backup.Read(&out, func(string) (io.WriteCloser, error) { panic("nothing is made") })
		require.ErrorIs(t, err, backup.ErrDamaged, name)
	}
	var link bytes.Buffer
	w := tar.NewWriter(&link)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "bordergw-backup.json", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}))
	require.NoError(t, w.Close())
	_, err := backup.Read(&link, backup.Discard)
	require.ErrorContains(t, err, "it is not a backup of bordergw")
}

// People can look into a backup, and check it, with what every system has.
func TestOtherProgramsReadIt(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.tar"), archive(t, "definitions", "what happened"), 0o600))
	cmd := exec.Command("sh", "-c", "tar -xf b.tar && sha256sum --check --strict SHA256SUMS")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, 3, strings.Count(string(out), ": OK"))
}

func FuzzRead(f *testing.F) {
	f.Add(archive(f, "definitions", "what happened"))
	f.Add(archive(f, "definitions", ""))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = backup.Read(bytes.NewReader(data), backup.Discard)
	})
}

// A daemon that begins a store while a backup is unpacked keeps it.
func TestRestoreBesideADaemonThatStarts(t *testing.T) {
	dir := t.TempDir()
	_, err := backup.Restore(bytes.NewReader(archive(t, "definitions", "what happened")), dir, func(string) error {
		return os.WriteFile(filepath.Join(dir, backup.StoreName), []byte("mine"), 0o600)
	})
	require.ErrorIs(t, err, os.ErrExist)
	require.Equal(t, "mine", read(t, dir, backup.StoreName))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// The root of a file system is as good as empty.
func TestRestoreIntoAFileSystem(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "lost+found"), 0o700))
	_, err := backup.Restore(bytes.NewReader(archive(t, "definitions", "")), dir, fine)
	require.NoError(t, err)
}

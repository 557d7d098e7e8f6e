package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"bordergw/backup"
	"bordergw/model"
	"bordergw/store"
)

// backupCommand takes a backup of a daemon that runs.
func backupCommand() *cobra.Command {
	flags := &clientFlags{}
	var history bool
	c := &cobra.Command{
		Use: "backup FILE", Short: "Back up the running daemon into a tar archive (FILE - is standard output)", Args: argsOfUse,
		Example: "  bordergw backup /srv/backup/bordergw.tar\n  bordergw backup --history - | ssh vault 'cat > bordergw.tar'",
	}
	c.Flags().BoolVar(&history, "history", false, "with the events, and where MACs were")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		if args[0] == "-" {
			_, err := takeBackup(c.Context(), api, history, raw(c.OutOrStdout()))
			return err
		}
		about, err := backup.Save(args[0], func(w io.Writer) (backup.About, error) { return takeBackup(c.Context(), api, history, w) })
		switch {
		case errors.Is(err, backup.ErrNoFile):
			return usagef("%s is no regular file: write to - and redirect that", args[0])
		case err != nil:
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: backup of revision %d\n", args[0], about.Revision)
		return nil
	})
	flags.bind(c.Flags())
	return c
}

// raw is where bytes go that are no text.
func raw(w io.Writer) io.Writer {
	if t, filtered := w.(*terminal); filtered {
		return t.w
	}
	return w
}

// takeBackup writes a backup, and checks it on the way. It may take as long as it takes; only that the daemon begins to
// answer is awaited for no longer than for any request.
func takeBackup(ctx context.Context, c *client, history bool, w io.Writer) (backup.About, error) {
	query := url.Values{"history": {strconv.FormatBool(history)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/v1/backup?"+query.Encode(), nil)
	if err != nil {
		return backup.About{}, fmt.Errorf("making the request: %w", err)
	}
	if c.token != "" {
		req.Header.Set("X-Auth-Token", c.token)
	}
	patient := *c.http
	c.http.Transport.(*http.Transport).ResponseHeaderTimeout, patient.Timeout = c.http.Timeout, 0
	resp, err := patient.Do(req)
	if err != nil {
		return backup.About{}, c.unreached(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		return backup.About{}, refusal(resp.StatusCode, text)
	}
	out := &taking{Writer: w}
	body := io.TeeReader(resp.Body, out)
	about, err := backup.Read(body, backup.Discard)
	if err == nil {
		_, err = io.Copy(io.Discard, body) // the zeros at the end of an archive
	}
	return about, cmp.Or(out.err, err) // a disk that is full makes no backup a damaged one
}

// taking remembers that something could not be written.
type taking struct {
	io.Writer
	err error
}

func (t *taking) Write(p []byte) (n int, err error) {
	if n, err = t.Writer.Write(p); err != nil {
		t.err = err
	}
	return n, err
}

// restoreCommand makes a data directory of a backup.
func restoreCommand() *cobra.Command {
	dir := defaultDataDir(os.Geteuid())
	c := &cobra.Command{
		Use: "restore FILE", Short: "Make a data directory of a backup, for a daemon that does not run (FILE - is standard input)", Args: argsOfUse,
		Example: "  bordergw restore /srv/backup/bordergw.tar --data-dir /var/lib/bordergw",
	}
	c.Flags().StringVar(&dir, "data-dir", dir, "directory that it becomes, which must be empty or missing")
	c.RunE = func(c *cobra.Command, args []string) error {
		if dir == "" {
			return usagef("--data-dir must be given")
		}
		in, err := openBackup(args[0], c.InOrStdin())
		if err != nil {
			return err
		}
		defer in.Close()
		var held *model.Definitions
		about, err := backup.Restore(in, dir, func(path string) (err error) {
			held, err = definitionsIn(path)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: revision %d of %s, with %d networks, %d gateways, %d connections and %d devices\n", dir, held.Revision,
			about.Time.UTC().Format(time.RFC3339), held.Networks.Len(), held.Gateways.Len(), held.Connections.Len(), held.Devices.Len())
		return nil
	}
	return c
}

func openBackup(path string, in io.Reader) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(in), nil
	}
	return os.Open(path)
}

// definitionsIn opens a store, as a daemon does, and closes it.
func definitionsIn(path string) (*model.Definitions, error) {
	s, err := store.Open(path, store.Options{})
	if err != nil {
		return nil, err
	}
	return s.Definitions(), s.Close()
}

package api

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"bordergw/model"
)

// maxBackups bounds the backups in progress. Each takes the room of the store on the disk.
const maxBackups = 2

// Backups makes backups of what the daemon keeps.
type Backups interface {
	// Backup copies what there is, with the history if that is asked for. The caller closes what it gets.
	Backup(ctx context.Context, history bool) (Backup, error)
}

// Backup is a copy that does not change any more, so that nothing waits for whoever takes it.
type Backup interface {
	io.WriterTo
	io.Closer
}

// makeBackup answers with a backup. It has all that was answered before.
func makeBackup(c *call) (reply, error) {
	if c.cfg.Backups == nil {
		return reply{}, &model.Error{Kind: model.NotFound, Type: "BackupOff", Message: "This daemon makes no backups."}
	}
	history := false
	if q := c.url.query(); q.Has("history") {
		is, err := parseBool(q.Get("history"))
		if err != nil {
			return reply{}, inputError("history", err)
		}
		history = is.(bool)
	}
	if history && c.cfg.History == nil {
		return reply{}, errHistoryOff
	}
	select {
	case c.backups <- struct{}{}:
	default:
		return refusal(http.StatusServiceUnavailable, "ServiceUnavailable", fmt.Sprintf("%d backups are being sent, and there may be no more.", maxBackups)).
			with("Retry-After", "5"), nil
	}
	made, err := c.cfg.Backups.Backup(c.r.Context(), history)
	if err != nil {
		<-c.backups
		return reply{}, fmt.Errorf("%w: %w", model.ErrUnavailable("The backup can not be made: %s.", model.Plain(err)), err)
	}
	return ok(&backupBody{made, func() { <-c.backups }})
}

// backupBody sends a backup once, and leaves its place to another.
type backupBody struct {
	Backup
	leave func()
}

func (*backupBody) contentType() string { return "application/x-tar" }

func (b *backupBody) writeTo(w io.Writer) error {
	defer b.leave()
	defer b.Close()
	_, err := b.WriteTo(w)
	return err
}

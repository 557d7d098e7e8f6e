package api_test

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/api"
)

// copying makes backups of a text.
type copying struct {
	err    error
	text   string
	closed atomic.Int64
}

func (c *copying) Backup(context.Context, bool) (api.Backup, error) {
	if c.err != nil {
		return nil, c.err
	}
	return c, nil
}

func (c *copying) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, c.text)
	return int64(n), err
}

func (c *copying) Close() error {
	c.closed.Add(1)
	return nil
}

func TestBackup(t *testing.T) {
	from := &copying{text: "all of it"}
	s := newService(t, func(c *api.Config) { c.Backups = from })
	for range 5 { // more than may be in progress
		got := s.served("GET", "/v1/backup", "")
		require.Equal(t, 200, got.Code)
		require.Equal(t, "all of it", got.Body.String())
		require.Equal(t, "application/x-tar", got.Header().Get("Content-Type"))
	}
	require.EqualValues(t, 5, from.closed.Load())
	require.Equal(t, 404, s.served("GET", "/v1/backup?history=true", "").Code, "there is no history")
	require.Equal(t, 400, s.served("GET", "/v1/backup?history=perhaps", "").Code)
	require.Equal(t, 405, s.served("POST", "/v1/backup", "").Code)
	from.err = errors.New("the disk is full")
	for range 5 {
		got := s.served("GET", "/v1/backup", "")
		require.Equal(t, 503, got.Code)
		require.Contains(t, got.Body.String(), "The backup can not be made: the disk is full.")
	}
}

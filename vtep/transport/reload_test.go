package transport_test

import (
	"os"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
	"bordergw/vtep/transport"
	"bordergw/vtep/transport/transporttest"
)

const patience = 20 * time.Second

// F-05: a certificate that is replaced on disk is shown from the next handshake
// on.
func TestF05FilesAreReadAgain(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	own := ca.Issue("own")
	cas := map[string]string{"lab": ca.File}
	log, logs := logtest.NewNullLogger()
	s, err := transport.New(configOf(own, cas), log)
	require.NoError(t, err)
	peer := open(t, configOf(ca.Issue("peer"), cas))
	shown := func() string { return greet(t, s, peer, "").accepted.Fingerprint() }
	first := own.Fingerprint
	require.Equal(t, first, shown())

	ca.Renew(&own, "own", transporttest.Until(time.Hour))
	poll.True(t, patience, "the new certificate is shown", func() bool { return shown() == own.Fingerprint })
	require.NotEqual(t, first, own.Fingerprint)
	poll.True(t, patience, "it is logged", func() bool { return logs.LastEntry() != nil })
	require.Equal(t, logrus.InfoLevel, logs.LastEntry().Level)
	require.WithinDuration(t, time.Now().Add(time.Hour), s.Expiries()["own"], time.Minute)
	require.Contains(t, s.Expiries(), "ca/lab")
}

func TestF05BrokenFilesAreNotUsed(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	own := ca.Issue("own")
	cas := map[string]string{"lab": ca.File}
	log, logs := logtest.NewNullLogger()
	s, err := transport.New(configOf(own, cas), log)
	require.NoError(t, err)
	peer := open(t, configOf(ca.Issue("peer"), cas))
	good, err := os.ReadFile(own.PrivateKey)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(own.PrivateKey, []byte("half a key"), 0o600))

	poll.True(t, patience, "the broken file is logged", func() bool {
		g := greet(t, s, peer, "")
		require.NoError(t, g.dialErr)
		require.Equal(t, own.Fingerprint, g.accepted.Fingerprint())
		return logs.LastEntry() != nil
	})
	require.Equal(t, logrus.ErrorLevel, logs.LastEntry().Level)
	require.ErrorContains(t, s.Reload(), "private key "+own.PrivateKey)
	require.NoError(t, greet(t, s, peer, "").dialErr)

	require.NoError(t, os.WriteFile(own.PrivateKey, good, 0o600))
	require.NoError(t, s.Reload())
	require.NoError(t, os.Remove(own.PrivateKey))
	require.Error(t, s.Reload())
	require.NoError(t, greet(t, s, peer, "").dialErr)
	require.Len(t, logs.Entries, 1, "one change, one complaint")
}

func TestCAIsReplaced(t *testing.T) {
	lab, ops := transporttest.NewCA(t, "lab"), transporttest.NewCA(t, "ops")
	s := open(t, configOf(lab.Issue("own"), map[string]string{"ca": lab.File}))
	peer := open(t, configOf(ops.Issue("sw"), map[string]string{"lab": lab.File}))
	require.ErrorIs(t, greet(t, s, peer, "ca").dialErr, transport.ErrUnknownCA)
	text, err := os.ReadFile(ops.File)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(lab.File, text, 0o600))
	require.NoError(t, s.Reload())
	require.NoError(t, greet(t, s, peer, "ca").dialErr)
}

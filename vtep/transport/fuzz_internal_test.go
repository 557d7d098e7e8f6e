package transport

import (
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzParseCertificates(f *testing.F) {
	f.Add([]byte("text\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		certs, err := parseCertificates(text)
		require.Equal(t, err == nil, len(certs) > 0)
		for _, c := range certs {
			again, err := parseCertificates(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
			require.NoError(t, err)
			require.True(t, c.Equal(again[0]))
		}
	})
}
